"""Who hears of what happens to a course, and to those who teach it."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from lms.common.mail import compose
from lms.events import Happened, subscribe
from lms.tenants.notifications import tell_admins
from lms.tenants.scope import unfenced

from . import events
from .models import TeacherApproval


def held_back(happened: Happened) -> None:
    """Nobody was there to read an error: the publication was to happen by the clock."""
    course = happened.row
    tell_admins(course.provider, "courses/emails/held_back.txt", {"course": course})  # type: ignore[attr-defined]


def teacher_waits(happened: Happened) -> None:
    """The operators are asked, and the teacher knows what to wait for."""
    approval = _approval(happened)
    url = settings.FLEDGE_BASE_URL + reverse("teachers_admin")
    told = {"teacher": approval.user, "url": url}
    with unfenced("the platform's operators, who are nobody's colleagues"):
        operators = get_user_model()._default_manager.filter(is_superuser=True, is_active=True)
        readers = [(operator.email, operator.language) for operator in operators]
    for email, language in readers:
        compose("courses/emails/teacher_waits.txt", told, to=email, language=language).send()
    teacher_told(happened)


def teacher_told(happened: Happened) -> None:
    """The teacher hears what was decided, and why."""
    approval = _approval(happened)
    compose(
        "courses/emails/teacher_told.txt",
        {"state": approval.state, "reason": approval.reason},
        to=approval.user.email,
        language=approval.user.language,
    ).send()


def _approval(happened: Happened) -> TeacherApproval:
    return TeacherApproval.objects.select_related("user").get(pk=happened.row.pk)


subscribe(events.TEACHER_WAITS, teacher_waits)
subscribe(events.TEACHER_APPROVED, teacher_told)
subscribe(events.TEACHER_REFUSED, teacher_told)
subscribe(events.PUBLICATION_HELD_BACK, held_back)
