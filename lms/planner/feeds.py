"""A student's dates as a calendar file."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lms.progress.dates import Entry, Moment

from .ics import Line, written
from .rules import Said

# When a calendar reminds: before what is due or opens, and at nine on a whole day.
BEFORE = {Moment.DUE: timedelta(days=-1), Moment.CLOSES: timedelta(days=-1)}
BEFORE_OTHERS = timedelta(minutes=-15)
ON_THE_DAY = timedelta(hours=9)


def calendar(
    person: Any,
    entries: Iterable[Entry],
    said: Said,
    *,
    now: datetime,
    absolute: Callable[[str], str],
    name: str = "",
) -> bytes:
    """In the language and time zone in force; `absolute` makes addresses whole."""
    lines = [_line(person, one, said, now, absolute) for one in entries if one.is_dated]
    return written(lines, name=name)


def uid_of(person: Any, entry: Entry) -> str:
    """The same in every file for this person, for ever, and another for everybody else: two may
    have other dates for one piece of homework. Says nothing of the person."""
    whose = hashlib.sha256(f"{person.pk}:{entry.key}".encode()).hexdigest()[:16]
    return f"{entry.key}.{whose}@{urlsplit(settings.FLEDGE_BASE_URL).hostname}"


def _line(
    person: Any, entry: Entry, said: Said, now: datetime, absolute: Callable[[str], str]
) -> Line:
    _digest, revision, since = said.get(entry.key, ["", 0, now.replace(microsecond=0).isoformat()])
    start = entry.at or entry.day
    assert start is not None  # noqa: S101 - it is dated
    url = absolute(entry.url) if entry.url else ""
    course = entry.course.title if entry.course else ""
    described = "\n".join(part for part in (course, entry.note, url) if part)
    return Line(
        uid=uid_of(person, entry),
        start=start,
        end=entry.ends_at,
        title=_("%(title)s (%(what)s)") % {"title": entry.title, "what": entry.label}
        if not entry.is_done
        else _("✓ %(title)s (%(what)s)") % {"title": entry.title, "what": entry.label},
        description=described,
        category=str(course or entry.label),
        url=url,
        revision=int(revision),
        changed_at=datetime.fromisoformat(str(since)),
        alarm=_alarm(entry, now),
        alarm_text=f"{entry.label}: {entry.title}",
    )


def _alarm(entry: Entry, now: datetime) -> timedelta | None:
    """None for what is done or over."""
    if not entry.is_todo:
        return None
    if entry.day is not None:
        return ON_THE_DAY
    if entry.at is None or entry.at <= now:
        return None
    return BEFORE.get(entry.moment, BEFORE_OTHERS)
