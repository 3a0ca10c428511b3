"""P100: analytics count the tenant's own data only.

Two houses share people, and things happen at both in any order. After each step the figures of each
equal a plain count of its own rows, whatever days one asks for, and what happens at one never moves
the other's.
"""

from collections import Counter, defaultdict
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates import actions as certificates
from lms.certificates.models import Certificate
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.progress import actions as progress
from lms.progress.models import LessonProgress
from lms.reports.actions import recount
from lms.reports.models import SUMMED, ActiveFigures, ActiveLearner, Period, PeriodFigures
from lms.reports.rules import Span, start_of
from lms.reports.selectors import COLUMNS, by_course, figures, whole_span
from lms.tenants.scope import every_tenant, provider_scope
from tests.cast import forget_cached, fresh_rows, person
from tests.lms.certificates.making import course, lessons_of, school

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 30, 22, 0, tzinfo=UTC)  # its week ends in another month
TODAY = date(2026, 6, 1)

deeds = st.tuples(
    st.sampled_from(["enrol", "open", "complete", "complete", "reopen", "leave"]),
    st.integers(0, 1),  # the house
    st.integers(0, 1),  # its course
    st.integers(0, 2),  # the person
    st.integers(0, 1),  # the lesson
    st.integers(0, 9),  # days later
)


days = st.dates(date(2026, 1, 20), date(2026, 5, 20))
spans = st.tuples(days, days).map(lambda two: Span(min(two), max(two)))


def do(world, deed):
    what, house, number, who, lesson, days = deed
    _provider, courses = world["houses"][house]
    page, user = courses[number], world["people"][who]
    at = MONDAY + timedelta(days=days, hours=days)
    with provider_scope(page.provider_id), TestCase.captureOnCommitCallbacks(execute=True):
        if what == "enrol":
            enrolments.grant(page, user, actor=SYSTEM, at=at)
            return
        enrolment = Enrolment.objects.filter(course=page, student=user, state="active").first()
        if enrolment is None:
            return
        one = lessons_of(page)[lesson]
        if what == "open":
            progress.open_lesson(enrolment, one, at=at)
        elif what == "complete":
            progress.complete_lesson(enrolment, one, actor=user, at=at)
            certificates.issue(Enrolment.objects.get(pk=enrolment.pk), at=at)
        elif what == "reopen":
            progress.reopen_lesson(enrolment, one, actor=user)
        else:
            enrolments.leave(page, user, actor=user, at=at)


def counted_by_hand(provider):
    """{(course or None, period, start): figures}, {(period, start): people}, straight from the
    rows."""
    cells, people = defaultdict(Counter), defaultdict(set)

    def count(row_course, moment, name):
        for period in SUMMED:
            start = start_of(period, moment.astimezone(UTC).date())
            for key in (row_course, None):
                cells[key, period, start][name] += 1

    def active(user, moment):
        for period in Period:
            people[period, start_of(period, moment.astimezone(UTC).date())].add(user)

    with every_tenant("counted by hand"):
        for row in Enrolment.objects.all():
            if row.provider_id != provider.pk:
                continue
            count(row.course_id, row.enrolled_at, "enrolments")
            active(row.student_id, row.enrolled_at)
            lessons = list(LessonProgress.objects.filter(enrolment=row))
            certificate = Certificate.objects.filter(enrolment=row).first()
            if lessons:
                count(row.course_id, row.enrolled_at, "started")
            if row.completed_at:
                count(row.course_id, row.completed_at, "completions")
                count(row.course_id, row.enrolled_at, "finished")
            if certificate:
                count(row.course_id, certificate.issued_at, "certificates")
                count(row.course_id, row.enrolled_at, "certified")
            for one in lessons:
                active(row.student_id, one.opened_at)
                if one.completed_at:
                    count(row.course_id, one.completed_at, "lessons")
                    active(row.student_id, one.completed_at)
    return (
        {key: dict(found) for key, found in cells.items()},
        {key: len(users) for key, users in people.items()},
    )


def kept(provider):
    with every_tenant("what is kept"):
        rows = PeriodFigures.objects.filter(provider=provider)
        cells = {
            (row.course_id, row.period, row.start): {
                name: number for name in COLUMNS if (number := getattr(row, name))
            }
            for row in rows
        }
        people = {
            (row.period, row.start): row.learners
            for row in ActiveFigures.objects.filter(provider=provider)
            if row.learners
        }
    return {key: found for key, found in cells.items() if found}, people


def shown(provider):
    """What the page reads, in the house's scope."""
    with provider_scope(provider):
        found = figures(whole_span(TODAY))
        return found.totals, found.points, list(by_course(whole_span(TODAY)))


def sums_shown(provider, span):
    """({name: number} of the house, the same of each course), of these days."""
    with provider_scope(provider):
        totals = figures(span).totals
        courses = {row["course_id"]: row for row in by_course(span)}
    return (
        {name: totals[name].now for name in COLUMNS},
        {
            course: {name: row[name] for name in COLUMNS}
            for course, row in courses.items()
            if any(row[name] for name in COLUMNS)  # all of it may have been taken back
        },
    )


def sums_by_hand(provider, span):
    sums = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    for (of, period, start), numbers in counted_by_hand(provider)[0].items():
        if period == Period.DAY and span.first <= start <= span.last:
            for name, number in numbers.items():
                sums[of][name] += number
    house = sums.pop(None, dict.fromkeys(COLUMNS, 0))
    return house, dict(sums)


@pytest.fixture
def base(db):
    """Two houses with two courses each, and three people; the same for every example."""
    houses = [school("acme"), school("globex")]
    courses = [
        (house, [course(house, lessons=2, title=f"{house.slug} {n}") for n in range(2)])
        for house in houses
    ]
    return {"houses": courses, "people": [person(name) for name in ("carol", "dave", "erin")]}


@given(happening=st.lists(deeds, min_size=1, max_size=14), span=spans, random=st.randoms())
def test_p100_figures_count_the_houses_own_rows_only(base, happening, span, random):
    with fresh_rows():
        forget_cached()
        world = deepcopy(base)
        houses = [house for house, _courses in world["houses"]]
        for deed in happening:
            other = houses[1 - deed[1]]
            before = shown(other)
            do(world, deed)
            assert shown(other) == before
        for house in houses:
            assert kept(house) == counted_by_hand(house)
            assert sums_shown(house, span) == sums_by_hand(house, span)
        # Whatever was missed is found again, nothing is counted twice, the other stays as it is.
        house, other = random.sample(houses, 2)
        right, others = kept(house), kept(other)
        with provider_scope(house):
            PeriodFigures.objects.all().delete()
            ActiveFigures.objects.update(learners=7)
            ActiveLearner.objects.all().delete()
        recount(house)
        assert kept(house) == right
        recount(house, start_of(Period.WEEK, (MONDAY + timedelta(days=7)).date()))
        assert kept(house) == right
        assert kept(other) == others
