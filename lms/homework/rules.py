"""Homework, decided without a database: deadlines, lateness, penalties, what is done.

Moments are timezone-aware datetimes, points and percentages exact Decimals.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")
LEVEL_POINTS = re.compile(r"\d{1,4}(\.\d{1,2})?", re.ASCII)

# What happens to work that comes late.
ACCEPT, CUT_OFF, PENALTY = "accept", "cut_off", "penalty"
# When work may be handed in again.
NEVER, UNTIL_GRADED, ALWAYS = "never", "until_graded", "always"


@dataclass(frozen=True, slots=True)
class Terms:
    """When one student's work is due, and what becomes of it later. `extended_to` is exact: no
    grace is added to it.
    """

    due_at: datetime | None = None
    grace: timedelta = timedelta(0)
    late_policy: str = ACCEPT
    penalty_per_day: Decimal = Decimal(0)  # percent
    extended_to: datetime | None = None

    @property
    def due(self) -> datetime | None:
        """The due date that is shown to the student."""
        return self.extended_to or self.due_at

    @property
    def deadline(self) -> datetime | None:
        """The last moment that is on time; None without a due date."""
        if self.extended_to is not None:
            return self.extended_to
        return None if self.due_at is None else self.due_at + self.grace


class Standing(StrEnum):
    """How a student stands with a piece of homework; each stands in exactly one way."""

    SUBMITTED = "submitted"
    LATE = "late"  # submitted, after the deadline, not graded yet
    OVERDUE = "overdue"
    PENDING = "pending"
    GRADED = "graded"
    COMPLETED = "completed"  # by the instructor, without a submission


class RubricError(ValueError):
    """A line that is no criterion; `line` says which, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Level:
    title: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is looked at, and how well it can be done; at least two levels."""

    title: str
    levels: tuple[Level, ...]

    @property
    def most(self) -> Decimal:
        return max(level.points for level in self.levels)


def read_rubric(text: str) -> tuple[Criterion, ...]:
    """A rubric from the lines it is written in, one criterion each:

        Clarity: 0 unclear | 2 clear in places | 4 clear

    Raises RubricError.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        title, colon, rest = line.partition(":")
        levels = []
        for part in rest.split("|"):
            points, _space, name = part.strip().partition(" ")
            if not LEVEL_POINTS.fullmatch(points) or not name.strip():
                raise RubricError(number)
            levels.append(Level(name.strip(), Decimal(points)))
        if not colon or not title.strip() or len(levels) < 2 or not max(levels, key=_points).points:
            raise RubricError(number)
        found.append(Criterion(title.strip(), tuple(levels)))
    return tuple(found)


def _points(level: Level) -> Decimal:
    return level.points


def rubric_points(rubric: Sequence[Criterion], chosen: Sequence[int | None]) -> Decimal | None:
    """The sum of the chosen levels; None until every criterion has one."""
    if len(chosen) != len(rubric) or any(one is None for one in chosen):
        return None
    return sum(
        (c.levels[one].points for c, one in zip(rubric, chosen, strict=True) if one is not None),
        Decimal(0),
    )


def is_late(terms: Terms, at: datetime) -> bool:
    """Whether work handed in `at` that moment is late; the deadline itself is on time."""
    return terms.deadline is not None and at > terms.deadline


def accepts(terms: Terms, at: datetime) -> bool:
    """Whether the late policy lets work in at that moment."""
    return terms.late_policy != CUT_OFF or not is_late(terms, at)


def days_late(terms: Terms, at: datetime) -> int:
    """Days begun since the due date; 0 for what is on time, the grace included."""
    if not is_late(terms, at) or terms.due is None:
        return 0
    return -((terms.due - at) // ONE_DAY)


def penalty(terms: Terms, at: datetime) -> Decimal:
    """What is taken off for lateness, in percent of the points, at most 100."""
    if terms.late_policy != PENALTY:
        return Decimal(0)
    return min(Decimal(100), terms.penalty_per_day * days_late(terms, at))


def after_penalty(points: Decimal, percent: Decimal) -> Decimal:
    """`points` less `percent` of them, to the hundredth, halves up."""
    return (points * (100 - percent) / 100).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one marker would give; None where they say nothing of it."""

    points: Decimal | None = None
    complete: bool | None = None


def agreed(first: Opinion, second: Opinion, tolerance: Decimal) -> Opinion | None:
    """What two markers come to: what both say; of points that are at most `tolerance` apart the
    mean, to the hundredth, halves up. None where somebody has to decide.
    """
    if first == second:
        return first
    if first.complete != second.complete or first.points is None or second.points is None:
        return None
    if abs(first.points - second.points) > tolerance:
        return None
    mean = ((first.points + second.points) / 2).quantize(CENT, ROUND_HALF_UP)
    return Opinion(mean, first.complete)


def standing(
    *,
    graded: bool,
    submitted_at: datetime | None,
    overridden: bool,
    terms: Terms,
    now: datetime,
) -> Standing:
    """`submitted_at` is when the standing submission was handed in, None without one."""
    if submitted_at is not None:
        if graded:
            return Standing.GRADED
        return Standing.LATE if is_late(terms, submitted_at) else Standing.SUBMITTED
    if overridden:
        return Standing.COMPLETED
    return Standing.OVERDUE if is_late(terms, now) else Standing.PENDING


def may_submit_again(rule: str, *, graded: bool, complete: bool | None) -> bool:
    """Whether a second submission may replace the first. Work that was graded as incomplete may
    be tried again wherever resubmission is allowed at all.
    """
    if rule == ALWAYS:
        return True
    return rule == UNTIL_GRADED and (not graded or complete is False)


def is_done(
    *,
    overridden: bool,
    submitted: bool,
    graded: bool,
    complete: bool | None,
    needs_grading: bool,
) -> bool:
    """Whether the work counts as done for the course. `complete` is what the latest released
    feedback says, None where it says nothing (points are no verdict).
    """
    if overridden:
        return True
    if not submitted or (graded and complete is False):
        return False
    return graded or not needs_grading
