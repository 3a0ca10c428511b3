"""Giving seats and taking them back."""

import pytest

from lms.common import clock
from lms.common.errors import Forbidden, NotFound, PaymentRequired
from lms.common.states import IllegalMove
from lms.courses.models import CoursePage
from lms.enrolments import actions, events
from lms.enrolments.errors import ClassFull, EnrolmentClosed, SeatWithdrawn
from lms.enrolments.models import Enrolment, Seats
from lms.enrolments.states import State
from lms.events import SYSTEM
from lms.tenants.actions import move_provider
from lms.tenants.models import Membership, Role
from lms.tenants.scope import provider_scope
from lms.tenants.states import SUSPEND
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def carol():
    return person("carol")


def taken(page):
    with provider_scope(page.provider_id):
        return Seats.objects.get(course=page).taken


def test_enrolling_gives_an_active_seat_and_counts_it(acme, carol):
    page = course(acme)
    enrolment = enrol(carol, page)
    assert (enrolment.state, enrolment.student, taken(page)) == (State.ACTIVE, carol, 1)


def test_enrolling_makes_the_student_a_member_of_the_provider(acme, carol):
    enrol(carol, course(acme))
    with provider_scope(acme):
        assert Membership.objects.filter(user=carol, role=Role.STUDENT).count() == 1


def test_a_double_click_enrols_once(acme, carol):
    page = course(acme, enrolment_limit=5)
    assert enrol(carol, page).pk == enrol(carol, page).pk
    assert taken(page) == 1


def test_enrolling_is_logged_once(acme, carol):
    from wagtail.models import ModelLogEntry

    page = course(acme)
    enrol(carol, page)
    enrol(carol, page)
    assert ModelLogEntry.objects.filter(action=events.ENROLLED.name).count() == 1


def test_a_course_with_a_price_is_not_given_away(acme, carol):
    with pytest.raises(PaymentRequired):
        enrol(carol, course(acme, price_minor=4900, currency="EUR"))


def test_a_seat_can_be_granted_in_a_course_with_a_price(acme, carol):
    page = course(acme, price_minor=4900, currency="EUR")
    assert actions.grant(page, carol, actor=carol, at=clock.now()).is_active


def test_nobody_new_enrols_in_an_unpublished_course(acme, carol):
    page = course(acme)
    page.unpublish()
    with pytest.raises(EnrolmentClosed):
        enrol(carol, page)


def test_a_full_class_takes_nobody_and_leaves_nothing_behind(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    dave = person("dave")
    with pytest.raises(ClassFull) as full:
        enrol(dave, page)
    assert full.value.details == {"limit": 1}
    with provider_scope(acme):
        assert not Enrolment.objects.filter(student=dave).exists()
        assert not Membership.objects.filter(user=dave).exists()


def test_leaving_frees_the_seat_for_somebody_else(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    assert enrol(person("dave"), page).is_active


def test_one_who_left_and_returns_has_the_same_enrolment(acme, carol):
    page = course(acme)
    before = enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    after = enrol(carol, page)
    assert (after.pk, after.state, after.ended_at) == (before.pk, State.ACTIVE, None)


def test_one_who_left_finds_the_class_full_when_others_took_the_seat(acme, carol):
    page = course(acme, enrolment_limit=1)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    enrol(person("dave"), page)
    with pytest.raises(ClassFull):
        enrol(carol, page)


def test_a_limit_lowered_below_the_seats_given_takes_none_away(acme, carol):
    page = course(acme, enrolment_limit=3)
    enrolment = enrol(carol, page)
    enrol(person("dave"), page)
    page.enrolment_limit = 1
    page.save_revision().publish()
    with provider_scope(acme):
        enrolment.refresh_from_db()
    assert enrolment.is_active
    with pytest.raises(ClassFull):
        enrol(person("erin"), page)


def test_a_removed_student_can_not_enrol_again_by_themselves(acme, carol):
    page = course(acme)
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    enrol(carol, page)
    actions.remove(page, carol, actor=alice, at=clock.now())
    with pytest.raises(SeatWithdrawn):
        enrol(carol, page)


def test_a_removed_student_can_be_given_the_seat_back(acme, carol):
    page = course(acme)
    alice = person("alice")
    member(alice, acme, Role.INSTRUCTOR)
    enrol(carol, page)
    actions.remove(page, carol, actor=alice, at=clock.now())
    assert actions.restore(page, carol, actor=alice, at=clock.now()).is_active
    assert taken(page) == 1


def test_students_can_not_remove_each_other(acme, carol):
    page = course(acme)
    dave = person("dave")
    enrol(carol, page)
    enrol(dave, page)
    with pytest.raises(Forbidden):
        actions.remove(page, carol, actor=dave, at=clock.now())


def test_nobody_leaves_for_somebody_else(acme, carol):
    page = course(acme)
    enrol(carol, page)
    with pytest.raises(Forbidden):
        actions.leave(page, carol, actor=person("dave"), at=clock.now())


def test_leaving_a_course_one_is_not_in_is_refused(acme, carol):
    page = course(acme)
    with pytest.raises(NotFound):
        actions.leave(page, carol, actor=carol, at=clock.now())


def test_leaving_twice_is_refused(acme, carol):
    page = course(acme)
    enrol(carol, page)
    actions.leave(page, carol, actor=carol, at=clock.now())
    with pytest.raises(IllegalMove):
        actions.leave(page, carol, actor=carol, at=clock.now())


def test_nobody_new_enrols_with_a_suspended_provider_and_who_studies_goes_on(acme, carol):
    page = course(acme, slug="sky")
    enrol(carol, page)
    move_provider(acme, SUSPEND, actor=SYSTEM)
    page = CoursePage.objects.get(pk=page.pk)
    dave = person("dave")
    with pytest.raises(EnrolmentClosed):
        enrol(dave, page)
    assert reader(dave).post(f"/enrol/{page.pk}/").status_code == 404
    assert {reader().get(path).status_code for path in ("/acme/", "/acme/sky/")} == {404}
    (one,) = lessons_of(page)
    assert reader(carol).get(f"/learn/{page.pk}/{one.pk}/").status_code == 200
    assert reader(dave).get(f"/learn/{page.pk}/{one.pk}/").status_code == 404
