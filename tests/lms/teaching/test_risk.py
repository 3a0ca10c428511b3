"""Who is at risk: the rules, and that the database finds the same as they do."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Value
from hypothesis import given
from hypothesis import strategies as st

from lms.common import clock
from lms.enrolments.models import Enrolment
from lms.teaching import actions, rules, selectors, tasks
from lms.teaching.models import Standing, Watch
from lms.teaching.rules import Facts, Reason, Thresholds
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows
from tests.lms.assessments.making import assessment
from tests.lms.certificates.making import complete, lessons_of
from tests.lms.homework.making import homework
from tests.lms.learning import reader
from tests.lms.plans.making import lesson_entry, plan

pytestmark = pytest.mark.django_db

days = st.integers(-5, 60)
maybe_days = st.none() | days
limits = st.builds(
    Thresholds,
    idle_days=st.none() | st.integers(1, 30),
    overdue_days=st.none() | st.integers(1, 10),
    behind_points=st.none() | st.integers(1, 60),
    pass_percent=st.none() | st.integers(1, 100),
)


@given(
    limits=limits,
    enrolled=st.integers(0, 60),
    seen=maybe_days,
    worked=maybe_days,
    due=maybe_days,
    percent=st.integers(0, 100),
    median=st.integers(0, 100),
    grade=st.none() | st.integers(0, 100),
    completed=st.booleans(),
)
def test_the_database_finds_what_the_rules_say(
    school, limits, enrolled, seen, worked, due, percent, median, grade, completed
):
    now = clock.now()

    def ago(number):
        return None if number is None else now - timedelta(days=number, hours=1)

    with fresh_rows(), provider_scope(school.acme):
        seat = school.seats["carol"]
        Enrolment.objects.filter(pk=seat.pk).update(
            enrolled_at=ago(enrolled),
            last_seen_at=ago(seen),
            completed_at=now if completed else None,
        )
        Standing.objects.update_or_create(
            provider=school.acme,
            enrolment=seat,
            defaults={
                "course_id": school.course.pk,
                "percent": percent,
                "grade": None if grade is None else Decimal(grade),
                "worked_at": ago(worked),
                "due_at": ago(due),
            },
        )
        seat = selectors.seat_at_desk(school.course, seat.pk)
        said = rules.reasons(selectors.facts_of(seat, median), limits, now)
        found = selectors.risks(limits, Value(median), now)
        mine = Enrolment.objects.filter(pk=seat.pk)
        assert {name for name, which in found.items() if mine.filter(which).exists()} == set(said)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ()),
        ({"active_at": 20}, (Reason.IDLE,)),
        ({"active_at": 1, "due_at": 4}, (Reason.OVERDUE,)),
        ({"active_at": 1, "due_at": 2}, ()),
        ({"active_at": 1, "percent": 20, "median": 60}, (Reason.BEHIND,)),
        ({"active_at": 1, "percent": 40, "median": 60}, ()),
        ({"active_at": 1, "grade": Decimal("49.9")}, (Reason.FAILING,)),
        ({"active_at": 30, "due_at": 30, "completed": True}, ()),
    ],
)
def test_a_student_is_at_risk_for_these_reasons(facts, said):
    now = clock.now()
    moments = ("active_at", "due_at")
    facts = {"active_at": 1, **facts}
    told = {
        name: now - timedelta(days=value) if name in moments else value
        for name, value in facts.items()
    }
    one = Facts(enrolled_at=now - timedelta(days=40), **told)
    assert rules.reasons(one, Thresholds(), now) == said


def desk(school, path="/desk/"):
    forget_cached()
    return reader(school.alice).get(path).content.decode()


def test_who_goes_silent_appears_on_the_desk_and_can_be_put_off(school):
    assert "Nobody is at risk" in desk(school)
    seat = school.seats["carol"]
    path = f"/desk/{school.course.pk}/students/{seat.pk}/"
    with clock.later(days=15):
        assert "Has not begun in 15 days." in desk(school)
        assert 'value="any"' in desk(school, f"/desk/{school.course.pk}/students/?risk=any")
        browser = reader(school.bob)
        browser.post(f"{path}snooze/", {"days": 7, "note": "Is ill"})
        html = desk(school, path)
        assert "Is ill" in html and "Put off until" in html
        assert "Carol" not in desk(school)
    with clock.later(days=23):
        assert "Carol" in desk(school)
        browser.post(f"{path}snooze/", {"days": 0})
        assert "Carol" not in desk(school)
        browser.post(f"{path}snooze/end/")
        assert "Carol" in desk(school)


def test_who_misses_a_date_is_told_of_by_its_name(school):
    homework(school, title="Count the stars", due_at=clock.now() + timedelta(days=1))
    assert tasks.count_changed() == 1
    complete(school.seats["dave"], [])
    with clock.later(days=3):
        assert "Missed" not in desk(school)
    with clock.later(days=5):
        assert "Missed “Count the stars”, which was due on" in desk(school)


def test_who_joins_late_has_not_missed_what_was_due_before(school):
    homework(school, title="Count the stars", due_at=clock.now() + timedelta(days=1))
    assessment(school, title="Star test", closes_at=clock.now() + timedelta(days=2))
    plan(
        school,
        [lesson_entry(lessons_of(school.course)[0], due_at=clock.now() + timedelta(days=1))],
        students=[school.seats["carol"]],
    )
    with provider_scope(school.acme):
        Enrolment.objects.update(enrolled_at=clock.now() + timedelta(days=3))
        actions.count(school.course)
        assert set(Standing.objects.values_list("due_at", flat=True)) == {None}
        Enrolment.objects.filter(pk=school.seats["dave"].pk).update(enrolled_at=clock.now())
        actions.count(school.course)
        (missed,) = Standing.objects.exclude(due_at=None)
    assert (missed.enrolment_id, missed.due_title) == (school.seats["dave"].pk, "Count the stars")


def test_thresholds_are_the_courses_own(school):
    path = f"/desk/{school.course.pk}/students/watch/"
    typed = {"idle_days": 3, "overdue_days": "", "behind_points": "", "pass_percent": ""}
    assert reader(school.bob).post(path, typed).status_code == 404
    assert reader(school.alice).post(path, {**typed, "idle_days": 0}).status_code == 422
    assert reader(school.alice).post(path, typed).status_code == 302
    with clock.later(days=4):
        assert "Has not begun in 4 days." in desk(school)


def test_the_class_is_compared_with_its_middle(school):
    with provider_scope(school.acme):
        complete(school.seats["dave"])
        Enrolment.objects.filter(pk=school.seats["dave"].pk).update(completed_at=None)
        actions.count(school.course)
        assert Watch.objects.get(course=school.course).median == 100
    with clock.later(days=13):
        assert "half of the class" not in desk(school)
    with clock.later(days=15):
        assert "Has done 0 %; half of the class has 100 % or more." in desk(school)
