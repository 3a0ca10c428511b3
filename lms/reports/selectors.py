"""Reads for the figures page: summaries only, so it costs the same however many people enrol."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from .models import COHORT, HAPPENED, ActiveFigures, DailyFigures
from .rules import Span, change, start_of

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
    first = DailyFigures.objects.filter(course=None).order_by("day").values_list("day", flat=True)
    return Span(min(first.first() or today, today), today)


def figures(span: Span) -> Figures:
    """The figures of the house in scope: two queries."""
    before = span.before
    days = {
        row["day"]: row
        for row in DailyFigures.objects.filter(
            course=None, day__gte=before.first, day__lte=span.last
        ).values("day", *COLUMNS)
    }
    active = dict(
        ActiveFigures.objects.filter(
            period=span.period, start__gte=start_of(span.period, before.first), start__lte=span.last
        ).values_list("start", "learners")
    )
    points: dict[date, dict[str, int]] = {
        start: {**dict.fromkeys(COLUMNS, 0), "active": active.get(start, 0)}
        for start in span.starts
    }
    totals = {name: Total(0, 0) for name in COLUMNS}
    for day, row in days.items():
        inside = span.first <= day <= span.last
        for name in COLUMNS:
            was, number = totals[name], row[name]
            if inside:
                totals[name] = Total(was.now + number, was.before)
                points[start_of(span.period, day)][name] += number
            else:
                totals[name] = Total(was.now, was.before + number)
    totals["active"] = Total(
        _average([active.get(start, 0) for start in span.starts]),
        _average([active.get(start, 0) for start in before.starts]),
    )
    return Figures(span, totals, sorted(points.items()))


def _average(numbers: list[int]) -> int:
    return round(sum(numbers) / len(numbers)) if numbers else 0


def by_course(span: Span, *, order: str = "-enrolments") -> QuerySet[Any]:
    """The sums of each course of the house in scope, as dictionaries; ties by title."""
    return (
        DailyFigures.objects.filter(course__isnull=False, day__gte=span.first, day__lte=span.last)
        .values("course_id", "course__title")
        .annotate(**{name: Coalesce(Sum(name), 0) for name in COLUMNS})
        .order_by(order, "course__title", "course_id")
    )
