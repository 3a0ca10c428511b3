"""Learning-support profiles: the one place that reads and writes them.

A student describes what helps them, and agrees that those who teach them read it: the instructors
a course names (or whoever made it, where none is named), as long as the student has a seat in it.
Neither colleagues nor admins nor operators. Each look is on record for the student.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lms.common.errors import Invalid, NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.tenants.permissions import Code, can

from .models import LONGEST_NOTE, SupportLook, SupportProfile
from .selectors import taught_by

# Goes up when what one agrees to changes; whoever agreed to an older one is asked again.
CONSENT = 1


def mine(student: Any) -> SupportProfile | None:
    return SupportProfile.objects.filter(student=student).first()


def looks_of(student: Any) -> QuerySet[SupportLook]:
    """Who looked, the last first."""
    return SupportLook.objects.filter(student=student).order_by("-looked_at", "-pk")


@transaction.atomic
def describe(student: Any, needs: str, *, consents: bool, at: datetime) -> SupportProfile:
    """Say what helps one, in place of what was said before. Raises Invalid without consent."""
    needs = needs.strip()
    if not needs or len(needs) > LONGEST_NOTE:
        raise Invalid(details={"needs": [str(LONGEST_NOTE)]})
    if not consents:
        raise Invalid(details={"consents": ["required"]})
    row, _made = SupportProfile.objects.update_or_create(
        student=student,
        defaults={"needs": needs, "consent": CONSENT, "consented_at": at, "changed_at": at},
    )
    return row


def forget(student: Any) -> None:
    """Take back what was said, and the consent. Who looked stays on record."""
    SupportProfile.objects.filter(student=student).delete()


def teaches(user: Any, seat: Enrolment) -> bool:
    """Whether `user` teaches the course of a seat the student has now."""
    if not seat.is_active or not can(user, Code.VIEW_STUDENTS, seat):
        return False
    return taught_by(user, CoursePage.objects.filter(pk=seat.course_id)).exists()


def has_profile(user: Any, seat: Enrolment) -> bool:
    """Whether there is one that `user` may look at; asking is no look."""
    rows = SupportProfile.objects.filter(student_id=seat.student_id, consent=CONSENT)
    return teaches(user, seat) and rows.exists()


@transaction.atomic
def look(user: Any, seat: Enrolment, *, at: datetime) -> SupportProfile:
    """Read it as one who teaches the student; that is put on record. Raises NotFound."""
    if not teaches(user, seat):
        raise NotFound
    row = SupportProfile.objects.filter(student_id=seat.student_id, consent=CONSENT).first()
    if row is None:
        raise NotFound
    SupportLook.objects.create(
        student_id=seat.student_id,
        reader_name=str(user)[:255],
        course_title=seat.course.title[:255],
        looked_at=at,
    )
    return row
