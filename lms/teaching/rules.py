"""Who is at risk in a course, decided without a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

# Before this nobody is compared with the class: they have only just begun.
SETTLED = timedelta(days=14)


class Reason(StrEnum):
    IDLE = "idle"
    OVERDUE = "overdue"
    BEHIND = "behind"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is watched for; None is not.

    Days without activity; days after a date that was missed; how many percentage points below what
    half of the class has done; the grade in percent below which one fails.
    """

    idle_days: int | None = 14
    overdue_days: int | None = 3
    behind_points: int | None = 25
    pass_percent: int | None = 50

    def idle_before(self, now: datetime) -> datetime | None:
        """Who was active last before this is idle."""
        return None if self.idle_days is None else now - timedelta(days=self.idle_days)

    def overdue_before(self, now: datetime) -> datetime | None:
        """What was due before this is too long overdue."""
        return None if self.overdue_days is None else now - timedelta(days=self.overdue_days)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one student. `median` is the percentage half of the class has reached,
    `due_at` the earliest date of what they have not done, past or to come."""

    enrolled_at: datetime
    active_at: datetime | None = None
    completed: bool = False
    percent: int = 0
    median: int = 0
    due_at: datetime | None = None
    grade: Decimal | None = None


def reasons(facts: Facts, limits: Thresholds, now: datetime) -> tuple[Reason, ...]:
    """Why a student is at risk; empty for who is not. Who completed the course can only fail it."""
    found = []
    if not facts.completed:
        idle, overdue = limits.idle_before(now), limits.overdue_before(now)
        if idle is not None and max(facts.active_at or facts.enrolled_at, facts.enrolled_at) < idle:
            found.append(Reason.IDLE)
        if overdue is not None and facts.due_at is not None and facts.due_at < overdue:
            found.append(Reason.OVERDUE)
        settled = facts.enrolled_at < now - SETTLED
        points = limits.behind_points
        if points is not None and settled and facts.percent < facts.median - points:
            found.append(Reason.BEHIND)
    least = limits.pass_percent
    if least is not None and facts.grade is not None and facts.grade < least:
        found.append(Reason.FAILING)
    return tuple(found)
