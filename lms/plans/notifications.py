"""Who hears of what, by mail: students of plans that are new to them, and of what changed."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.enrolments.events import GROUP_CHANGED
from lms.enrolments.models import Enrolment, Group
from lms.events import Happened, subscribe
from lms.tenants.letters import write_to

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
    told = {"plan": plan, "course": plan.course, "url": url}
    write_to(student, f"plans/emails/{name}.txt", told, provider=plan.provider)


subscribe(events.ASSIGNED, assigned)
subscribe(GROUP_CHANGED, group_changed)
