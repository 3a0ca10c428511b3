"""Who comes back after their time was up, and seats that are held: what nobody should get twice, or
lose."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from lms.admissions import invitations, links, lists, requests, selectors, waitlist
from lms.admissions.models import EntryLink, WaitlistEntry
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments import actions as enrolments
from lms.enrolments.errors import MembersOnly, PrerequisiteMissing, SeatExpired
from lms.enrolments.models import Enrolment
from lms.teaching.selectors import with_students
from lms.tenants.models import Membership, Role
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, member, person
from tests.lms.admissions.making import (
    invitation_to,
    letters,
    limit,
    link_in,
    seated,
    settled,
    somebody,
    taken,
    teaching,
)
from tests.lms.certificates.making import course
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

DAYS = 30
how_it_ended = pytest.mark.parametrize("how", ["expired", "left"])


class Refusing(EmailBackend):
    """As a mail server that knows nobody at bad@example.org; what is written after is lost."""

    def send_messages(self, messages):
        for message in messages:
            if message.to == ["bad@example.org"]:
                raise SMTPRecipientsRefused({"bad@example.org": (550, b"No such user")})
            super().send_messages([message])
        return len(messages)


@pytest.fixture
def page(db):
    return teaching(access_days=DAYS)


def enrol(page, student):
    with settled(page):
        return enrolments.enrol(page, student, actor=student, at=clock.now())


def leave(page, student):
    with settled(page):
        return enrolments.leave(page, student, actor=student, at=clock.now())


def by_request(page):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    return CoursePage.objects.select_related("provider").get(pk=page.pk)


def ended(page, student, how):
    """The moment after the student's time was up, the seat given up before or not."""
    seat = enrol(page, student)
    after = clock.now() + timedelta(days=DAYS + 1)
    if how == "left":
        leave(page, student)
    else:
        with settled(page):
            assert enrolments.expire(seat, at=after)
    return after


def seat_of(page, student):
    with provider_scope(page.provider_id):
        return Enrolment.objects.get(course=page, student=student)


def renewed(page, student, after):
    """Whether the student has a seat, the only one, with a whole new term."""
    seat = seat_of(page, student)
    assert (seat.state, seat.ended_at, taken(page)) == ("active", None, 1)
    # Summer time may begin or end in between.
    return abs(seat.expires_at - after - timedelta(days=DAYS)) <= timedelta(hours=1)


def offered(page, *, seats=1):
    """dan, for whom one of the seats is held, while erin waits behind."""
    limit(page, seats)
    for number in range(seats):
        enrol(page, somebody(f"first{number}"))
    dan, erin = somebody("dan"), somebody("erin")
    with settled(page):
        entry = waitlist.join(page, dan, at=clock.now())
        waitlist.join(page, erin, at=clock.now())
    with provider_scope(page.provider_id):
        first = Enrolment.objects.get(course=page, student__email="first0@example.org").student
    leave(page, first)
    with provider_scope(page.provider_id):
        assert WaitlistEntry.objects.get(pk=entry.pk).state == "offered"
    return dan, entry


@how_it_ended
@pytest.mark.parametrize("way", ["waitlist", "request", "link"])
def test_whose_time_is_up_does_not_come_back_by_themselves(page, carol, how, way):
    after = ended(page, carol, how)
    link = links.make(page, is_code=True, actor=page.alice, at=after)
    if way == "request":
        page = by_request(page)
    elif way == "waitlist":
        limit(page, 1)
        enrol(page, person("dan"))
    with pytest.raises(SeatExpired):
        if way == "waitlist":
            waitlist.join(page, carol, at=after)
        elif way == "request":
            requests.ask(page, carol, note="Please", at=after)
        else:
            links.redeem(link, carol, at=after)
    assert "carol" not in seated(page)
    with provider_scope(page.provider_id):
        assert EntryLink.objects.get().uses == 0


@how_it_ended
@pytest.mark.parametrize("way", ["added", "invited"])
def test_whom_the_school_means_by_name_gets_a_new_term(page, carol, how, way):
    after = ended(page, carol, how)
    with settled(page):
        if way == "added":
            invitations.add(page, carol.email, actor=page.alice, at=after)
        else:
            invitations.invite(page, carol.email, actor=page.alice, at=after)
            invitations.accept(invitation_to(page, "carol"), user=carol, at=after)
    assert renewed(page, carol, after)


def test_a_request_from_before_the_end_gives_a_new_term_once_approved(page, carol):
    after = ended(page, carol, "left")
    alice, page = page.alice, by_request(page)
    with settled(page):
        asked = requests.ask(page, carol, note="", at=clock.now())
        requests.approve(asked, actor=alice, at=after)
    assert renewed(page, carol, after)


def test_restoring_gives_a_new_term_only_where_the_old_one_is_up(page, carol):
    first = enrol(page, carol).expires_at
    for at, kept in ((clock.now(), True), (first + timedelta(hours=1), False)):
        with settled(page):
            enrolments.remove(page, carol, actor=page.alice, at=at)
            enrolments.restore(page, carol, actor=page.alice, at=at)
        assert (seat_of(page, carol).expires_at == first) == kept
    assert renewed(page, carol, at)


def test_nobody_waits_for_a_course_they_could_not_enrol_in(page, carol):
    limit(page, 1)
    enrol(page, person("dan"))
    page.prerequisites.set([course(page.provider, title="Basics")])
    page.save()
    with pytest.raises(PrerequisiteMissing):
        waitlist.join(page, carol, at=clock.now())
    with settled(page):  # the teacher knows best
        invitations.invite(page, carol.email, actor=page.alice, at=clock.now())
    assert waitlist.join(page, carol, at=clock.now()).state == "waiting"


def test_who_left_the_house_while_waiting_takes_no_seat_in_its_portal(page):
    dan, entry = offered(page)
    type(page.provider).objects.filter(pk=page.provider_id).update(is_portal=True)
    with provider_scope(page.provider_id):
        Membership.objects.filter(user=dan).delete()
    forget_cached()
    with pytest.raises(MembersOnly):
        waitlist.accept(entry, student=type(dan).objects.get(pk=dan.pk), at=clock.now())
    assert seated(page) == set()
    member(dan, page.provider, Role.STUDENT)
    forget_cached()
    waitlist.accept(entry, student=type(dan).objects.get(pk=dan.pk), at=clock.now())
    assert (seated(page), taken(page)) == ({"dan"}, 1)


def test_a_code_with_dashes_at_its_end_is_a_guess_too(page, carol):
    browser = reader(carol)
    answers = [browser.get(f"/join/ABCD2345{'-' * 4}/").status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (404, 429)
    link = links.make(page, is_code=False, actor=page.alice, at=clock.now())
    assert browser.get(f"/join/{link.code}/").status_code == 200  # secret: not guessed


def test_an_address_the_server_refuses_costs_nobody_else_theirs(page, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    people = "abe@example.org bad@example.org zoe@example.org"
    with settled(page):
        batch = lists.hand_in(page, people, name="p", actor=page.alice, at=clock.now())
        lists.confirm(batch, actor=page.alice, at=clock.now())
    for _turn in range(3):
        with settled(page):
            lists.work(batch.pk, at=clock.now())
    assert sorted(one.to for one in mail.outbox) == [["abe@example.org"], ["zoe@example.org"]]


@pytest.mark.parametrize("way", ["added", "invited"])
def test_the_held_seat_is_theirs_by_whichever_way_they_come(page, way):
    dan, _entry = offered(page)
    with settled(page):
        if way == "added":
            invitations.add(page, dan.email, actor=page.alice, at=clock.now())
        else:
            invitations.invite(page, dan.email, actor=page.alice, at=clock.now())
    if way == "invited":
        link = link_in(letters("dan", "invites you")[0])
        assert "Join the waitlist" not in reader(dan).get(link).content.decode()
        with settled(page):
            invitations.accept(invitation_to(page, "dan"), user=dan, at=clock.now())
    assert (seated(page), taken(page)) == ({"dan"}, 1)
    with provider_scope(page.provider_id):
        places = WaitlistEntry.objects.order_by("pk").values_list("state", flat=True)
        assert list(places) == ["accepted", "waiting"]


def test_only_open_invitations_stand_on_the_roster(page):
    with settled(page):
        for key in ("abe", "bea", "cy"):
            invitations.invite(page, f"{key}@example.org", actor=page.alice, at=clock.now())
        invitations.withdraw(invitation_to(page, "abe"), actor=page.alice, at=clock.now())
        invitations.decline(invitation_to(page, "bea"), user=None, at=clock.now())
        number, rows = selectors.invited(page, "", 0, 50)
    assert (number, [row.email for row in rows]) == (1, ["cy@example.org"])


def test_who_has_a_seat_and_opens_a_link_again_is_led_into_the_course(page, carol):
    link = links.make(page, is_code=False, actor=page.alice, at=clock.now())
    browser = reader(carol)
    assert browser.get(f"/join/{link.code}/").status_code == 200
    with settled(page):
        links.redeem(link, carol, at=clock.now())
    again = browser.get(f"/join/{link.code}/")
    assert (again.status_code, again.url) == (302, f"/learn/{page.pk}/")


def test_a_held_seat_is_no_student(page):
    offered(page, seats=2)
    assert taken(page) == 2
    shown = reader(page.alice).get(f"/desk/{page.pk}/students/").content.decode()
    assert "1 student<" in shown and "2 students" not in shown
    with provider_scope(page.provider_id):
        assert [row.students for row in with_students([page])] == [1]
