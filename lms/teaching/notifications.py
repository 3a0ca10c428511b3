"""Who hears of what, by mail: students of what was announced to them."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from lms.enrolments.models import Enrolment
from lms.tenants.letters import write_to

from .models import Announcement


def send_announcement(row: Announcement, seat: Enrolment) -> None:
    student: Any = seat.student
    url = settings.FLEDGE_BASE_URL + reverse("learn:course", args=[row.course_id])
    told = {"announcement": row, "course": row.course, "url": url}
    write_to(student, "teaching/emails/announcement.txt", told, provider=row.provider)
