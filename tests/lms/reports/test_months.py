"""Months and days say the same, whatever happens and whatever days somebody asks for."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from lms.common import clock
from lms.reports.actions import add
from lms.reports.models import Period, PeriodFigures
from lms.reports.rules import Span, start_of
from lms.reports.selectors import COLUMNS, by_course, figures
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows
from tests.lms.certificates.making import course, school

pytestmark = pytest.mark.django_db

FIRST, TODAY = date(2024, 1, 10), date(2026, 3, 18)

any_day = st.dates(FIRST, TODAY)
edges = any_day.flatmap(
    lambda day: st.sampled_from([day.replace(day=1) - timedelta(days=1), day.replace(day=1)])
)
ends = edges | any_day | st.just(TODAY)
spans = st.tuples(ends, ends).map(lambda two: Span(min(two), max(two)))
# (course, day, figure, how many more)
deeds = st.tuples(
    st.integers(0, 1), any_day | edges, st.sampled_from(COLUMNS), st.sampled_from([1, 2, 5, -1, -2])
)


@pytest.fixture
def courses(db):
    acme = school()
    return [course(acme, lessons=0, title=f"Course {number}") for number in range(2)]


def happen(courses, deeds):
    """Have them counted; {(course, day, figure): number} as it should be."""
    tally = Counter()
    for number, day, name, by in deeds:
        page = courses[number]
        add(page.provider_id, page.pk, day, name, by=by)
        key = page.pk, day, name
        # Nothing can be taken from a day that it never got.
        if tally[key] + by >= 0:
            tally[key] += by
    return tally


def sums(tally, span, of=None, period=None):
    """What `tally` has in these days, of a course or of all: {figure: number}, or the same by
    period, {start: {figure: number}}."""
    found = {}
    for (page, day, name), number in tally.items():
        if span.first <= day <= span.last and of in (None, page) and number:
            start = start_of(period, day) if period else None
            found.setdefault(start, Counter())[name] += number
    return found if period else found.get(None, Counter())


def months_kept():
    """{course or None: {start: {figure: number}}}, without zeros."""
    found = {}
    for row in PeriodFigures.objects.filter(period=Period.MONTH):
        numbers = {name: number for name in COLUMNS if (number := getattr(row, name))}
        if numbers:
            found.setdefault(row.course_id, {})[row.start] = numbers
    return found


def months_of(tally, courses):
    everything = Span(date(2000, 1, 1), TODAY)
    found = {of: sums(tally, everything, of, Period.MONTH) for of in (None, *courses)}
    return {of: months for of, months in found.items() if months}


@given(happening=st.lists(deeds, max_size=25), asked=st.lists(spans, min_size=1, max_size=8))
@example(
    happening=[(0, date(2026, 3, 2), "lessons", 1), (0, date(2026, 3, 1), "lessons", -1)],
    asked=[Span(date(2026, 3, 1), TODAY)],
)
def test_any_days_show_the_sum_of_what_happened_on_them(courses, happening, asked):
    acme = courses[0].provider
    midday = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    with fresh_rows(), provider_scope(acme), clock.stopped_at(midday):
        forget_cached()
        tally = happen(courses, happening)
        assert months_kept() == months_of(tally, [page.pk for page in courses])
        for span in asked:
            found = figures(span)
            now, before = sums(tally, span), sums(tally, span.before)
            for name in COLUMNS:
                assert (found.totals[name].now, found.totals[name].before) == (
                    now[name],
                    before[name],
                )
            points = sums(tally, span, period=span.period)
            assert [start for start, _numbers in found.points] == list(span.starts)
            for start, numbers in found.points:
                assert +Counter(numbers) == points.get(start, Counter())
            for row in by_course(span):
                assert {name: row[name] for name in COLUMNS} == {
                    name: sums(tally, span, row["course_id"])[name] for name in COLUMNS
                }
            listed = {row["course_id"] for row in by_course(span)}
            assert {page.pk for page in courses if sums(tally, span, page.pk)} <= listed


def test_an_installation_that_kept_days_gets_its_months(courses):
    migration = import_module("lms.reports.migrations.0003_sum_months")
    editor = SimpleNamespace(connection=connection)
    happening = [
        (number, TODAY - timedelta(days=days), name, 1 + number)
        for number in range(2)
        for days in range(0, 400, 9)
        for name in COLUMNS[: 1 + days % 7]
    ]
    with provider_scope(courses[0].provider):
        right = months_of(happen(courses, happening), [page.pk for page in courses])
        migration.forget_months(apps, editor)
        assert months_kept() == {}
        migration.sum_months(apps, editor)
        assert months_kept() == right


def test_few_rows_make_up_a_long_span():
    years = Span(date(2020, 1, 15), date(2026, 3, 10))
    assert years.pieces(today=date(2026, 4, 1)) == [
        ("day", date(2020, 1, 15), date(2020, 2, 1)),
        ("month", date(2020, 2, 1), date(2026, 3, 1)),
        ("day", date(2026, 3, 1), date(2026, 3, 11)),
    ]
    month = Span(date(2026, 3, 1), date(2026, 3, 10))
    assert month.pieces(today=date(2026, 3, 10))[1] == ("month", date(2026, 3, 1), date(2026, 4, 1))
    assert month.pieces(today=date(2026, 3, 11)) == [("day", date(2026, 3, 1), date(2026, 3, 11))]
