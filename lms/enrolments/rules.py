"""When access begins and ends and lessons open, decided without a database."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from lms.common.wall_time import SkippedTime, in_zone, on_the_wall
from lms.courses.rules import Release

# Leaving is taken back within a day; the end of access is told a week and a day ahead.
UNDO_WITHIN = timedelta(days=1)
TOLD_AHEAD = (7, 1)


@dataclass(frozen=True, slots=True)
class Cohort:
    """The time of a student's groups, from the first one's start to the last one's end. None is
    open on that side."""

    starts_at: datetime | None
    ends_at: datetime | None


def cohort_of(
    dated: int,
    *,
    starts: tuple[int, datetime | None],
    ends: tuple[int, datetime | None],
) -> Cohort | None:
    """`dated` groups have dates; `starts` is how many of them have a start and the first one,
    `ends` how many have an end and the last one. Groups without dates say nothing."""
    if not dated:
        return None
    return Cohort(
        starts[1] if starts[0] == dated else None,
        ends[1] if ends[0] == dated else None,
    )


def days_later(moment: datetime, days: int, zone: str) -> datetime:
    """The same time of day so many days later, as clocks in `zone` show it; an hour on where they
    are put forward over it."""
    wall = on_the_wall(moment, zone) + timedelta(days=days)
    try:
        return in_zone(wall, zone)
    except SkippedTime:
        return in_zone(wall + timedelta(hours=1), zone)


def opens_at(releases: Sequence[Release], since: datetime, zone: str) -> datetime | None:
    """When what has these releases opens to one who began at `since`: at the last of them; None
    where nothing holds it back."""
    moments = [one.at for one in releases if one.at]
    moments += [days_later(since, one.after_days, zone) for one in releases if one.after_days]
    return max(moments, default=None)


def is_over(*, expires_at: datetime | None, completed_at: datetime | None, now: datetime) -> bool:
    """Whether a seat's time is up. Who has completed the course keeps it for ever."""
    return completed_at is None and expires_at is not None and expires_at <= now


def told_from_start(expires_at: datetime | None, now: datetime) -> int | None:
    """Which notice of the end comes too late to be news: it was that near when it was set."""
    if expires_at is None:
        return None
    late = [days for days in TOLD_AHEAD if expires_at - now <= timedelta(days=days)]
    return min(late, default=None)


class Place(Protocol):
    """A lesson, as far as the order of lessons goes."""

    @property
    def id(self) -> int: ...
    @property
    def required(self) -> bool: ...


def waits_for(lessons: Sequence[Place], done: AbstractSet[int]) -> Mapping[int, int]:
    """{lesson: the lesson to complete first}, in a course whose lessons open one after another.

    Only the required lesson right before counts, so that one put in later stops nobody who is past
    it; what was done once stays open.
    """
    found: dict[int, int] = {}
    before: int | None = None
    for one in lessons:
        if before is not None and before not in done and one.id not in done:
            found[one.id] = before
        if one.required:
            before = one.id
    return found
