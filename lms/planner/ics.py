"""Calendars as files (RFC 5545), written with icalendar, which folds and escapes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

# Whoever subscribes asks again about this often.
REFRESH = timedelta(hours=1)
# What XML and calendars can't hold: control characters but tab and line ends.
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event. `start` is a moment, or a day for the whole of it; `alarm` counts from there."""

    uid: str
    start: datetime | date
    end: datetime | None = None
    title: str
    description: str = ""
    category: str = ""
    url: str = ""
    revision: int = 0
    changed_at: datetime
    alarm: timedelta | None = None
    alarm_text: str = ""


def written(lines: Iterable[Line], *, name: str = "") -> bytes:
    """A calendar; the same lines are the same bytes."""
    from icalendar import Calendar, vText  # heavy, and only feeds need it

    calendar = Calendar()
    calendar.add("prodid", "-//Fledge//Planner//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", vText(" ".join(_clean(name).split())))
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for line in lines:
        calendar.add_component(_event(line))
    return calendar.to_ical()


def _event(line: Line) -> Any:
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", line.uid)
    event.add("dtstamp", line.changed_at)
    event.add("last-modified", line.changed_at)
    event.add("sequence", line.revision)
    event.add("dtstart", _start(line.start))
    if line.end is not None and isinstance(line.start, datetime):
        event.add("dtend", line.end.astimezone(UTC))
    event.add("summary", _clean(line.title))
    if line.description:
        event.add("description", _clean(line.description))
    if line.category:
        event.add("categories", [_clean(line.category)])
    if line.url:
        event.add("url", line.url)
    # A date to remember takes nobody's time.
    event.add("transp", "OPAQUE" if line.end else "TRANSPARENT")
    if line.alarm is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _clean(line.alarm_text or line.title))
        alarm.add("trigger", line.alarm)
        event.add_component(alarm)
    return event


def _start(start: datetime | date) -> datetime | date:
    """In UTC, which needs no table of time zones and is the same instant everywhere."""
    return start.astimezone(UTC) if isinstance(start, datetime) else start


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROLS)
