"""The team's screens in the admin, as an admin of a school meets them."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from lms.tenants.permissions import forget_roles, roles_of
from tests.cast import member, person
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db
TEAM, INVITE, INVITATIONS = "/cms/team/", "/cms/team/invite/", "/cms/team/invitations/"


@pytest.fixture
def acme(django_capture_on_commit_callbacks):
    set_up_marketplace()
    with django_capture_on_commit_callbacks(execute=True):
        acme = open_provider(name="Acme", slug="acme", owner=person("ada"), actor=SYSTEM)
        for name in ("eve", "finn"):
            add_member(provider=acme, user=person(name), role=Role.INSTRUCTOR, actor=SYSTEM)
    return acme


@pytest.fixture
def desk(acme):
    return reader(someone("ada"))


@pytest.fixture
def send(desk, django_capture_on_commit_callbacks):
    def send(url, **data):
        with django_capture_on_commit_callbacks(execute=True):
            return desk.post(url, data, follow=True)

    return send


def someone(name):
    return get_user_model().objects.get(email=f"{name}@example.org")


def text(answer):
    return answer.content.decode()


def groups(name):
    return set(someone(name).groups.values_list("name", flat=True))


def roles(acme, name):
    return set(roles_of(someone(name)).get(acme.pk, ()))


def test_the_list_shows_and_finds_colleagues(desk):
    page = text(desk.get(TEAM))
    for word in ("Ada", "eve@example.org", "Finn", "not approved", "provider admin"):
        assert word in page
    page = text(desk.get(f"{TEAM}?q=eve"))
    assert "eve@example.org" in page and "finn@example.org" not in page
    assert "Nobody here matches" in text(desk.get(f"{TEAM}?q=zz%00zz"))
    assert desk.get(f"{TEAM}?p=99").status_code == 404


def test_the_list_takes_as_many_queries_for_many_as_for_few(acme, desk):
    desk.get(TEAM)
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(TEAM)
    for number in range(20):
        user = person(f"p{number}")
        member(user, acme, Role.INSTRUCTOR, approved=False)
        member(user, acme, Role.ASSISTANT)
    with CaptureQueriesContext(connection) as many:
        assert text(desk.get(TEAM)).count('name="person"') == 22
    assert len(many) == len(few)


def test_roles_are_changed_with_the_groups_behind_them(acme, send):
    url = reverse("team:person", args=[someone("eve").pk])
    send(url, roles=["admin", "instructor"], approved="on")
    assert roles(acme, "eve") == {"admin", "instructor"}
    assert groups("eve") == {"acme: admin", "acme: instructor"}
    send(url, roles=["assistant"])
    assert groups("eve") == set()


def test_a_refused_change_says_why_and_changes_nothing(acme, send):
    url = reverse("team:person", args=[someone("ada").pk])
    assert "Nobody else manages" in text(send(url, roles=["instructor"]))
    assert "Choose at least one role" in text(send(url))
    assert "Select a valid choice" in text(send(url, roles=["student"]))
    assert roles(acme, "ada") == {"admin"}


def test_removing_asks_takes_the_groups_and_can_be_undone(acme, desk, send):
    url = reverse("team:remove", args=[someone("eve").pk])
    assert "stay" in text(desk.get(url))
    assert roles(acme, "eve") == {"new instructor"}
    page = text(send(url))
    assert "Eve no longer works here" in page and "eve@example.org" not in page
    assert groups("eve") == set() and roles(acme, "eve") == set()
    assert "Eve is back" in text(send("/cms/team/undo/"))
    assert roles(acme, "eve") == {"new instructor"}
    assert groups("eve") == {"acme: new instructor"}
    assert send("/cms/team/undo/").status_code == 404


def test_the_last_admin_is_not_removed(acme, send):
    url = reverse("team:remove", args=[someone("ada").pk])
    assert "Nobody else manages" in text(send(url))
    assert roles(acme, "ada") == {"admin"}


def test_an_admin_who_steps_back_lands_where_they_may_be(acme, send):
    member(someone("eve"), acme, Role.ADMIN)
    answer = send(reverse("team:person", args=[someone("ada").pk]), roles=["instructor"])
    assert answer.redirect_chain[-1][0] == "/cms/"


def test_several_are_approved_at_once(acme, send):
    ids = [str(someone(name).pk) for name in ("eve", "finn")]
    page = text(send("/cms/team/approve/", person=[*ids, "nonsense"]))
    assert "Eve, Finn" in page
    assert roles(acme, "eve") == roles(acme, "finn") == {"instructor"}
    assert groups("finn") == {"acme: instructor"}
    assert "Nobody was chosen" in text(send("/cms/team/approve/"))


def test_invitations_are_sent_listed_renewed_and_taken_back(desk, send):
    page = text(
        send(INVITE, emails="Zoe <zoe@x.org>, yan@x.org\neve@example.org", roles=["assistant"])
    )
    assert "2 invitations sent" in page and "On your team already: eve@example.org" in page
    assert [message.to for message in mail.outbox] == [["zoe@x.org"], ["yan@x.org"]]
    link = re.search(r'value="(http[^"]*/teach/invitations/[^"]+)"', page)[1]
    assert desk.get("/" + link.split("/", 3)[3]).status_code == 200
    page = text(desk.get(INVITATIONS))
    assert "/teach/invitations/" not in page, "links are shown once"
    url = re.search(r'action="(/cms/team/invitations/[^"]+/)"', page)[1]
    assert "a moment ago" in text(send(url, deed="resend"))
    assert "Here is a new link" in text(send(url, deed="link"))
    assert "taken back" in text(send(url, deed="withdraw"))
    assert "answered or taken back meanwhile" in text(send(url, deed="withdraw"))
    assert "1 waiting" in text(desk.get(TEAM))
    assert send(url, deed="nonsense").status_code == 404


@pytest.mark.parametrize(
    ("emails", "says"),
    [
        ("", "required"),
        (" ,;\n ", "required"),
        ("ada", "no e-mail address: ada"),
        ("ada@, b@x.org\nbcc:c@x.org", "no e-mail addresses: ada@, bcc:c@x.org"),
        ("a@x.org\r\n\tBcc: b@x.org", "no e-mail address"),
        ("a@x.org%0aBcc:b@x.org b", "no e-mail address"),
        (",".join(f"p{number}@x.org" for number in range(51)), "at most 50"),
        ("a" * 21_000, "at most 20000 characters"),
    ],
)
def test_bad_addresses_are_named_and_nothing_is_sent(send, emails, says):
    assert says in text(send(INVITE, emails=emails, roles=["instructor"])).replace(
        "20,000", "20000"
    )
    assert not mail.outbox


def test_one_s_own_address_is_known(send):
    assert "On your team already: ada" in text(
        send(INVITE, emails="ADA@example.org", roles=["admin"])
    )


def test_the_list_of_invitations_is_flat(desk, send):
    send(INVITE, emails="a@x.org", roles=["instructor"])
    desk.get(INVITATIONS)
    with CaptureQueriesContext(connection) as few:
        desk.get(INVITATIONS)
    send(INVITE, emails=",".join(f"p{n}@x.org" for n in range(20)), roles=["instructor"])
    desk.get(INVITATIONS)
    with CaptureQueriesContext(connection) as many:
        assert text(desk.get(INVITATIONS)).count('value="withdraw"') == 21
    assert len(many) == len(few)


def test_an_invited_teacher_lands_at_the_right_desk(acme, send, django_capture_on_commit_callbacks):
    zoe = person("zoe")
    with django_capture_on_commit_callbacks(execute=True):
        open_provider(name="Abacus", slug="abacus", owner=zoe, actor=SYSTEM)
    forget_roles(zoe)
    page = text(send(INVITE, emails="zoe@example.org", roles=["instructor"]))
    link = re.search(r'value="http[^"]*(/teach/invitations/[^"]+)"', page)[1]
    browser = reader(someone("zoe"))
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(link, {"answer": "accept"})["Location"] == "/cms/"
    answer = browser.get("/cms/")
    assert "school-acme" in text(answer) and "school-abacus" not in text(answer)
    schools = text(browser.get("/teach/schools/"))
    assert "Abacus" in schools and "Acme" in schools and "?house=acme" in schools


@pytest.mark.parametrize("url", [TEAM, INVITE, INVITATIONS])
def test_instructors_have_no_such_screens(acme, url):
    desk = reader(someone("eve"))
    assert desk.get(url).status_code == 302
    assert TEAM not in text(desk.get("/cms/"))
