"""The planner for templates, those of apps below too."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.certificates.selectors import valid_by_seat
from lms.common import clock
from lms.grades.rendering import shown
from lms.grades.selectors import standing_in
from lms.planner import selectors
from lms.planner.rules import Part
from lms.progress.dates import Entry, Moment, Standing
from lms.progress.selectors import Dashboard

register = template.Library()

PARTS = {
    Part.OVERDUE: gettext_lazy("Overdue"),
    Part.TODAY: gettext_lazy("Today"),
    Part.WEEK: gettext_lazy("In the next days"),
    Part.LATER: gettext_lazy("Later"),
    Part.WHENEVER: gettext_lazy("Whenever you like"),
}

# {standing: (words, tone of the badge, icon)}
STANDINGS = {
    Standing.DRAFT: (gettext_lazy("Draft"), "warning", "pencil"),
    Standing.RUNNING: (gettext_lazy("In progress"), "brand", "timer"),
    Standing.AGAIN: (gettext_lazy("Once more"), "warning", "rotate-ccw"),
    Standing.DONE: (gettext_lazy("Done"), "success", "circle-check"),
    Standing.MISSED: (gettext_lazy("Missed"), "danger", "clock-alert"),
}
OVERDUE = (gettext_lazy("Overdue"), "danger", "clock-alert")
NOT_YET = (gettext_lazy("Not open yet"), "info", "calendar-clock")


@register.filter
def part_name(part: Part) -> str:
    return str(PARTS[part])


@register.inclusion_tag("homework/_standing.html")
def entry_badge(entry: Entry) -> dict[str, Any]:
    """A badge where there is something to say of how the reader stands with it."""
    zone = timezone.get_current_timezone()
    if entry.is_overdue(clock.now(), zone):
        text, tone, icon = OVERDUE
    elif entry.standing == Standing.LATER and entry.moment in (Moment.DUE, Moment.CLOSES):
        text, tone, icon = NOT_YET
    elif entry.standing in STANDINGS and entry.moment in (Moment.DUE, Moment.CLOSES):
        text, tone, icon = STANDINGS[entry.standing]
    else:
        return {"text": ""}
    return {"text": text, "tone": tone, "icon": icon, "name": entry.standing}


@register.filter
def day_in_words(day: date) -> str:
    """Today, tomorrow, a weekday near by, or the date."""
    today = timezone.localdate(clock.now())
    if day == today:
        return _("Today")
    if day == today + timedelta(days=1):
        return _("Tomorrow")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if today < day <= today + timedelta(days=6):
        return date_format(day, "l")
    return date_format(day, "DATE_FORMAT")


@register.simple_tag
def when(entry: Entry) -> str:
    """When it is, in the reader's time zone: "Tomorrow, 14:00". Empty without a date."""
    if entry.at is None:
        return day_in_words(entry.day) if entry.day else ""
    local = timezone.localtime(entry.at)
    time = time_format(local.time(), "TIME_FORMAT")
    return _("%(day)s, %(time)s") % {"day": day_in_words(local.date()), "time": time}


@register.filter
def clock_time(entry: Entry) -> str:
    """The time of day alone; empty for a whole day."""
    if entry.at is None:
        return ""
    return time_format(timezone.localtime(entry.at).time(), "TIME_FORMAT")


@register.filter
def machine_time(entry: Entry) -> str:
    """For the attribute `datetime`."""
    if entry.at is not None:
        return timezone.localtime(entry.at).isoformat()
    return entry.day.isoformat() if entry.day else ""


@register.simple_tag
def zone_name() -> str:
    """Whose clocks the times are of."""
    return timezone.get_current_timezone_name().replace("_", " ")


@register.simple_tag(takes_context=True)
def dates_ahead(context: Context, dashboard: Dashboard) -> selectors.Ahead:
    """What the reader has to do next, and what opens or starts for them."""
    return selectors.ahead(
        context["request"].user,
        now=clock.now(),
        seats=dashboard.seats,
        outlines=dashboard.outlines,
    )


@register.inclusion_tag("planner/_first_steps.html", takes_context=True)
def first_steps(context: Context, seats: Any) -> dict[str, Any]:
    """What a newcomer does first, until they have done it or put it away. One query at most."""
    student = context["request"].user
    planner = selectors.planner_of(student)
    steps = [
        {
            "title": _("Choose a course"),
            "text": _("Look through the catalogue and enrol in what you like."),
            "route": "search:catalogue",
            "done": bool(seats),
            "also": {"title": _("Enter a code you were given"), "route": "admissions:join"},
        },
        {
            "title": _("Open your first lesson"),
            "text": _("Your place is kept: you go on where you left off."),
            "route": "learn:dashboard",
            "done": any(seat.last_seen_at for seat in seats),
        },
        {
            "title": _("Complete your profile"),
            "text": _("Your name stands on certificates; times are shown in your time zone."),
            "route": "accounts:profile",
            "done": bool(student.time_zone != "UTC" or student.headline or student.picture),
        },
        {
            "title": _("Bring your dates into your calendar"),
            "text": _("Your phone then reminds you of what is due."),
            "route": "planner:calendar",
            "done": planner.feed is not None,
        },
    ]
    hidden = planner.steps_hidden_at is not None or all(one["done"] for one in steps)
    return {
        "steps": [] if hidden else steps,
        "done": sum(bool(one["done"]) for one in steps),
        "csrf_token": context.get("csrf_token"),
    }


@dataclass(frozen=True, slots=True)
class Record:
    """What a student has of a course beside their progress."""

    certificate: UUID | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """What a student has of the courses on a page of their history (by enrolment), and what they
    have achieved in all."""

    of_seats: dict[Any, Record]
    achieved: selectors.Achievements
    certificates: int


@register.simple_tag(takes_context=True)
def records_of(context: Context, history: Any) -> Records:
    """Beside a page of the reader's learning history."""
    student = context["request"].user
    certificates = valid_by_seat(student)
    seats = [card.enrolment for card in history.cards]
    sheets = standing_in(seats, now=clock.now())
    return Records(
        {seat.pk: Record(certificates.get(seat.pk), _grade(sheets.get(seat.pk))) for seat in seats},
        selectors.achievements(
            student,
            lessons=history.lessons,
            completed=history.completed,
            hours=history.minutes // 60,
            certificates=len(certificates),
        ),
        len(certificates),
    )


@register.simple_tag
def record(records: Records, card: Any) -> Record:
    return records.of_seats[card.enrolment.pk]


def _grade(sheet: Any) -> str:
    """“87.5 % B”."""
    if sheet is None:
        return ""
    return f"{shown(sheet.current.percent)} % {sheet.letter}".strip()
