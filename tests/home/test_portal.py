"""A portal: a house for its members only. Nothing of it is told to anybody else, anywhere."""

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from lms.common import clock
from lms.common.errors import Forbidden
from lms.courses import freshness
from lms.courses.models import Category, CourseListing, CoursePage, LessonPage, Visibility
from lms.enrolments import actions as enrolments
from lms.enrolments.errors import MembersOnly
from lms.events import SYSTEM
from lms.tenants import hosts
from lms.tenants.actions import add_member, change_tier, remove_member, set_portal
from lms.tenants.hosts import provider_origin
from lms.tenants.limits import NotInPlan
from lms.tenants.models import Provider, Role, Tier
from tests.cast import house, member, person
from tests.lms.certificates.making import course, named, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

# In everything the portal has, and in nothing anybody else may get.
WORD = "zibeline"
OWN = {"headers": {"Host": "acme.localhost"}}
MARKET = {"headers": {"Host": "localhost"}}


@pytest.fixture
def acme():
    return school(
        name=f"{WORD} works", tagline=WORD, contact_email="desk@acme.example", terms="Be kind."
    )


@pytest.fixture
def taught(acme):
    """A priced course with a free lesson, of somebody who teaches nowhere else."""
    alice = named("alice", f"Alice {WORD}")
    member(alice, acme, Role.INSTRUCTOR)
    stars = Category.objects.create(name="Stars", slug="stars")
    page = course(
        acme, title=f"The {WORD} handbook", summary=WORD, price_minor=4200, featured=True,
        instructors=[alice], categories=[stars], slug="handbook",
    )  # fmt: skip
    lesson = LessonPage.objects.get()
    lesson.free_preview = True
    lesson.save_revision().publish()
    return page


@pytest.fixture
def carol(acme):
    carol = person("carol")
    add_member(provider=acme, user=carol, role=Role.STUDENT, actor=SYSTEM)
    return carol


def everywhere(page):
    """Addresses, on the marketplace's host and on the portal's own, that would show the course."""
    alice = page.instructors.get()
    lesson = LessonPage.objects.descendant_of(page).get()
    shared = [
        reverse("search:catalogue"),
        reverse("search:catalogue") + f"?q={WORD}",
        reverse("search:catalogue") + "?category=stars",
        reverse("search:catalogue") + "?price=paid",
        reverse("search:suggest") + f"?q={WORD[:4]}",
        reverse("sitemap"),
        reverse("sitemap_part", args=["courses"]),
        reverse("sitemap_part", args=["pages"]),
        reverse("robots"),
        reverse("home:instructor", args=[alice.pk]),
        reverse("learn:course", args=[page.pk]),
        reverse("learn:lesson", args=[page.pk, lesson.pk]),
        reverse("learn:trailer", args=[page.pk, "a.mp4"]),
        reverse("enrolments:enrol", args=[page.pk]),
        "/",
        "/nowhere/",
        "/old.html",
    ]
    market = ["/acme/", "/acme/handbook/", f"/acme/handbook/{lesson.slug}/"]
    own = ["/handbook/", f"/handbook/{lesson.slug}/"]
    return [(each, MARKET) for each in shared + market] + [(each, OWN) for each in shared + own]


def told(client, page):
    """Where an answer knows of the course or its teacher: {(host, address)}."""
    found = set()
    for address, host in everywhere(page):
        response = client.get(address, **host)
        text = response.content.decode() + response.headers.get("Location", "")
        assert response.status_code < 500
        # The sign-in page and the refusal name the house, on its own host; nothing names a course.
        names = ("handbook", "Alice") if host is OWN else ("handbook", WORD, "Alice")
        asked = address.replace("&", "&amp;")
        if any(name in text.replace(asked, "").replace(WORD[:4] + "&", "") for name in names):
            found.add((host["headers"]["Host"], address))
    return found


def without_what_was_asked(found):
    """A search repeats its words, and a way to sign in the address that was wanted."""
    return {
        (host, address)
        for host, address in found
        if "?q=" not in address and "/handbook" not in address
    }


def test_an_open_house_is_told_of_everywhere(taught):
    found = told(Client(), taught)
    assert {
        ("localhost", "/"),
        ("localhost", "/acme/handbook/"),
        ("acme.localhost", "/handbook/"),
    } <= found
    assert ("localhost", reverse("sitemap_part", args=["courses"])) in found


@pytest.mark.parametrize("who", ["visitor", "outsider", "admin of another house"])
def test_p064_nothing_of_a_portal_is_in_any_answer_to_others(acme, taught, who):
    set_portal(acme, True, actor=SYSTEM)
    client = Client() if who == "visitor" else reader(dora := person("dora"))
    if who.startswith("admin"):
        member(dora, house("globex"), Role.ADMIN)
    assert without_what_was_asked(told(client, taught)) == set()
    # Where the question is repeated: neither the course's title nor a way to it.
    for address, host in everywhere(taught):
        response = client.get(address, **host)
        assert b"The zibeline handbook" not in response.content
        assert b"42.00" not in response.content
        if host is OWN and not address.startswith("/robots"):
            assert response.status_code == (302 if who == "visitor" else 403), address


def test_members_find_everything_on_the_portals_own_site_and_no_price(acme, taught, carol):
    set_portal(acme, True, actor=SYSTEM)
    client = reader(carol)
    html = client.get("/courses/", **OWN).content.decode()
    assert f"The {WORD} handbook" in html
    assert 'name="price"' not in html
    page = client.get("/handbook/", **OWN).content.decode()
    assert f"The {WORD} handbook" in page
    assert "42.00" not in page
    assert "offers" not in page
    assert "Enrol for free" not in page
    response = client.post(reverse("enrolments:enrol", args=[taught.pk]), **OWN)
    assert response.status_code == 302
    lesson = reverse("learn:lesson", args=[taught.pk, LessonPage.objects.get().pk])
    assert client.get(lesson, **OWN).status_code == 200
    assert client.get(lesson, **MARKET).status_code == 200  # the dashboard leads there
    about = client.get("/acme/handbook/", **MARKET)
    assert about["Location"] == provider_origin(acme) + "/handbook/"


def test_the_sign_in_page_is_the_schools(acme, taught):
    set_portal(acme, True, actor=SYSTEM)
    response = Client().get("/handbook/?x=1", **OWN)
    assert response["Location"] == "/account/login/?next=/handbook/%3Fx%3D1"
    html = Client().get(response["Location"], **OWN).content.decode()
    assert f"<h1>{WORD} works</h1>" in html
    assert "mailto:desk@acme.example" in html
    assert "Search courses" not in html
    assert "Register" not in html
    assert Client().get("/terms/", **OWN).status_code == 200
    assert b"Disallow: /\n" in Client().get("/robots.txt", **OWN).content


def test_a_program_is_told_to_sign_in(acme):
    set_portal(acme, True, actor=SYSTEM)
    answer = Client().get(
        "/courses/", headers={"Host": "acme.localhost", "Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "SIGN_IN_REQUIRED")


def test_who_is_no_member_is_told_whom_to_ask(acme):
    set_portal(acme, True, actor=SYSTEM)
    response = reader(person("dora")).get("/", **OWN)
    html = response.content.decode()
    assert response.status_code == 403
    assert "dora@example.org" in html
    assert "mailto:desk@acme.example" in html
    assert reverse("account_logout") in html


def test_a_page_that_is_called_like_an_open_address_is_closed_too(acme, taught):
    set_portal(acme, True, actor=SYSTEM)
    course(acme, title="Accounting", slug="account")
    lesson = LessonPage.objects.order_by("-pk").first()
    assert Client().get(f"/account/{lesson.slug}/", **OWN)["Location"].startswith("/account/login/")


def test_nobody_lets_themselves_in(acme, taught):
    set_portal(acme, True, actor=SYSTEM)
    dora = person("dora")
    with pytest.raises(MembersOnly):
        enrolments.enrol(taught, dora, actor=dora, at=clock.now())
    with pytest.raises(Forbidden):
        add_member(provider=acme, user=dora, role=Role.STUDENT, actor=dora)
    assert reader(dora).post(reverse("enrolments:enrol", args=[taught.pk])).status_code == 404


def test_who_lost_membership_is_out_seat_or_not(acme, taught, carol):
    set_portal(acme, True, actor=SYSTEM)
    enrolments.enrol(taught, carol, actor=carol, at=clock.now())
    remove_member(provider=acme, user=carol, role=Role.STUDENT, actor=SYSTEM)
    lesson = reverse("learn:lesson", args=[taught.pk, LessonPage.objects.get().pk])
    assert reader(carol).get(lesson, **MARKET).status_code == 404
    assert reader(carol).get(lesson, **OWN).status_code == 403


def test_switching_back_restores_everything(acme, taught):
    inside = course(acme, title="In house", visibility=Visibility.PORTAL, slug="inside")
    before = list(CourseListing.objects.order_by("pk").values())
    answers = told(Client(), taught)
    set_portal(acme, True, actor=SYSTEM)
    # Published again meanwhile, and still nobody's.
    CoursePage.objects.get(pk=taught.pk).save_revision().publish()
    listing = CourseListing.objects.get(pk=taught.pk)
    assert (listing.visibility, listing.price_minor) == (Visibility.PORTAL, 0)
    acme.refresh_from_db()
    set_portal(acme, False, actor=SYSTEM)
    after = list(CourseListing.objects.order_by("pk").values())
    for row in (*before, *after):
        del row["updated_at"]
    assert after == before
    assert told(Client(), taught) == answers
    assert CoursePage.objects.get(pk=inside.pk).visibility == Visibility.PORTAL


@override_settings(FLEDGE_PAGE_CACHE_SECONDS=60)
def test_no_cache_hands_a_members_page_to_a_visitor(acme, taught, carol):
    addresses = ["/", "/courses/", "/handbook/", reverse("sitemap")]
    for address in addresses:  # kept while the house is open
        assert Client().get(address, **OWN).status_code == 200
    set_portal(acme, True, actor=SYSTEM)
    for address in addresses:
        mine = reader(carol).get(address, **OWN)
        assert mine.status_code == 200
        assert "private" in mine["Cache-Control"]
        assert Client().get(address, **OWN).status_code == 302
        assert Client().get(address, **OWN)["Cache-Control"] == "private, no-cache"
    acme.refresh_from_db()
    set_portal(acme, False, actor=SYSTEM)
    for address in addresses:
        assert Client().get(address, **OWN).status_code == 200


@override_settings(FLEDGE_PAGE_CACHE_SECONDS=60)
def test_a_process_that_still_takes_the_house_for_open_keeps_nothing(acme, taught):
    """Hosts are remembered for seconds; a page made meanwhile must not outlive that."""
    Client().get("/handbook/", **OWN)
    Provider.objects.filter(pk=acme.pk).update(is_portal=True)  # by another process: no signal here
    freshness.changed()
    assert Client().get("/handbook/", **OWN).status_code == 200  # the memory's few seconds
    hosts.forget()
    assert Client().get("/handbook/", **OWN).status_code == 302


def test_only_plans_with_portals_have_them_and_a_smaller_plan_opens_nothing(acme):
    free = Tier.objects.get(code="free")
    change_tier(acme, free, actor=SYSTEM)
    with pytest.raises(NotInPlan):
        set_portal(acme, True, actor=SYSTEM)
    change_tier(acme, Tier.objects.get(code="enterprise"), actor=SYSTEM)
    set_portal(acme, True, actor=SYSTEM)
    change_tier(acme, free, actor=SYSTEM)
    acme.refresh_from_db()
    assert acme.is_portal
    set_portal(acme, False, actor=SYSTEM)


def test_admins_switch_it_and_others_do_not(acme, carol):
    admin = acme.page.owner
    client = reader(admin)
    assert b"What a private portal is" in client.get("/cms/portal/", **MARKET).content
    client.post("/cms/portal/", {"portal": "on"}, **MARKET)
    acme.refresh_from_db()
    assert acme.is_portal
    assert b"For members only" in client.get("/cms/portal/", **MARKET).content
    for user in (carol, named("alice", "Alice")):
        with pytest.raises(Forbidden):
            set_portal(acme, False, actor=user)
    client.post("/cms/portal/", {"portal": "off"}, **MARKET)
    acme.refresh_from_db()
    assert not acme.is_portal
