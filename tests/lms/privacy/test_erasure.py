"""Leaving: what goes, what stays and why, and the way back."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client, TestCase
from django.urls import reverse

from lms.accounts.models import User
from lms.certificates import selectors as certificates
from lms.common import clock
from lms.common.errors import Forbidden
from lms.common.states import IllegalMove
from lms.enrolments.models import Enrolment
from lms.grades.models import Entry
from lms.homework.models import Submission
from lms.privacy import actions, erasing, tasks
from lms.privacy.errors import IsOperator, OnlyOwner
from lms.privacy.models import Erasure
from lms.privacy.states import State
from lms.tenants.models import Membership, Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.privacy.making import CODE, NAME, PASSWORD, WORD, tables_with

ERASE = reverse("privacy:erase")
# Where a person's name may still be read, and why: docs/decisions/0018-privacy.md.
KEPT = {"certificates_certificate", "tenants_auditentry"}


def done(deed, *args, **kwargs):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return deed(*args, **kwargs)


def asked(user, actor=None, **kwargs):
    return done(actions.ask_for_erasure, user, actor=actor or user, at=clock.now(), **kwargs)


def erased(user, seconds=float("inf")):
    """How many tasks it took."""
    erasure = asked(user)
    with clock.later(days=15):
        done(actions.begin_due, at=clock.now())
        rounds = 1
        while not done(erasing.erase, Erasure.objects.get(pk=erasure.pk), seconds=seconds):
            rounds += 1
    return rounds


@pytest.mark.parametrize("seconds", [float("inf"), 0])
def test_nothing_says_who_it_was_but_what_is_named_as_kept(zebulon, school, files, seconds):
    dave = school.seats["dave"]
    assert (erased(zebulon, seconds) > 1) is (seconds == 0)
    for word in (WORD, "quartz"):
        assert tables_with(word) <= KEPT, word
    left = [path for path in files.rglob("*") if path.is_file()]
    for path in left:
        assert WORD not in path.name, path
        assert b"Zebulon" not in path.read_bytes(), path
    assert certificates.verify(CODE).content.student == NAME
    user = User.objects.get(pk=zebulon.pk)
    assert (user.name, user.is_active, user.has_usable_password()) == (
        "Former member",
        False,
        False,
    )
    assert user.erased_at
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not SocialAccount.objects.filter(user=user).exists()
    with provider_scope(school.acme):
        seat = Enrolment.objects.get(student=user)
        assert seat.state == "left"
        assert Entry.objects.get(enrolment=seat).points == 5
        assert {one.text for one in Submission.objects.filter(work__enrolment=seat)} == {""}
        assert Enrolment.objects.get(pk=dave.pk).is_active  # others lose nothing
        assert Membership.objects.filter(user=school.alice).exists()


def test_a_teacher_goes_and_the_course_stays(school):
    alice, acme = school.alice, Client(headers={"host": "acme.localhost"})
    alice.name, alice.email = "Zebulon Quartz", "zebulon@quartz.example"
    alice.save()
    school.course.save_revision(user=alice).publish()
    assert "zebulon" in acme.get("/night-sky/").content.decode().lower()
    erased(alice)
    assert tables_with(WORD) <= KEPT
    page = acme.get("/night-sky/")
    assert page.status_code == 200
    assert "zebulon" not in page.content.decode().lower()


def test_the_page_tells_what_goes_and_stays_and_asking_needs_the_password(as_zebulon, zebulon):
    page = as_zebulon.get(ERASE).content.decode()
    goes, stays = page.split("What stays, and why")
    assert "Your notes to yourself (1)" in goes
    assert "Your reviews (1)" in goes
    assert "Your certificates (1)" in stays
    assert "whoever you gave it to may check it by its code" in stays
    assert as_zebulon.post(ERASE, {"sure": "on"}).status_code == 302
    assert not Erasure.objects.exists()  # asked for the password
    mail.outbox.clear()
    answer = as_zebulon.post(ERASE, {"sure": "on"})
    done(as_zebulon.post, answer["Location"], {"password": PASSWORD}, follow=True)
    erasure = Erasure.objects.get()
    assert (erasure.state, erasure.due_at - erasure.asked_at) == (
        State.WAITING, timedelta(days=14),
    )  # fmt: skip
    assert "will be erased on" in as_zebulon.get("/account/profile/").content.decode()
    # The mail leads back, without signing in; looking alone changes nothing.
    (message,) = mail.outbox
    link = re.search(r"https?://[^/]+(/account/data/stay/\S+)", message.body).group(1)
    visitor = Client()
    assert visitor.get(link).status_code == 200
    erasure.refresh_from_db()
    assert erasure.state == State.WAITING
    visitor.post(link)
    erasure.refresh_from_db()
    assert erasure.state == State.TAKEN_BACK
    assert "will be erased on" not in as_zebulon.get("/account/profile/").content.decode()
    assert visitor.get(link + "x").status_code == 404


def test_it_needs_the_tick(as_zebulon, zebulon):
    as_zebulon.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert as_zebulon.post(ERASE).status_code == 400
    assert not Erasure.objects.exists()


def test_the_grace_period_is_kept_and_nobody_signs_in_after_it(as_zebulon, zebulon):
    asked(zebulon)
    with clock.later(days=13):
        done(tasks.look)
        assert as_zebulon.get("/account/profile/").status_code == 200
    with clock.later(days=14, minutes=1):
        done(tasks.look)
    assert Erasure.objects.get().state == State.ERASED
    assert as_zebulon.get("/account/profile/").status_code == 302
    with pytest.raises(IllegalMove):
        actions.take_back(Erasure.objects.get(), actor=zebulon)
    with pytest.raises(Forbidden):
        asked(User.objects.get(pk=zebulon.pk))


def test_taken_back_by_a_click_on_the_page(as_zebulon, zebulon):
    asked(zebulon)
    as_zebulon.post(reverse("privacy:take_back"))
    with clock.later(days=20):
        done(tasks.look)
    assert User.objects.get(pk=zebulon.pk).name == "Zebulon Quartz"


def test_the_only_owner_of_a_school_is_told_what_to_do(school, client):
    owner = User.objects.get(email="acme-admin@example.org")
    with pytest.raises(OnlyOwner) as refused:
        asked(owner)
    assert "Acme" in str(refused.value.message)
    client.force_login(owner)
    page = client.get(ERASE).content.decode()
    assert "Nobody but you manages Acme" in page
    member(school.alice, school.acme, Role.ADMIN)
    assert asked(owner).state == State.WAITING
    # Alone again by the time it is due: it waits, and says so once.
    with provider_scope(school.acme):
        Membership.objects.filter(user=school.alice, role=Role.ADMIN).delete()
    mail.outbox.clear()
    with clock.later(days=15):
        done(tasks.look)
        done(tasks.look)
    assert Erasure.objects.get().state == State.WAITING
    assert [message.to for message in mail.outbox] == [[owner.email]]


def test_operators_ask_for_others_with_a_reason_and_nobody_else_does(zebulon, school):
    olga = person("olga", is_superuser=True)
    olga.set_password(PASSWORD)
    olga.save()
    with pytest.raises(Forbidden):
        asked(zebulon, actor=school.alice)
    with pytest.raises(IsOperator):
        asked(olga)
    client = Client()
    client.force_login(olga)
    deleting = reverse("wagtailusers_users:delete", args=[zebulon.pk])
    screen = client.post(deleting)["Location"]  # Wagtail's way leads to ours
    assert User.objects.filter(pk=zebulon.pk).exists()
    assert client.get(screen).status_code == 200
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    done(client.post, screen, {"reason": "by letter of 3 May"})
    erasure = Erasure.objects.get()
    assert (erasure.person, erasure.asked_by, erasure.reason) == (
        zebulon, olga, "by letter of 3 May",
    )  # fmt: skip
    assert "on your behalf" in mail.outbox[-1].body
    client.force_login(school.alice)
    assert client.get(screen).status_code in (302, 403, 404)


def test_nothing_is_erased_that_was_not_asked_for(zebulon):
    with pytest.raises(ValueError, match="not to be erased"):
        erasing.erase(asked(zebulon))
