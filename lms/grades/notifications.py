"""Who hears of what, by mail: students of grades that an instructor set for them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django_q.tasks import async_task

from lms.enrolments.models import Enrolment
from lms.events import Happened, subscribe
from lms.tenants.letters import write_to

from . import events, selectors
from .models import Entry


def entered(happened: Happened) -> None:
    data = happened.data
    async_task(
        "lms.grades.tasks.tell_entered",
        str(happened.provider_id),
        data["enrolment"],
        data["entries"],
    )


def send_entered(seat: Enrolment, entries: Sequence[Entry]) -> None:
    """Tell the student what was set, in one mail; not where grades are not shown to them."""
    student = seat.student
    if not seat.is_active or not student.is_active or not entries:
        return
    if not selectors.scheme_of(seat.course).shown:
        return
    url = settings.FLEDGE_BASE_URL + reverse("grades:course", args=[seat.course_id])
    context: dict[str, Any] = {
        "course": seat.course,
        "entries": [(selectors.name_of(entry.item), entry) for entry in entries],
        "url": url,
    }
    write_to(student, "grades/emails/entered.txt", context, provider=seat.provider)


subscribe(events.ENTERED, entered)
