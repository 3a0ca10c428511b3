"""Inviting staff by e-mail: what the inviter learns, what the invited may do, and what not."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection

from lms.common import clock
from lms.common.errors import Conflict, Forbidden, NotFound, TooManyRequests
from lms.common.states import IllegalMove
from lms.tenants import invitations
from lms.tenants.actions import remove_member
from lms.tenants.invitations import Standing, accept, by_token, decline, renew, withdraw
from lms.tenants.models import Membership, Role, StaffInvitation, Tier
from lms.tenants.permissions import forget_roles, roles_of
from lms.tenants.scope import provider_scope
from lms.tenants.states import State
from tests.cast import house, member, person
from tests.lms.learning import reader


@pytest.fixture
def invite(acme, ada, django_capture_on_commit_callbacks):
    def invite(*emails, actor=None, roles=(Role.INSTRUCTOR,), approved=False, message="", at=None):
        with django_capture_on_commit_callbacks(execute=True):
            return invitations.invite(
                provider=acme,
                emails=emails,
                roles=roles,
                approved=approved,
                message=message,
                actor=actor or ada,
                at=at or clock.now(),
            )

    return invite


def rows(provider):
    with provider_scope(provider):
        return list(StaffInvitation.objects.order_by("pk"))


def token_of(url):
    return url.rstrip("/").rsplit("/", 1)[1]


def found(outcome):
    (url,) = outcome.links.values()
    return by_token(token_of(url), host=None)


def roles_at(provider, user):
    forget_roles(user)
    return set(roles_of(user).get(provider.pk, ()))


def standing(row, user=None, at=None):
    from django.contrib.auth.models import AnonymousUser

    return invitations.standing(row, user=user or AnonymousUser(), at=at or clock.now())


# --- Inviting ---


def test_each_address_gets_one_mail_with_its_own_link(acme, ada, invite):
    outcome = invite("eve@x.org", "Finn@X.org ", message="We need you!\nBcc: all@x.org")
    assert list(outcome.links) == ["eve@x.org", "finn@x.org"]
    assert [message.to for message in mail.outbox] == [["eve@x.org"], ["finn@x.org"]]
    first = mail.outbox[0]
    assert first.subject == "Ada invites you to work at Acme"
    assert outcome.links["eve@x.org"] in first.body and "instructor" in first.body
    assert "We need you!" in first.body and not first.bcc and not first.cc
    assert first.message()["Reply-To"] == ada.email
    row = rows(acme)[0]
    assert row.expires_at - row.sent_at == timedelta(days=14)


def test_a_name_with_a_line_break_makes_no_header(acme, ada, invite):
    ada.name = "Ada\r\nBcc: all@x.org"
    invite("eve@x.org", actor=ada)
    assert "Bcc" not in mail.outbox[0].message()
    assert "\n" not in mail.outbox[0].subject


def test_the_mail_is_in_the_reader_s_language_and_escaped(acme, invite):
    person("eve", language="ar")
    invite("eve@example.org", message="<script>alert(1)</script>")
    html = mail.outbox[0].alternatives[0][0]
    assert 'dir="rtl"' in html and "<script>" not in html


def test_the_table_holds_no_token(acme, invite):
    outcome = invite("eve@x.org")
    token = token_of(outcome.links["eve@x.org"])
    with provider_scope(acme):
        (values,) = StaffInvitation.objects.values()
    assert token not in str(values)
    from wagtail.models import ModelLogEntry

    assert token not in str(list(ModelLogEntry.objects.values()))


def test_the_inviter_can_t_tell_who_has_an_account(acme, invite):
    person("eve")
    outcome = invite("eve@example.org", "nobody@example.org")
    assert list(outcome.links) == ["eve@example.org", "nobody@example.org"]
    assert outcome.working == outcome.waiting == []
    eve, nobody = (
        re.sub("eve|nobody", "X", re.sub(r"http\S+", "", message.body)) for message in mail.outbox
    )
    assert eve == nobody


def test_colleagues_and_those_invited_are_reported_and_not_mailed(acme, ada, alice, carol, invite):
    invite("eve@x.org")
    mail.outbox.clear()
    outcome = invite("eve@x.org", "EVE@x.org", "ada@example.org", alice.email, carol.email)
    assert outcome.waiting == ["eve@x.org"]
    assert outcome.working == ["ada@example.org", "alice@example.org"]
    assert list(outcome.links) == [carol.email], "a student may be asked to teach"
    assert len(mail.outbox) == 1


def test_another_house_may_invite_the_same_address(acme, globex, mallory, invite):
    invite("eve@x.org")
    outcome = invitations.invite(
        provider=globex,
        emails=["eve@x.org"],
        roles=[Role.ADMIN],
        approved=False,
        message="",
        actor=mallory,
        at=clock.now(),
    )
    assert outcome.links and not outcome.waiting


@pytest.mark.parametrize("who", ["alice", "carol", "mallory"])
def test_only_who_manages_may_invite_renew_and_withdraw(request, acme, invite, who):
    row = found(invite("eve@x.org"))
    actor = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        invite("finn@x.org", actor=actor)
    with pytest.raises(Forbidden):
        renew(row, actor=actor, at=clock.now(), by_mail=False)
    with pytest.raises(Forbidden):
        withdraw(row, actor=actor, at=clock.now())


def test_students_can_t_be_invited_as_staff(acme, invite):
    invite("eve@x.org", roles=[Role.STUDENT, Role.ASSISTANT])
    assert rows(acme)[0].roles == ["assistant"]


def test_a_house_can_t_mail_the_whole_world(acme, invite, monkeypatch):
    monkeypatch.setattr(invitations, "PER_DAY", 3)
    invite("a@x.org", "b@x.org")
    with pytest.raises(TooManyRequests):
        invite("c@x.org", "d@x.org")
    assert len(mail.outbox) == 2
    with clock.later(days=1, minutes=1):
        assert len(invite("c@x.org", "d@x.org").links) == 2


# --- Renewing and withdrawing ---


def test_a_new_link_ends_the_old_one(acme, ada, invite):
    outcome = invite("eve@x.org")
    row = found(outcome)
    url = renew(row, actor=ada, at=clock.now(), by_mail=False)
    with pytest.raises(NotFound):
        found(outcome)
    assert by_token(token_of(url), host=None) == row
    assert len(mail.outbox) == 1


def test_mailing_again_waits_a_few_minutes(acme, ada, invite, django_capture_on_commit_callbacks):
    row = found(invite("eve@x.org"))
    with pytest.raises(TooManyRequests):
        renew(row, actor=ada, at=clock.now(), by_mail=True)
    with django_capture_on_commit_callbacks(execute=True):
        renew(row, actor=ada, at=clock.now() + timedelta(minutes=6), by_mail=True)
    assert len(mail.outbox) == 2


def test_an_expired_one_is_sent_again_or_replaced(acme, ada, invite):
    old = found(invite("eve@x.org"))
    late = clock.now() + timedelta(days=15)
    assert standing(old, at=late) == Standing.EXPIRED
    outcome = invite("eve@x.org", at=late)
    assert outcome.links and not outcome.waiting
    assert {row.state for row in rows(acme)} == {"sent", "expired"}
    with pytest.raises(Conflict, match="newer"):
        renew(old, actor=ada, at=late, by_mail=False)
    withdraw(found(outcome), actor=ada, at=late)
    renew(old, actor=ada, at=late, by_mail=False)


def test_a_withdrawn_one_says_so_and_stays_so(acme, ada, invite):
    row = found(invite("eve@example.org"))
    withdraw(row, actor=ada, at=clock.now())
    eve = person("eve")
    row = rows(acme)[0]
    assert standing(row, eve) == Standing.WITHDRAWN
    with pytest.raises(Conflict):
        accept(row, user=eve, at=clock.now())
    with pytest.raises(IllegalMove):
        renew(row, actor=ada, at=clock.now(), by_mail=False)
    assert roles_at(acme, eve) == set()


# --- Accepting ---


@pytest.mark.parametrize(("approved", "role"), [(True, "instructor"), (False, "new instructor")])
def test_accepting_gives_what_was_offered_once(acme, ada, invite, approved, role):
    row = found(invite("eve@example.org", roles=[Role.INSTRUCTOR, Role.ADMIN], approved=approved))
    eve = person("eve")
    assert standing(row, eve) == Standing.READY
    for _again in range(2):
        accept(row, user=eve, at=clock.now())
    assert roles_at(acme, eve) == {role, "admin"}
    assert standing(rows(acme)[0], eve) == Standing.DONE


def test_who_taught_there_unapproved_is_approved(acme, invite):
    eve = person("eve")
    row = found(invite("eve@example.org", approved=True))
    member(eve, acme, Role.INSTRUCTOR, approved=False)
    accept(row, user=eve, at=clock.now())
    assert roles_at(acme, eve) == {"instructor"}


def test_another_account_can_t_accept(acme, invite):
    row = found(invite("eve@example.org"))
    finn = person("finn")
    assert standing(row, finn) == Standing.OTHER_ACCOUNT
    with pytest.raises(Conflict):
        accept(row, user=finn, at=clock.now())
    assert roles_at(acme, finn) == set() and rows(acme)[0].state == "sent"


def test_what_an_admin_promised_ends_when_they_no_longer_manage(acme, ada, alice, invite):
    member(alice, acme, Role.ADMIN)
    row = found(invite("eve@example.org", roles=[Role.ADMIN]))
    remove_member(provider=acme, user=ada, role=Role.ADMIN, actor=ada)
    eve = person("eve")
    with provider_scope(acme):
        row = StaffInvitation.objects.get()
    assert standing(row, eve) == Standing.WITHDRAWN
    with pytest.raises(Conflict):
        accept(row, user=eve, at=clock.now())
    url = renew(row, actor=alice, at=clock.now(), by_mail=False)
    accept(by_token(token_of(url), host=None), user=eve, at=clock.now())
    assert roles_at(acme, eve) == {"admin"}


def test_a_full_house_says_so_stays_open_and_tells_its_admins(
    acme, ada, alice, invite, django_capture_on_commit_callbacks
):
    acme.tier = Tier.objects.create(code="s", name="S", position=9, instructors=1)
    acme.save()
    row = found(invite("eve@example.org"))
    eve = person("eve")
    mail.outbox.clear()
    for _again in range(2):
        with (
            django_capture_on_commit_callbacks(execute=True),
            pytest.raises(Conflict, match="The school has been told"),
        ):
            accept(row, user=eve, at=clock.now())
    assert [message.to for message in mail.outbox] == [[ada.email]], "once a day is enough"
    assert rows(acme)[0].state == "sent"
    remove_member(provider=acme, user=alice, role=Role.INSTRUCTOR, actor=ada)
    accept(row, user=eve, at=clock.now())
    assert roles_at(acme, eve) == {"new instructor"}


def test_a_closed_house_says_so(acme, invite):
    row = found(invite("eve@example.org"))
    acme.status = State.SUSPENDED
    acme.save()
    eve = person("eve")
    row = by_token(token_of(renew_link(row)), host=None)
    assert standing(row, eve) == Standing.CLOSED
    with pytest.raises(Conflict):
        accept(row, user=eve, at=clock.now())


def renew_link(row):
    return renew(row, actor=row.invited_by, at=clock.now(), by_mail=False)


def test_declining_needs_no_account_and_counts_once(acme, ada, invite):
    row = found(invite("eve@example.org"))
    decline(row, user=None, at=clock.now())
    decline(row, user=None, at=clock.now())
    assert standing(rows(acme)[0], person("eve")) == Standing.DECLINED


@pytest.mark.parametrize(
    "token", ["", "x", "0" * 32, "0" * 32 + "abc", "a" * 5000, "é" * 40, "\x00" * 40]
)
def test_a_made_up_link_finds_nothing(acme, invite, token):
    invite("eve@x.org")
    with pytest.raises(NotFound):
        by_token(token, host=None)


def test_another_house_s_host_knows_nothing_of_it(acme, globex, invite):
    (url,) = invite("eve@x.org").links.values()
    with pytest.raises(NotFound):
        by_token(token_of(url), host=globex)
    assert by_token(token_of(url), host=acme)


@pytest.mark.django_db(transaction=True)
def test_of_two_accepts_at_once_one_counts():
    acme, ada, eve = house("acme"), person("ada"), person("eve")
    member(ada, acme, Role.ADMIN)
    outcome = invitations.invite(
        provider=acme, emails=[eve.email], roles=[Role.INSTRUCTOR], approved=True, message="",
        actor=ada, at=clock.now(),
    )  # fmt: skip
    row = found(outcome)
    barrier, failed = threading.Barrier(2), []

    def say_yes():
        try:
            barrier.wait(10)
            accept(row, user=eve, at=clock.now())
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=say_yes) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    with provider_scope(acme):
        assert Membership.objects.filter(user=eve).count() == 1
    from wagtail.models import ModelLogEntry

    assert ModelLogEntry.objects.filter(action="tenants.invitation_accepted").count() == 1


# --- The page ---


def page(url, user=None, **answer):
    client = reader(user)
    path = url.replace("http://localhost:8000", "").replace("http://testserver", "")
    path = "/" + path.split("/", 3)[3] if "://" in path else path
    return client.post(path, answer) if answer else client.get(path)


@pytest.fixture
def market(db):
    from home.actions import set_up_marketplace

    return set_up_marketplace()


@pytest.fixture
def link(market, invite):
    (url,) = invite("eve@example.org", message="Come!", roles=[Role.ASSISTANT]).links.values()
    return url


def test_before_signing_in_the_house_and_role_are_shown(link):
    answer = page(link)
    text = answer.content.decode()
    assert "Acme" in text and "teaching assistant" in text and "Come!" in text and "Ada" in text
    path = link.split("/", 3)[3]
    assert f"/account/login/?next=/{path}" in text and f"/account/signup/?next=/{path}" in text
    assert 'value="accept"' not in text
    assert "no-store" in answer["Cache-Control"]


def test_the_page_reads_the_same_whether_the_account_exists(link):
    before = re.sub(r'(value|nonce|id)="[^"]*"', "", page(link).content.decode())
    person("eve")
    after = re.sub(r'(value|nonce|id)="[^"]*"', "", page(link).content.decode())
    assert before == after


def test_yes_on_the_page(acme, link, django_capture_on_commit_callbacks):
    eve = person("eve")
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        answer = page(link, eve, answer="accept")
    assert answer.status_code == 302 and roles_at(acme, eve) == {"assistant"}
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert "You accepted this invitation" in page(link, eve).content.decode()
    assert page(link, eve, answer="accept").status_code == 302
    assert "accepted already" in page(link, person("finn")).content.decode()


def test_the_wrong_account_is_told_what_to_do(acme, link):
    finn = person("finn")
    text = page(link, finn).content.decode()
    assert "signed in as finn@example.org" in text and "eve@example.org" in text
    assert "Sign out and go on as eve@example.org" in text and "ask Ada" in text
    page(link, finn, answer="accept")
    assert roles_at(acme, finn) == set()


def test_a_visitor_can_say_no_and_can_t_say_yes(acme, link):
    page(link, None, answer="accept")
    assert rows(acme)[0].state == "sent"
    page(link, None, answer="decline")
    assert "was declined" in page(link).content.decode()


def test_an_answer_after_the_end_says_why_not(acme, ada, link):
    withdraw(rows(acme)[0], actor=ada, at=clock.now())
    eve = person("eve")
    assert page(link, eve, answer="accept").status_code == 302
    assert page(link, eve, answer="decline").status_code == 409
    assert "taken back" in page(link, eve).content.decode()


def test_a_stale_link_has_a_page_of_its_own(market):
    answer = page("/teach/invitations/nonsense/")
    assert answer.status_code == 404 and "newer invitation" in answer.content.decode()
