"""Who hears of what: the worker of a completed course, students of their certificates."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.assessments.events import GRADED, REGRADED
from lms.assessments.models import Attempt
from lms.events import Happened, subscribe
from lms.grades.events import ENTERED as GRADE_ENTERED
from lms.homework.events import RELEASED as HOMEWORK_GRADED
from lms.progress.events import COURSE_COMPLETED
from lms.tenants.letters import write_to

from . import events
from .models import Certificate


def course_completed(happened: Happened) -> None:
    """Nobody waits for a certificate: the worker issues it."""
    _queue("issue", happened)


def grade_changed(happened: Happened) -> None:
    """The last grade may be what a minimum waited for. Where nothing is due, nothing happens."""
    seat = happened.data.get("enrolment")
    if isinstance(happened.row, Attempt):
        seat = str(happened.row.candidate.enrolment_id)
    async_task("lms.certificates.tasks.issue", str(happened.provider_id), seat)


def issued(happened: Happened) -> None:
    _queue("tell_of_issue", happened)


def revoked(happened: Happened) -> None:
    _queue("tell_of_revocation", happened)


def send_issued(certificate: Certificate) -> None:
    """Tell the student that their certificate is there, and ask what they thought of the course."""
    seat = certificate.enrolment
    path = reverse("reviews:write", args=[seat.course_id]) if seat else ""
    url = path and settings.FLEDGE_BASE_URL + path
    _send("certificates/emails/issued.txt", certificate, review_url=url)


def send_revoked(certificate: Certificate) -> None:
    """Tell the student that their certificate was withdrawn, and why."""
    _send("certificates/emails/revoked.txt", certificate)


def _queue(task: str, happened: Happened) -> None:
    async_task(f"lms.certificates.tasks.{task}", str(happened.provider_id), str(happened.row.pk))


def _send(template: str, certificate: Certificate, **more: Any) -> None:
    context: dict[str, Any] = {
        "content": certificate.content,
        "certificate": certificate,
        "url": settings.FLEDGE_BASE_URL
        + reverse("certificates:certificate", args=[certificate.pk]),
        **more,
    }
    write_to(certificate.student, template, context, provider=certificate.provider)


subscribe(COURSE_COMPLETED, course_completed)
subscribe(HOMEWORK_GRADED, grade_changed)
subscribe(GRADED, grade_changed)
subscribe(REGRADED, grade_changed)
subscribe(GRADE_ENTERED, grade_changed)
subscribe(events.ISSUED, issued)
subscribe(events.REVOKED, revoked)
