"""The end of access: expiry and its notices, extension; leaving and removal, and their undoing."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase
from django.utils import timezone

from lms.common import clock
from lms.common.errors import Forbidden
from lms.common.states import IllegalMove
from lms.enrolments import actions, tasks
from lms.enrolments.errors import (
    ClassFull,
    EndInThePast,
    PrerequisiteMissing,
    SeatExpired,
    TooLateToUndo,
)
from lms.enrolments.models import Enrolment, Seats
from lms.enrolments.states import State
from lms.events import SYSTEM
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import complete, course, enrol, lessons_of, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def carol():
    return person("carol")


@pytest.fixture
def alice(acme):
    teacher = person("alice")
    member(teacher, acme, Role.INSTRUCTOR)
    return teacher


def seat_of(page, student):
    with provider_scope(page.provider_id):
        return Enrolment.objects.get(course=page, student=student)


def taken(page):
    with provider_scope(page.provider_id):
        return Seats.objects.get(course=page).taken


def watch(**later):
    """What the clock does so much later, with the mail that follows."""
    with clock.later(**later), TestCase.captureOnCommitCallbacks(execute=True):
        return tasks.watch_expiry()


def told(deed):
    """The mail that follows a deed."""
    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        deed()
    return [(one.to, one.subject, one.body) for one in mail.outbox]


def lesson_url(page):
    return f"/learn/{page.pk}/{lessons_of(page)[0].pk}/"


def test_access_ends_after_the_courses_days_and_the_seat_is_free(acme, carol):
    page = course(acme, access_days=30, enrolment_limit=1)
    enrol(carol, page)
    assert reader(carol).get(lesson_url(page)).status_code == 200
    assert watch(days=31)[1] == 1
    assert (seat_of(page, carol).state, taken(page)) == (State.EXPIRED, 0)
    with clock.later(days=31):
        closed = reader(carol).get(lesson_url(page))
    assert closed.status_code == 403
    assert "Your access to this course ended on" in closed.content.decode()
    assert enrol(person("dave"), page).is_active


def test_access_ends_on_time_though_the_clock_is_late(acme, carol):
    page = course(acme, access_days=30)
    enrol(carol, page)
    with clock.later(days=30, minutes=1):
        answer = reader(carol).get(lesson_url(page), headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ACCESS_EXPIRED")


def test_who_completes_the_course_keeps_its_material(acme, carol):
    page = course(acme, access_days=30)
    complete(enrol(carol, page))
    assert watch(days=31) == (0, 0)
    with clock.later(days=31):
        assert reader(carol).get(lesson_url(page)).status_code == 200


def test_the_end_is_told_a_week_and_a_day_before_once_each_and_when_it_is_there(acme, carol):
    page = course(acme, access_days=30)
    enrol(carol, page)
    mail.outbox.clear()
    rounds = [22, 23.5, 23.6, 29.5, 29.6, 30.5, 31]
    assert [watch(days=days) for days in rounds] == [
        (0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (0, 1), (0, 0),
    ]  # fmt: skip
    assert [one.subject for one in mail.outbox] == [
        "Your access to Night Sky ends soon",
        "Your access to Night Sky ends soon",
        "Your access to Night Sky has ended",
    ]


def test_an_end_that_was_near_from_the_start_is_no_news(acme, carol):
    page = course(acme, access_days=5)
    enrol(carol, page)
    assert [watch(days=days)[0] for days in (0, 3, 4.5)] == [0, 0, 1]


def test_extending_gives_the_seat_back_and_is_told(acme, carol, alice):
    page = course(acme, access_days=30)
    enrol(carol, page)
    watch(days=31)
    until = clock.now() + timedelta(days=60)
    with clock.later(days=31):
        letters = told(
            lambda: actions.extend(page, carol, until=until, actor=alice, at=clock.now())
        )
        assert reader(carol).get(lesson_url(page)).status_code == 200
    assert [(to, subject) for to, subject, _body in letters] == [
        (["carol@example.org"], "How long you have access to Night Sky")
    ]
    assert taken(page) == 1
    assert [watch(days=days)[0] for days in (54, 55, 59.5)] == [1, 0, 1]


def test_one_who_left_and_whose_time_is_up_is_let_in_again_at_the_desk(acme, carol, alice):
    page = course(acme, access_days=30)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    seat, desk = seat_of(page, carol), f"/desk/{page.pk}/access/"
    shown = f"{desk}?student={seat.pk}"
    form = f'action="{desk}{seat.pk}/extend/"'
    assert form not in reader(alice).get(shown).content.decode()  # they come back by themselves
    with pytest.raises(IllegalMove):
        actions.extend(page, carol, until=None, actor=alice, at=clock.now())
    with clock.later(days=31):
        html = reader(alice).get(shown).content.decode()
        assert form in html and "Extend the access." in html
        assert "comes back by enrolling again" not in html
        (letter,) = told(lambda: reader(alice).post(f"{desk}{seat.pk}/extend/", {"until": ""}))
        assert letter[0] == ["carol@example.org"]
        assert seat_of(page, carol).is_active and taken(page) == 1
        assert reader(carol).get(lesson_url(page)).status_code == 200


def test_extending_finds_the_class_full(acme, carol, alice):
    page = course(acme, access_days=30, enrolment_limit=1)
    enrol(carol, page)
    watch(days=31)
    enrol(person("dave"), page)
    with pytest.raises(ClassFull):
        actions.extend(page, carol, until=None, actor=alice, at=clock.now())
    assert seat_of(page, carol).state == State.EXPIRED


def test_an_end_is_set_by_staff_and_lies_ahead(acme, carol, alice):
    page = course(acme)
    enrol(carol, page)
    with pytest.raises(Forbidden):
        actions.extend(page, carol, until=None, actor=carol, at=clock.now())
    with pytest.raises(EndInThePast):
        actions.extend(page, carol, until=clock.now(), actor=alice, at=clock.now())


def test_one_whose_time_is_up_does_not_begin_anew_by_leaving_or_enrolling(acme, carol):
    page = course(acme, access_days=30)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now() + timedelta(days=29.5))
    with clock.later(days=30.1):
        with pytest.raises(SeatExpired):
            enrol(carol, page)
        with pytest.raises(SeatExpired):
            actions.undo_leaving(page, carol, actor=carol, at=clock.now())
        answer = reader(carol).post(f"/enrol/{page.pk}/")
    assert answer.status_code == 403
    assert "Your access to this course ended on" in answer.content.decode()


# --- Leaving and removal --------------------------------------------------------------------------


def test_leaving_is_told_and_undone_on_the_page_though_nobody_new_could_enrol(acme, carol):
    page = course(acme, price_minor=4900, currency="EUR")
    actions.grant(page, carol, actor=carol, at=clock.now())
    browser = reader(carol)
    letters = told(lambda: browser.post(f"/enrol/{page.pk}/leave/"))
    assert [subject for _to, subject, _body in letters] == ["You have left Night Sky"]
    assert f"/enrol/{page.pk}/undo/" in letters[0][2]
    assert "Undo leaving" in browser.get(f"/enrol/{page.pk}/undo/").content.decode()
    assert "Undo leaving" in browser.get("/learn/?show=left").content.decode()
    page.unpublish()
    answer = browser.post(f"/enrol/{page.pk}/undo/")
    assert (answer.status_code, answer.url) == (302, f"/learn/{page.pk}/")
    assert seat_of(page, carol).is_active


def test_leaving_is_not_undone_after_a_day_nor_without_a_seat_nor_by_others(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    with clock.later(hours=25), pytest.raises(TooLateToUndo):
        actions.undo_leaving(page, carol, actor=carol, at=clock.now())
    dave = person("dave")
    with pytest.raises(Forbidden):
        actions.undo_leaving(page, carol, actor=dave, at=clock.now())
    enrol(dave, page)
    assert reader(carol).post(f"/enrol/{page.pk}/undo/").status_code == 409
    assert (seat_of(page, carol).state, taken(page)) == (State.LEFT, 1)


def test_a_student_says_why_they_left(acme, carol):
    page = course(acme)
    enrol(carol, page)
    browser = reader(carol)
    browser.post(f"/enrol/{page.pk}/leave/")
    browser.post(f"/enrol/{page.pk}/why/", {"reason": "No  time\nleft"})
    assert seat_of(page, carol).end_reason == "No time left"


def test_p057a_removal_closes_the_lessons_is_told_with_its_reason_and_given_back(
    acme, carol, alice
):
    page = course(acme)
    seat = enrol(carol, page)
    desk = f"/desk/{page.pk}/access/{seat.pk}/"
    browser = reader(alice)
    letters = told(lambda: browser.post(f"{desk}remove/", {"reason": "Wrong <class>"}))
    assert [(to, subject) for to, subject, _body in letters] == [
        (["carol@example.org"], "Your enrolment in Night Sky was ended")
    ]
    assert "Wrong <class>" in letters[0][2]
    closed = reader(carol).get(lesson_url(page))
    today = timezone.localdate().year
    assert closed.status_code == 403
    assert "ended your enrolment" in closed.content.decode()
    assert str(today) in closed.content.decode()
    assert "Wrong &lt;class&gt;" in closed.content.decode()
    letters = told(lambda: browser.post(f"{desk}restore/"))
    assert [subject for _to, subject, _body in letters] == ["You have your seat in Night Sky again"]
    assert reader(carol).get(lesson_url(page)).status_code == 200


# --- Prerequisites --------------------------------------------------------------------------------


def test_a_course_that_builds_on_another_is_entered_when_that_is_completed(acme, carol):
    first, page = course(acme, title="First Steps"), course(acme)
    page.prerequisites.set([first])
    page.save_revision().publish()
    with pytest.raises(PrerequisiteMissing):
        enrol(carol, page)
    refused = reader(carol).post(f"/enrol/{page.pk}/")
    assert refused.status_code == 409
    assert f'href="{first.url}"' in refused.content.decode()
    closed = reader(carol).get(lesson_url(page))
    assert "Complete “First Steps” first" in closed.content.decode()
    complete(enrol(carol, first))
    assert enrol(carol, page).is_active
    # Whom the school adds is in at once (P56), and a course that is not published holds nobody.
    assert actions.grant(page, person("dave"), actor=SYSTEM, at=clock.now()).is_active
    first.unpublish()
    assert enrol(person("erin"), page).is_active


@pytest.mark.parametrize("entry", ["open", "request", "invitation"])
def test_a_full_class_leads_to_the_waitlist_where_there_is_one(acme, carol, entry):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    enrol(person("dave"), page)
    type(page).objects.filter(pk=page.pk).update(entry=entry)
    found = reader(carol).post(f"/enrol/{page.pk}/undo/")
    assert found.status_code == 409
    html = found.content.decode()
    assert (f'href="/learn/{page.pk}/waitlist/"' in html) == (entry == "open")
