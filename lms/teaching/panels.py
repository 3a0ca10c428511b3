"""What this app and those below it show at the desk's front page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.assessments.models import Assessment, Attempt
from lms.assessments.states import AttemptState
from lms.courses.desk_panels import Panel, Reader, Row
from lms.enrolments.models import Enrolment
from lms.homework.models import Homework, Work
from lms.homework.states import WorkState
from lms.tenants.permissions import Code

from . import rules, selectors, words
from .models import Watch

ROWS = 5
WEEK = timedelta(days=7)


def week(reader: Reader) -> Panel | None:
    """What falls due in the next seven days."""
    found = selectors.dates(reader, reader.now + WEEK, most=2 * ROWS)
    said = {"due": _("due"), "opens": _("opens"), "closes": _("closes")}
    rows = []
    for one in found:
        name = "homework_desk:homework"
        if isinstance(one.row, Assessment):
            name = "assessments_desk:assessment"
        url = reverse(name, args=[one.row.course_id, one.row.pk])
        row = Row(one.row.title, url, one.row.course.title, said[one.what], one.at)
        rows.append(row)
    return Panel(
        "week",
        _("Today and this week"),
        "calendar-days",
        len(rows),
        rows,
        empty=_("Nothing falls due in the next seven days."),
    )


def homework(reader: Reader) -> Panel | None:
    """What was handed in and waits for feedback, what has waited longest on top: two queries."""
    where = reader.where(Code.MARK_HOMEWORK)
    waiting = Work.objects.filter(homework__course__in=where, state=WorkState.SUBMITTED)
    count = waiting.count()
    rows = []
    if count:
        pieces: QuerySet[Any] = Homework.objects.filter(
            course__in=where, works__state=WorkState.SUBMITTED
        ).annotate(waiting=Count("works"), since=Min("works__submitted_at"))
        for one in pieces.select_related("course").order_by("since", "pk")[:ROWS]:
            url = reverse("homework_desk:homework", args=[one.course_id, one.pk])
            rows.append(Row(one.title, url, one.course.title, number=one.waiting))
    title, empty = _("Homework to review"), _("Nothing waits to be reviewed.")
    url = reverse("homework_desk:index")
    return Panel("homework", title, "inbox", count, rows, url, empty)


def attempts(reader: Reader) -> Panel | None:
    """Attempts that wait to be marked by a person."""
    where = reader.where(Code.MARK_ASSESSMENTS)
    waiting = Attempt.objects.filter(
        candidate__assessment__course__in=where, state=AttemptState.SUBMITTED
    )
    count = waiting.count()
    rows = []
    if count:
        tests: QuerySet[Any] = Assessment.objects.filter(
            course__in=where, candidates__attempts_made__state=AttemptState.SUBMITTED
        ).annotate(
            waiting=Count("candidates__attempts_made"),
            since=Min("candidates__attempts_made__submitted_at"),
        )
        for one in tests.select_related("course").order_by("since", "pk")[:ROWS]:
            url = reverse("assessments_desk:assessment", args=[one.course_id, one.pk])
            rows.append(Row(one.title, url, one.course.title, number=one.waiting))
    return Panel("attempts", _("Attempts to mark"), "list-checks", count, rows)


def risk(reader: Reader) -> Panel | None:
    """Students at risk, those of the longest silence on top, each with the reasons."""
    found = selectors.at_risk(reader.where(Code.VIEW_STUDENTS), now=reader.now)
    count = found.count()
    rows = []
    if count:
        seats = found.select_related("student", "course__watch", "standing")
        for seat in seats.order_by("last_seen_at", "pk")[:ROWS]:
            url = reverse("teaching:student", args=[seat.course_id, seat.pk])
            why = " ".join(reasons(seat, getattr(seat.course, "watch", None), reader.now))
            rows.append(Row(str(seat.student), url, seat.course.title, why))
    return Panel(
        "risk",
        _("Students at risk"),
        "life-buoy",
        count,
        rows,
        empty=_("Nobody is at risk: all are active, on time and passing."),
    )


def announcements(reader: Reader) -> Panel | None:
    """What is announced now, and what waits for its moment; the newest first."""
    found = selectors.announced_in(reader.where(Code.MANAGE_STUDENTS), now=reader.now)
    count = found.count()
    rows = []
    for one in found.select_related("course")[:3] if count else ():
        url = reverse("teaching:announcement", args=[one.course_id, one.pk])
        said = "" if one.is_published else str(one.get_state_display())
        rows.append(Row(one.title, url, one.course.title, said, one.publish_at))
    return Panel("announcements", _("Announcements"), "megaphone", count, rows)


def reasons(seat: Enrolment, watch: Watch | None, now: datetime) -> list[str]:
    """Why a student is at risk, a sentence each; `seat` with its standing."""
    watch = watch or Watch()
    facts = selectors.facts_of(seat, watch.median)
    standing = getattr(seat, "standing", None)
    title = standing.due_title if standing else ""
    found = rules.reasons(facts, watch.thresholds, now)
    return [words.sentence(one, facts, title, now) for one in found]


# {order: panel}; others stand between them, requests for seats at 20 for example.
ALL: dict[int, Callable[[Reader], Panel | None]] = {
    10: week,
    30: homework,
    40: attempts,
    50: risk,
    60: announcements,
}
