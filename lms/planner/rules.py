"""The planner, decided without a database. Days are those of the reader's time zone."""

import calendar
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
# So much of what was said in a feed is remembered; what has been gone for longest is forgotten.
MOST_SAID = 2000

Said = Mapping[str, list[str | int]]


class Part(StrEnum):
    """The parts of the to-do list, in their order."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"  # the six days after today
    LATER = "later"
    WHENEVER = "whenever"


def part(day: date | None, *, today: date, overdue: bool) -> Part:
    """Where something stands in the to-do list."""
    if overdue:
        return Part.OVERDUE
    if day is None:
        return Part.WHENEVER
    if day <= today:
        return Part.TODAY
    return Part.WEEK if day <= today + 6 * ONE_DAY else Part.LATER


def month_of(day: date, first: int) -> list[list[date]]:
    """The whole weeks that a day's month is in; `first` is the weekday they begin with, Monday 0.
    Near the ends of time, no further than there are days."""
    found = calendar.Calendar(first).monthdayscalendar(day.year, day.month)
    start = day.replace(day=1)
    lead = found[0].count(0)
    return [
        [start + (7 * row + column - lead) * ONE_DAY for column in range(7)]
        for row in range(len(found))
    ]


def week_of(day: date, first: int) -> list[date]:
    """The seven days of the week a day is in."""
    start = day - ((day.weekday() - first) % 7) * ONE_DAY
    return [start + number * ONE_DAY for number in range(7)]


def months_on(day: date, by: int) -> date:
    """The first day of the month so many months on."""
    months = day.year * 12 + day.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def streaks(days: Collection[date], *, today: date) -> tuple[int, int]:
    """(days in a row up to now, the most there ever were). Today may still be missing."""
    known = set(days)
    longest = 0
    for day in known:
        if day - ONE_DAY not in known:
            longest = max(longest, _run(known, day, ONE_DAY))
    last = today if today in known else today - ONE_DAY
    return _run(known, last, -ONE_DAY), longest


def _run(known: set[date], day: date, step: timedelta) -> int:
    length = 0
    while day in known:
        length, day = length + 1, day + step
    return length


def revised(said: Said, digests: Mapping[str, str], *, at: str) -> dict[str, list[str | int]]:
    """What is said now of each entry: [digest, revision, since when]. A changed one has the next
    revision; what is gone keeps its own, should it come back."""
    found = dict(said)
    for key, digest in digests.items():
        before = said.get(key)
        if before is None:
            found[key] = [digest, 0, at]
        elif before[0] != digest:
            found[key] = [digest, int(before[1]) + 1, at]
    if len(found) > MOST_SAID:
        gone = sorted(set(found) - set(digests), key=lambda key: str(found[key][2]))
        for key in gone[: len(found) - MOST_SAID]:
            del found[key]
    return found
