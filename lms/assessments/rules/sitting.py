"""When an assessment may be taken, how long an attempt lasts, what counts. Moments are
timezone-aware, points and percentages exact Decimals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

CENT = Decimal("0.01")
# A form that left the browser in time may take this long over a bad line.
TRAVEL = timedelta(seconds=30)


class Method(StrEnum):
    """Which attempt counts."""

    HIGHEST = "highest"
    LATEST = "latest"
    FIRST = "first"
    AVERAGE = "average"


class Feedback(StrEnum):
    """From when on a student sees right answers and what was said about theirs."""

    NEVER = "never"
    GRADED = "graded"  # once all of the attempt is marked
    CLOSED = "closed"  # after everybody's closing time


@dataclass(frozen=True, slots=True)
class Window:
    """One student's: with exceptions made for them. `attempts` 0 is any number."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    time_limit: timedelta | None = None
    attempts: int = 1

    def is_open(self, now: datetime) -> bool:
        return not (self.opens_at and now < self.opens_at) and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at

    def ends_at(self, started: datetime) -> datetime | None:
        """When an attempt begun then is over; None without an end."""
        ends = [one for one in (self.closes_at, self._limit(started)) if one is not None]
        return min(ends, default=None)

    def _limit(self, started: datetime) -> datetime | None:
        return None if self.time_limit is None else started + self.time_limit

    def has_attempts(self, used: int) -> bool:
        return self.attempts == 0 or used < self.attempts


def longer(limit: timedelta | None, percent: int) -> timedelta | None:
    """A time limit with extra time, in whole minutes, up."""
    if limit is None:
        return None
    minutes = Decimal(int(limit.total_seconds())) * (100 + percent) / 6000
    return timedelta(minutes=int(minutes.to_integral_value(ROUND_CEILING)))


def takes_answers(ends_at: datetime | None, now: datetime, *, handing_in: bool = False) -> bool:
    """Whether an answer that comes now counts."""
    return ends_at is None or now <= ends_at + (TRAVEL if handing_in else timedelta(0))


def counted(method: str, scores: Sequence[Decimal]) -> Decimal | None:
    """What counts of the percentages of attempts, in the order they were made."""
    if not scores:
        return None
    if method == Method.HIGHEST:
        return max(scores)
    if method == Method.LATEST:
        return scores[-1]
    if method == Method.FIRST:
        return scores[0]
    return (sum(scores, Decimal(0)) / len(scores)).quantize(CENT, ROUND_HALF_UP)


def percent(points: Decimal, most: Decimal) -> Decimal:
    """`points` of `most`, to the hundredth of a percent; all of nothing is everything."""
    if not most:
        return Decimal(100)
    return (points * 100 / most).quantize(CENT, ROUND_HALF_UP)


def passed(score: Decimal | None, needed: int | None) -> bool:
    """Whether it is done: without a passing score, having handed in is enough."""
    return score is not None and (needed is None or score >= needed)
