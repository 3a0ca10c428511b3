"""Progress, decided without a database.

A course's percentage is the share of its counting lessons that are done. Lessons count when they
are published and required; a course that requires none counts them all.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Protocol

# A script reports at least this often; a longer silence was not reading.
LONGEST_BEAT = 60  # seconds
QUARTER = 15 * 60  # seconds
LONGEST_RECORDING = 24 * 60 * 60  # seconds


class CountedLesson(Protocol):
    """What is asked of a lesson here."""

    @property
    def id(self) -> int: ...

    @property
    def required(self) -> bool: ...


def counting(lessons: Sequence[CountedLesson]) -> list[int]:
    """Ids of the lessons that count, in their order."""
    required = [lesson.id for lesson in lessons if lesson.required]
    return required or [lesson.id for lesson in lessons]


def done_of(counted: Collection[int], completed: Collection[int]) -> int:
    """How many of the counting lessons are among the completed."""
    return len(set(counted) & set(completed))


def share(total: int) -> Fraction:
    """What one of `total` lessons adds, in percent. Raises ZeroDivisionError for 0."""
    return Fraction(100, total)


def percentage(done: int, total: int) -> Fraction:
    """Exact: `done` times one lesson's share. A course without lessons is at 0."""
    return done * share(total) if total else Fraction(0)


def shown(exact: Fraction) -> int:
    """The whole percentage a page shows: rounded down, so that 100 means everything."""
    return exact.numerator // exact.denominator


def is_complete(done: int, total: int) -> bool:
    """Whether everything that counts is done, and there was something to do."""
    return total > 0 and done >= total


def resume_at(order: Sequence[int], completed: Collection[int], last: int | None) -> int | None:
    """The lesson to go on with: the last one opened while it is undone, else the first undone
    after it, else the first undone at all, else the last one opened or the first. None for a
    course without lessons.
    """
    if not order:
        return None
    start = order.index(last) if last in order else 0
    undone = [one for one in [*order[start:], *order[:start]] if one not in completed]
    if undone:
        return undone[0]
    return last if last in order else order[0]


def credited(claimed: float, since_last: float) -> int:
    """Whole seconds of reading time to believe: never more than have passed since the last
    report, nor than the longest time between two.
    """
    if claimed != claimed:  # not a number
        return 0
    return int(max(0, min(claimed, since_last, LONGEST_BEAT)))


def quarters(end: datetime, seconds: int) -> list[tuple[datetime, int]]:
    """The whole `seconds` up to `end`, parted by the quarter of an hour in which they were read:
    (when it began, how many)."""
    last = int(end.timestamp())
    first = last - seconds
    return [
        (datetime.fromtimestamp(start, UTC), min(last, start + QUARTER) - max(first, start))
        for start in range(first // QUARTER * QUARTER, last, QUARTER)
    ]


def clean_position(seconds: float) -> float | None:
    """A playing position worth keeping, in seconds to a tenth; None for nonsense."""
    if not 0 <= seconds <= LONGEST_RECORDING:
        return None
    return round(float(seconds), 1)


def minutes(seconds: int) -> int:
    """Whole minutes, rounded down."""
    return seconds // 60


def total_minutes(seconds: Iterable[int]) -> int:
    """The sum of what is shown for each course, so that a reader who adds up gets the total."""
    return sum(minutes(one) for one in seconds)
