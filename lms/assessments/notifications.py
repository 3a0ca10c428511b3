"""Who hears of what, by mail: students of assessments and grades, teachers of what they have to
mark."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat
from lms.events import SYSTEM, Happened, subscribe
from lms.tenants.letters import write_to

from . import events
from .models import Assessment, Attempt
from .states import AttemptState

# Of one class in one task; the next task goes on.
BATCH = 200


def published(happened: Happened) -> None:
    _queue("tell_published", happened, 0)


def changed(happened: Happened) -> None:
    """Where it counts otherwise now, courses may be completed: the worker looks."""
    if happened.data["counts"]:
        _queue("settle", happened)


def submitted(happened: Happened) -> None:
    _queue("tell_submitted", happened)


def graded(happened: Happened) -> None:
    """What a machine graded at once, the student sees at once; nobody needs a mail about it."""
    if happened.actor is not SYSTEM:
        _queue("tell_graded", happened)


def regraded(happened: Happened) -> None:
    _queue("tell_graded", happened)


def _queue(task: str, happened: Happened, *more: Any) -> None:
    async_task(f"lms.assessments.tasks.{task}", str(happened.provider_id), happened.row.pk, *more)


def send_published(row: Assessment, done: int) -> bool:
    """Tell the students from number `done` on that there is an assessment; whether some are
    left."""
    rows = Enrolment.objects.filter(
        course_id=row.course_id, state=Seat.ACTIVE, student__is_active=True
    )
    batch = list(rows.select_related("student").order_by("enrolled_at", "pk")[done : done + BATCH])
    for seat in batch:
        _send("published", row, seat.student, url=_page(row))
    return len(batch) == BATCH


def send_submitted(attempt: Attempt) -> None:
    """Tell those who teach the course that an attempt was handed in."""
    row = attempt.candidate.assessment
    url = settings.FLEDGE_BASE_URL + reverse(
        "assessments_desk:attempt", args=[row.course_id, row.pk, attempt.pk]
    )
    waits = attempt.state == AttemptState.SUBMITTED
    student = attempt.candidate.enrolment.student
    named = list(row.course.instructors.all()) or [row.course.owner]
    for teacher in named:
        if teacher is not None and teacher.is_active:
            context = {"student": student, "attempt": attempt, "waits": waits, "url": url}
            _send("submitted", row, teacher, **context)


def send_graded(attempt: Attempt) -> None:
    row = attempt.candidate.assessment
    url = settings.FLEDGE_BASE_URL + reverse(
        "assessments:result", args=[row.course_id, row.pk, attempt.pk]
    )
    _send("graded", row, attempt.candidate.enrolment.student, attempt=attempt, url=url)


def _page(row: Assessment) -> str:
    return settings.FLEDGE_BASE_URL + reverse(
        "assessments:assessment", args=[row.course_id, row.pk]
    )


def _send(name: str, row: Assessment, person: Any, **context: Any) -> None:
    told = {"assessment": row, "course": row.course, **context}
    write_to(person, f"assessments/emails/{name}.txt", told, provider=row.provider)


subscribe(events.PUBLISHED, published)
subscribe(events.CHANGED, changed)
subscribe(events.WITHDRAWN, changed)
subscribe(events.SUBMITTED, submitted)
subscribe(events.GRADED, graded)
subscribe(events.REGRADED, regraded)
