"""What the demo's teachers announce and note, and how its students stand."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.teaching import actions, support
from lms.teaching.models import Announcement, Note
from lms.tenants.scope import provider_scope


@transaction.atomic
def teach(described: dict[str, Any]) -> None:
    """What is `described` (teaching.yaml), unless it was made before; and everybody counted."""
    for entry in described["announcements"]:
        _announce(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in described["notes"]:
        _note(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in described["support"]:
        student = User.objects.get(email=entry["student"])
        if support.mine(student) is None:
            support.describe(student, entry["needs"], consents=True, at=_day(entry["at"]))
    for course in CoursePage.objects.select_related("provider"):
        actions.count(course)


def _announce(course: CoursePage, entry: dict[str, Any]) -> None:
    by = User.objects.get(email=entry["by"])
    with provider_scope(course.provider_id):
        if Announcement.objects.filter(course=course, title=entry["title"]).exists():
            return
    told = {"title": entry["title"], "text": entry["text"]}
    actions.announce(course, **told, publish_at=_day(entry["at"]), actor=by, at=clock.now())


def _note(course: CoursePage, entry: dict[str, Any]) -> None:
    by = User.objects.get(email=entry["by"])
    with provider_scope(course.provider_id):
        seat = Enrolment.objects.get(course=course, student__email=entry["student"])
        if not Note.objects.filter(enrolment=seat).exists():
            actions.note(seat, entry["text"], actor=by, at=_day(entry["at"]))


def _day(offset: int) -> Any:
    return clock.now() + timedelta(days=offset)
