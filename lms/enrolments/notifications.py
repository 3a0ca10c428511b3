"""Who hears of what, by mail: students of the end of their access, and of what was undone."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.events import Event, Happened, subscribe
from lms.tenants.letters import write_to

from . import events
from .models import Enrolment

# What happened: the mail that tells of it.
LETTERS = {
    events.LEFT: "left",
    events.REMOVED: "removed",
    events.RESTORED: "restored",
    events.EXPIRED: "expired",
    events.EXTENDED: "extended",
}


def tell(happened: Happened) -> None:
    name = LETTERS[happened.event]
    async_task("lms.enrolments.tasks.tell", str(happened.provider_id), str(happened.row.pk), name)


def send(name: str, seat: Enrolment) -> None:
    """`name` is the mail's. `seat` has its student, course and provider at hand."""
    student: Any = seat.student
    address = "enrolments:undo" if name == "left" else "learn:course"
    told = {
        "seat": seat,
        "course": seat.course,
        "url": settings.FLEDGE_BASE_URL + reverse(address, args=[seat.course_id]),
    }
    write_to(student, f"enrolments/emails/{name}.txt", told, provider=seat.provider)


def _listen(*what: Event) -> None:
    for one in what:
        subscribe(one, tell)


_listen(*LETTERS)
