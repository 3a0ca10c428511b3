"""Who hears of what, by mail: students of plans that are new to them, and of what changed."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from lms.common.mail import compose
from lms.enrolments.events import GROUP_CHANGED
from lms.enrolments.models import Enrolment, Group
from lms.events import Happened, subscribe
from lms.tenants.selectors import sender_of

from . import events
from .models import Plan


def assigned(happened: Happened) -> None:
    async_task(
        "lms.plans.tasks.tell_assigned",
        str(happened.provider_id),
        happened.row.pk,
        happened.data["students"],
    )


def group_changed(happened: Happened) -> None:
    """Nobody waits for what the plans of a group give to new members."""
    if isinstance(happened.row, Group):
        async_task(
            "lms.plans.tasks.group_changed",
            str(happened.provider_id),
            happened.row.pk,
            happened.data["new"],
        )


def send(name: str, plan: Plan, seat: Enrolment) -> None:
    """`name` is the mail's: "assigned" or "changed"."""
    student: Any = seat.student
    url = settings.FLEDGE_BASE_URL + reverse("plans:course", args=[plan.course_id])
    with timezone.override(ZoneInfo(student.time_zone)):
        compose(
            f"plans/emails/{name}.txt",
            {"plan": plan, "course": plan.course, "person": student, "url": url},
            to=student.email,
            language=student.language,
            sender=sender_of(plan.provider),
        ).send()


subscribe(events.ASSIGNED, assigned)
subscribe(GROUP_CHANGED, group_changed)
