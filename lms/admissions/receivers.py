"""What follows from seats that are given and become free."""

from collections.abc import Sequence
from typing import Any

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments import events
from lms.enrolments.errors import ClassFull
from lms.events import Happened, subscribe_to_many
from lms.tenants.scope import provider_scope

from . import seats, selectors
from .models import WaitlistEntry
from .states import Waiting


def seats_freed(many: Sequence[Happened]) -> None:
    """The next in line are asked at once. They were seats of one course."""
    _fill(many[0].data["course"], many[0].provider_id)


def seats_given(many: Sequence[Happened]) -> None:
    """What the students had open is closed. They were given seats in one course."""
    first = many[0]
    course_id, students = first.data["course"], [one.row.student_id for one in many]  # type: ignore[attr-defined]
    with provider_scope(first.provider_id):
        waiting = User.objects.filter(pk__in=selectors.have_open(students, course_id))
        if not waiting:
            return
        course = CoursePage.objects.select_related("provider").get(pk=course_id)
        for student in waiting:
            seats.settle(course, student, actor=first.actor, at=clock.now())


def course_published(sender: Any, instance: Any, **kwargs: Any) -> None:
    """The limit may have been raised."""
    if isinstance(instance, CoursePage):
        _fill(instance.pk, instance.provider_id)


def place_deleted(sender: Any, instance: WaitlistEntry, **kwargs: Any) -> None:
    """An account that goes gives back the seat that was held for it."""
    if instance.state == Waiting.OFFERED:
        with provider_scope(instance.provider_id):
            seats.release_in(instance.course_id)


def guard(course: CoursePage, student: Any) -> None:
    """Free seats belong to those who wait for them. Raises ClassFull."""
    if course.enrolment_limit is not None and selectors.anybody_waits(course, but=student):
        raise ClassFull(details={"limit": course.enrolment_limit})


def _fill(course_id: int, provider_id: Any) -> None:
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    if course is not None and selectors.anybody_waits(course):
        seats.offer_seats(course, at=clock.now())


for freed in (events.LEFT, events.REMOVED, events.TAKEN_BACK, events.EXPIRED, events.ENDED):
    subscribe_to_many(freed, seats_freed)
for given in (
    events.ENROLLED,
    events.RETURNED,
    events.RESTORED,
    events.LEAVING_UNDONE,
    events.EXTENDED,
):
    subscribe_to_many(given, seats_given)
