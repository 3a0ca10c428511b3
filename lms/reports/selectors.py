"""Reads for the figures page: summaries only, so it costs the same however many people enrol."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from lms.common import clock

from .models import COHORT, HAPPENED, ActiveFigures, Period, PeriodFigures
from .rules import Span, change, day_of, start_of

COLUMNS = (*HAPPENED, *COHORT)


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of the span; `change` is percent against the time before, None without one."""

    now: int
    before: int

    @property
    def change(self) -> int | None:
        return change(self.now, self.before)


@dataclass(frozen=True, slots=True)
class Figures:
    """A house's figures of a span. `points` are (start of the period, {name: number})."""

    span: Span
    totals: dict[str, Total]
    points: list[tuple[date, dict[str, int]]]

    @property
    def is_empty(self) -> bool:
        return not any(total.now or total.before for total in self.totals.values())


def whole_span(today: date) -> Span:
    """From the first day with figures to today. Needs the provider's scope."""
    days = PeriodFigures.objects.filter(course=None, period=Period.DAY).order_by("start")
    return Span(min(days.values_list("start", flat=True).first() or today, today), today)


def figures(span: Span) -> Figures:
    """The figures of the house in scope: two queries."""
    before = span.before
    drawn = _rows_of(span)
    if span.period != Period.MONTH:  # its points can't be told from a month's row
        drawn = Q(period=Period.DAY, start__gte=span.first, start__lte=span.last)
    rows = PeriodFigures.objects.filter(drawn | _rows_of(before), course=None)
    active = dict(
        ActiveFigures.objects.filter(
            period=span.period, start__gte=start_of(span.period, before.first), start__lte=span.last
        ).values_list("start", "learners")
    )
    points: dict[date, dict[str, int]] = {
        start: {**dict.fromkeys(COLUMNS, 0), "active": active.get(start, 0)}
        for start in span.starts
    }
    now: Counter[str] = Counter()
    then: Counter[str] = Counter()
    for row in rows.values("start", *COLUMNS):
        start = row.pop("start")
        if start < span.first:
            then.update(row)
            continue
        now.update(row)
        point = points[start_of(span.period, start)]
        for name, number in row.items():
            point[name] += number
    totals = {name: Total(now[name], then[name]) for name in COLUMNS}
    totals["active"] = Total(
        _average([active.get(start, 0) for start in span.starts]),
        _average([active.get(start, 0) for start in before.starts]),
    )
    return Figures(span, totals, sorted(points.items()))


def _rows_of(span: Span) -> Q:
    """Rows that make up the span: its whole months, and the days around them."""
    pieces = span.pieces(day_of(clock.now()))
    return reduce(or_, (Q(period=p, start__gte=first, start__lt=end) for p, first, end in pieces))


def _average(numbers: list[int]) -> int:
    return round(sum(numbers) / len(numbers)) if numbers else 0


def by_course(span: Span, *, order: str = "-enrolments") -> QuerySet[Any]:
    """The sums of each course of the house in scope, as dictionaries; ties by title."""
    return (
        PeriodFigures.objects.filter(_rows_of(span), course__isnull=False)
        .values("course_id", "course__title")
        .annotate(**{name: Coalesce(Sum(name), 0) for name in COLUMNS})
        .order_by(order, "course__title", "course_id")
    )
