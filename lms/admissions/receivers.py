"""What follows from seats that are given and become free."""

from typing import Any

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments import events
from lms.enrolments.errors import ClassFull
from lms.events import Happened, subscribe
from lms.tenants.scope import provider_scope

from . import seats, selectors
from .models import WaitlistEntry
from .states import Waiting


def seat_freed(happened: Happened) -> None:
    """The next in line is asked at once."""
    _fill(happened.data["course"], happened.provider_id)


def seat_given(happened: Happened) -> None:
    """What the student had open is closed."""
    course_id, student_id = happened.data["course"], happened.row.student_id  # type: ignore[attr-defined]
    with provider_scope(happened.provider_id):
        if not selectors.has_open(student_id, course_id):
            return
        course = CoursePage.objects.select_related("provider").get(pk=course_id)
        student = User.objects.get(pk=student_id)
        seats.settle(course, student, actor=happened.actor, at=clock.now())


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


subscribe(events.LEFT, seat_freed)
subscribe(events.REMOVED, seat_freed)
subscribe(events.TAKEN_BACK, seat_freed)
subscribe(events.EXPIRED, seat_freed)
subscribe(events.ENROLLED, seat_given)
subscribe(events.RETURNED, seat_given)
subscribe(events.RESTORED, seat_given)
subscribe(events.LEAVING_UNDONE, seat_given)
subscribe(events.EXTENDED, seat_given)
