"""The decision who may read what (issue 5, item 2): it is what every page answers, in its words."""

from datetime import timedelta

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments.access import Why, decide
from lms.enrolments.models import Enrolment, Group, GroupMember
from lms.enrolments.states import State
from lms.plans.actions import Entry
from lms.progress import actions as progress
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows
from tests.lms.homework.making import a_class
from tests.lms.learning import lesson, module, reader
from tests.lms.plans.making import plan

pytestmark = pytest.mark.django_db

LESSONS = 4
PREVIEW = 3  # which of them is a free preview
days = st.none() | st.integers(-5, 5)  # from now; never now itself, which passes while one looks
moments = days.map(lambda day: None if day is None else day + 0.5)
releases = st.tuples(moments, st.none() | st.integers(1, 8))
some = st.sets(st.integers(0, LESSONS - 1))


@pytest.fixture
def school():
    return a_class(lessons=0)


@pytest.fixture
def places(school):
    """A module with two lessons, and two below the course, the last one a free preview."""
    page = CoursePage.objects.get(pk=school.course.pk)
    part = module(page)
    inner = [lesson(part, f"Inner {number}") for number in (1, 2)]
    return part, [*inner, lesson(page, "Outer"), lesson(page, "Shown", free_preview=True)]


@st.composite
def settings(draw):
    return {
        "module": draw(releases),
        "lessons": [draw(releases) for _number in range(LESSONS)],
        "state": draw(st.sampled_from([State.ACTIVE] * 4 + list(State))),
        "enrolled": -draw(st.integers(1, 10)) - 0.25,
        "expires": draw(moments),
        "extended": draw(st.booleans()),
        "completed": draw(st.booleans()),
        "cohorts": draw(st.lists(st.tuples(moments, moments).filter(in_sequence), max_size=2)),
        "by_plan": draw(st.none() | some),
        "in_order": draw(st.booleans()),
        "done": draw(some),
    }


def in_sequence(dates):
    start, end = dates
    return start is None or end is None or start < end


def from_now(day):
    return None if day is None else clock.now() + timedelta(days=day)


def arrange(school, places, found):
    """Bring the class into that state."""
    part, lessons = places
    page, seat = school.course, school.seats["carol"]
    CoursePage.objects.filter(pk=page.pk).update(
        opens_by_plan=found["by_plan"] is not None, in_order=found["in_order"]
    )
    for row, (at, after) in zip(
        [part, *lessons], [found["module"], *found["lessons"]], strict=True
    ):
        type(row).objects.filter(pk=row.pk).update(
            release_at=from_now(at), release_after_days=after
        )
    if found["by_plan"] is not None:
        entries = [Entry(("lesson", lessons[one].pk)) for one in sorted(found["by_plan"])]
        plan(school, entries, students=[seat])
    with provider_scope(school.acme):
        for one in sorted(found["done"]):
            row = LessonPage.objects.get(pk=lessons[one].pk)
            progress.complete_lesson(seat, row, actor=seat.student, at=clock.now())
        for number, (start, end) in enumerate(found["cohorts"]):
            group = Group.objects.create(
                course=page,
                name=f"Group {number}",
                starts_at=from_now(start),
                ends_at=from_now(end),
            )
            GroupMember.objects.create(group=group, enrolment=seat)
        Enrolment.objects.filter(pk=seat.pk).update(
            state=found["state"],
            ended_at=None if found["state"] == State.ACTIVE else clock.now(),
            enrolled_at=from_now(found["enrolled"]),
            expires_at=from_now(found["expires"]),
            extended=found["extended"],
            completed_at=clock.now() if is_complete(found) else None,
        )


def is_complete(found):
    """Nobody's access ends who has completed the course."""
    return found["completed"] and found["state"] != State.EXPIRED


ENDED = {State.LEFT: Why.LEFT, State.REMOVED: Why.REMOVED, State.EXPIRED: Why.EXPIRED}


def of_seat(found):
    """Why the whole course is closed to the student, as simply as it can be said; None for open."""
    dated = [one for one in found["cohorts"] if one != (None, None)]
    starts, ends = [start for start, _end in dated], [end for _start, end in dated]
    if found["state"] in ENDED:
        return ENDED[found["state"]]
    if is_complete(found):
        return None
    if found["expires"] is not None and found["expires"] < 0:
        return Why.EXPIRED
    if starts and None not in starts and min(starts) > 0:
        return Why.COHORT_NOT_STARTED
    if ends and None not in ends and max(ends) < 0 and not found["extended"]:
        return Why.COHORT_OVER
    return None


def of_lesson(found, number):
    """Why a lesson is closed, all reasons."""
    if number == PREVIEW:
        return []
    if closed := of_seat(found):
        return [closed]
    starts = [start for start, end in found["cohorts"] if (start, end) != (None, None)]
    since = min(starts) if starts and None not in starts else found["enrolled"]
    held = [found["lessons"][number], *([found["module"]] if number < 2 else [])]
    opens = [at for at, _after in held if at is not None]
    opens += [since + after for _at, after in held if after is not None]
    why = [Why.NOT_RELEASED] if any(one > 0 for one in opens) else []
    if found["by_plan"] is not None and number not in found["by_plan"]:
        why.append(Why.BY_PLAN)
    before, done = number - 1, found["done"]
    if found["in_order"] and number and before not in done and number not in done:
        why.append(Why.IN_ORDER)
    return why


@given(found=settings())
def test_the_decision_is_what_the_pages_answer_and_say(school, places, found):
    with fresh_rows():
        arrange(school, places, found)
        student, page = school.seats["carol"].student, school.course
        browser = reader(student)
        for number, one in enumerate(places[1]):
            with provider_scope(school.acme):
                decision = decide(student, page.pk, one.pk, host=None, at=clock.now())
            expected = of_lesson(found, number)
            if expected == [Why.LEFT]:  # and then what is in the way of coming back
                assert decision.reasons[0].why == Why.LEFT
            else:
                assert [reason.why for reason in decision.reasons] == expected
            answer = browser.get(f"/learn/{page.pk}/{one.pk}/")
            assert answer.status_code == (200 if decision.allowed else 403)
            html = answer.content.decode()
            for reason in decision.reasons:
                assert escape(reason.sentence) in html
            told = browser.get(
                f"/learn/{page.pk}/{one.pk}/", headers={"accept": "application/json"}
            )
            if not decision.allowed:
                error = told.json()["error"]
                assert error["code"] == decision.reasons[0].code
                assert [reason["code"] for reason in error["details"]["reasons"]] == [
                    reason.code for reason in decision.reasons
                ]
        # And the desk says the same of every lesson.
        seat = school.seats["carol"].pk
        desk = reader(school.alice).get(f"/desk/{page.pk}/access/?student={seat}")
        html = desk.content.decode()
        for number, one in enumerate(places[1]):
            row = html.split(f'data-lesson="{one.pk}"')[0].rsplit("<li", 1)[1]
            assert ("access--open" in row) == (not of_lesson(found, number))
