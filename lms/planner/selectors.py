"""Reads: a student's to-do list, calendar and feed, and what they have achieved."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.assessments.models import Attempt
from lms.common import clock
from lms.common.errors import NotFound
from lms.homework.models import Submission
from lms.progress.dates import Entry, Moment, Standing, Wanted, dates_of
from lms.progress.models import LessonProgress
from lms.tenants.models import Provider
from lms.tenants.permissions import may_enter
from lms.tenants.scope import provider_scope, scoped
from lms.tenants.selectors import scope_of

from . import rules
from .models import Note, Planner
from .rules import Part

ROWS = 60
SOON = timedelta(days=14)
SOON_ROWS = 6
# A note that was ticked off stays in sight so long.
TICKED = timedelta(days=14)
TICKED_ROWS = 20
# A feed and a calendar have no use for more.
FEED_BACK = timedelta(days=180)

_signer = Signer(salt="lms.planner.feed", sep=".")


# --- Notes ----------------------------------------------------------------------------------------


def notes_of(person: Any) -> QuerySet[Note]:
    """A person's own; nobody else's are ever read."""
    return Note.objects.filter(person_id=person.pk)


def note_for(person: Any, note_id: int) -> Note:
    """Raises NotFound."""
    if (found := notes_of(person).filter(pk=note_id).first()) is None:
        raise NotFound
    return found


def dates_for(wanted: Wanted) -> list[Entry]:
    """The student's notes (lms.progress.dates): one query."""
    rows = notes_of(wanted.student)
    if not wanted.done:
        rows = rows.filter(done_at=None)
    return [
        Entry(
            key=f"note-{row.pk}",
            kind="note",
            label=_("Note to yourself"),
            icon="sticky-note",
            title=row.text,
            moment=Moment.DUE,
            standing=Standing.DONE if row.done_at else Standing.OPEN,
            day=row.day,
            about=("note", row.pk),
            url=reverse("planner:todo"),
        )
        for row in rows.order_by("day", "pk")
    ]


# --- To do ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Todo:
    """What a student has to do. `parts` are those of this page that have something in them; `total`
    and `overdue` count all pages."""

    page: Page
    parts: list[tuple[Part, list[Entry]]]
    total: int
    overdue: int
    ticked: list[Note] = field(default_factory=list)


def entries_to_do(
    student: Any, *, now: datetime, zone: tzinfo, **at_hand: Any
) -> list[tuple[Part, Entry]]:
    """All there is to do, each with its part of the list, in the order they are shown. `at_hand` is
    what `dates_of` need not ask for."""
    found = dates_of(student, now=now, zone=zone, **at_hand)
    today = now.astimezone(zone).date()
    sorted_in = [
        (
            rules.part(one.day_in(zone), today=today, overdue=one.is_overdue(now, zone)),
            one,
        )
        for one in found
        if one.is_todo
    ]
    order = list(Part)
    return sorted(sorted_in, key=lambda row: order.index(row[0]))


def todo(student: Any, *, now: datetime, number: Any = 1) -> Todo:
    """A page of it, in the reader's time zone."""
    zone = timezone.get_current_timezone()
    rows = entries_to_do(student, now=now, zone=zone)
    page = Paginator(rows, ROWS).get_page(number)
    parts: dict[Part, list[Entry]] = {}
    for name, entry in page.object_list:
        parts.setdefault(name, []).append(entry)
    ticked = notes_of(student).filter(done_at__gt=now - TICKED).order_by("-done_at", "-pk")
    overdue = sum(name == Part.OVERDUE for name, _entry in rows)
    return Todo(page, list(parts.items()), len(rows), overdue, list(ticked[:TICKED_ROWS]))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the dashboard says of it: `soon` is what to do next, `upcoming` what opens or starts."""

    soon: list[Entry]
    upcoming: list[Entry]
    total: int
    overdue: int


def ahead(student: Any, *, now: datetime, **at_hand: Any) -> Ahead:
    """In the reader's time zone. What is overdue comes first, what has no date last. `at_hand` as
    in `entries_to_do`."""
    zone = timezone.get_current_timezone()
    rows = entries_to_do(student, now=now, zone=zone, **at_hand)
    until = now + SOON
    opens = (Moment.OPENS, Moment.STARTS)
    soon = [
        one
        for _part, one in rows
        if one.moment not in opens
        and one.standing != Standing.LATER
        and ((start := one.starts(zone)) is None or start <= until)
    ]
    upcoming = [one for _part, one in rows if one.moment in opens]
    overdue = sum(name == Part.OVERDUE for name, _entry in rows)
    return Ahead(soon[:SOON_ROWS], upcoming[:3], len(rows), overdue)


# --- The calendar ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    entries: list[Entry]
    is_today: bool
    is_outside: bool = False  # of another month


@dataclass(frozen=True, slots=True)
class Sheet:
    """A month or a week; `weeks` are of seven days each."""

    on: date
    weeks: list[list[Day]]

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week]

    @property
    def is_empty(self) -> bool:
        return not any(day.entries for day in self.days)


def month(student: Any, on: date, *, first: int, now: datetime) -> Sheet:
    """The month that `on` is in, in the reader's time zone; weeks begin with the weekday `first`
    (Monday 0)."""
    return _sheet(student, on, rules.month_of(on, first), now)


def week(student: Any, on: date, *, first: int, now: datetime) -> Sheet:
    return _sheet(student, on, [rules.week_of(on, first)], now)


def _sheet(student: Any, on: date, weeks: list[list[date]], now: datetime) -> Sheet:
    zone = timezone.get_current_timezone()
    by_day: dict[date | None, list[Entry]] = {}
    for entry in dates_of(student, now=now, zone=zone, done=True):
        by_day.setdefault(entry.day_in(zone), []).append(entry)
    today = now.astimezone(zone).date()
    one_month = len(weeks) > 1
    return Sheet(
        on,
        [
            [
                Day(day, by_day.get(day, []), day == today, one_month and day.month != on.month)
                for day in days
            ]
            for days in weeks
        ],
    )


def entry_of(student: Any, key: str, *, now: datetime) -> Entry:
    """One of the student's dates. Raises NotFound, for what has no date too."""
    zone = timezone.get_current_timezone()
    found = dates_of(student, now=now, zone=zone, done=True)
    entry = next((one for one in found if one.key == key and one.is_dated), None)
    if entry is None:
        raise NotFound
    return entry


# --- The feed -------------------------------------------------------------------------------------


def planner_of(person: Any) -> Planner:
    """The person's, or a new one that is not saved."""
    return Planner.objects.filter(pk=person.pk).first() or Planner(person=person)


def feed_token(planner: Planner) -> str:
    """The secret part of the calendar's address; empty while there is none.

    It is made from a random name and the installation's secret: who reads the table knows no
    address, and the person can see theirs again whenever they like.
    """
    return _signer.sign(planner.feed.hex) if planner.feed else ""


def planner_by_token(token: str) -> Planner:
    """Whose calendar this is. Raises NotFound for one that was renewed or closed, and for people
    who may not sign in any more."""
    try:
        feed = UUID(hex=_signer.unsign(token))
    except (BadSignature, ValueError) as wrong:
        raise NotFound from wrong
    rows = Planner.objects.select_related("person")
    found = rows.filter(feed=feed, person__is_active=True).first()
    if found is None:
        raise NotFound
    return found


def feed_scope(person: Any, host: Provider | None) -> Any:
    """The scope, to be entered, in which a calendar is read without a session: what the person
    would see on that site. Raises NotFound for a portal they are no member of."""
    if host is None:
        return scoped(lambda: scope_of(user=person))
    if not may_enter(person, host):
        raise NotFound
    return provider_scope(host)


def feed_entries(person: Any, *, now: datetime) -> list[Entry]:
    """What stands in a person's calendar: their dates of the last months, and all to come."""
    zone = timezone.get_current_timezone()
    return [
        one
        for one in dates_of(person, now=now, zone=zone, done=True)
        if (start := one.starts(zone)) is not None and start >= now - FEED_BACK
    ]


def digest(entry: Entry) -> str:
    """Changes whenever a calendar should show the entry anew."""
    said = [entry.at or entry.day, entry.ends_at, entry.title, entry.label, entry.is_done]
    said += [entry.note, entry.url, entry.course and entry.course.title]
    return hashlib.sha256("\x1f".join(map(str, said)).encode()).hexdigest()[:16]


# --- What was achieved ----------------------------------------------------------------------------


def learning_days(student: Any, zone: tzinfo) -> set[date]:
    """The days on which the student opened or completed a lesson, handed something in or took an
    assessment, in scope: one query."""

    def days(rows: Any, name: str) -> Any:
        found = rows.filter(**{f"{name}__isnull": False}).order_by()
        return found.annotate(on=TruncDate(name, tzinfo=zone)).values_list("on", flat=True)

    lessons = LessonProgress.objects.filter(enrolment__student=student)
    sent = Submission.objects.filter(work__enrolment__student=student)
    taken = Attempt.objects.filter(candidate__enrolment__student=student)
    first, *others = [
        days(lessons, "opened_at"),
        days(lessons, "completed_at"),
        days(lessons, "reported_at"),
        days(sent, "submitted_at"),
        days(taken, "started_at"),
    ]
    return set(first.union(*others))


@dataclass(frozen=True, slots=True)
class Achievements:
    """`current` and `longest` are days in a row; `days` is how many there were in all."""

    current: int
    longest: int
    days: int
    badges: list["Badge"]


@dataclass(frozen=True, slots=True)
class Badge:
    """Something reached, or (`reached` False) the next of its kind: `have` of `need`."""

    icon: str
    title: Any
    have: int
    need: int

    @property
    def reached(self) -> bool:
        return self.have >= self.need


# {what is counted: (icon, {how many: title})}
BADGES: dict[str, tuple[str, dict[int, Any]]] = {
    "lessons": (
        "book-open-check",
        {1: _("First lesson"), 25: _("25 lessons"), 100: _("100 lessons"), 500: _("500 lessons")},
    ),
    "completed": (
        "graduation-cap",
        {1: _("First course"), 5: _("5 courses"), 20: _("20 courses")},
    ),
    "certificates": (
        "award",
        {1: _("First certificate"), 5: _("5 certificates"), 20: _("20 certificates")},
    ),
    "hours": (
        "clock",
        {1: _("First hour"), 10: _("10 hours"), 50: _("50 hours"), 200: _("200 hours")},
    ),
    "longest": (
        "flame",
        {3: _("3 days in a row"), 7: _("7 days in a row"), 30: _("30 days in a row")},
    ),
}


def achievements(student: Any, **counts: int) -> Achievements:
    """From what there is in the rows. `counts`: lessons, completed, certificates, hours."""
    zone = timezone.get_current_timezone()
    days = learning_days(student, zone)
    current, longest = rules.streaks(days, today=clock.now().astimezone(zone).date())
    counts["longest"] = longest
    badges = []
    for name, (icon, steps) in BADGES.items():
        have = counts.get(name, 0)
        reached = [need for need in steps if have >= need]
        following = [need for need in steps if have < need]
        badges += [Badge(icon, steps[need], have, need) for need in reached[-1:] + following[:1]]
    badges.sort(key=lambda badge: not badge.reached)
    return Achievements(current, longest, len(days), badges)
