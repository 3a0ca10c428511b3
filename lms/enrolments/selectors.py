"""Reads, and the one way in: nothing of a course's content is shown but by way of `lesson_for` or
`course_for`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q
from wagtail.models import Page, PageLogEntry

from lms.common.errors import Gone, NotFound
from lms.courses.models import CoursePage, LessonPage
from lms.courses.selectors import Curriculum, Lesson, curriculum
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, may_enter
from lms.tenants.scope import provider_scope

from .errors import LessonMoved, LessonRemoved, LessonWithdrawn, NoSeat, SignedOut
from .models import Enrolment, Seats


class Way(StrEnum):
    """By what right somebody reads a course."""

    ENROLLED = "enrolled"
    STAFF = "staff"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class CourseAccess:
    """A course whose content is open to somebody; `enrolment` is theirs when they have a seat."""

    course: CoursePage
    curriculum: Curriculum
    way: Way
    enrolment: Enrolment | None


@dataclass(frozen=True, slots=True)
class LessonAccess(CourseAccess):
    """A lesson that is open to somebody: the published page and its place in the curriculum."""

    lesson: LessonPage
    entry: Lesson


def enrolment_of(course: CoursePage, user: Any) -> Enrolment | None:
    """The person's enrolment in any state, or None. Visitors have none."""
    if not user.is_authenticated:
        return None
    return Enrolment.objects.filter(course_id=course.pk, student_id=user.pk).first()


def is_staff_of(course: CoursePage, user: Any) -> bool:
    """Whether `user` works for the course's provider and so reads it without a seat."""
    return bool(user.is_authenticated and can(user, Code.VIEW_PROGRESS, course))


def is_full(course: CoursePage) -> bool:
    """Whether the last seat is taken. For anybody: the number itself is shown nowhere."""
    if course.enrolment_limit is None:
        return False
    with provider_scope(course.provider_id):
        return Seats.objects.filter(course_id=course.pk, taken__gte=course.enrolment_limit).exists()


def seats_taken(course: CoursePage) -> int:
    """How many seats are given. Needs the provider's scope."""
    return Seats.objects.filter(course_id=course.pk).values_list("taken", flat=True).first() or 0


def course_for(user: Any, course_id: int, *, host: Provider | None = None) -> CourseAccess:
    """The course for one who may read all of it: enrolled, or staff of its provider.

    `host` is the provider on whose own site the reader is, if on one. Raises NotFound where the
    course's existence is private, SignedOut and NoSeat where it is not.
    """
    course, way, enrolment = _right_of_way(user, course_id, host)
    if way is None:
        raise _refusal(user, course)
    return CourseAccess(course, curriculum(course), way, enrolment)


def lesson_for(
    user: Any, course_id: int, lesson_id: int, *, host: Provider | None = None
) -> LessonAccess:
    """A published lesson for one who may read it; free previews are open to everybody.

    Raises NotFound, Gone for a lesson that was deleted, LessonMoved for one that stands in another
    course now, SignedOut and NoSeat.
    """
    course, way, enrolment = _right_of_way(user, course_id, host)
    outline = curriculum(course)
    entry = next((one for one in outline.lessons if one.id == lesson_id), None)
    if entry is None:
        raise _whereabouts(course, lesson_id, way)
    if way is None:
        if not entry.free_preview:
            raise _refusal(user, course, entry)
        way = Way.PREVIEW
    lesson = LessonPage.objects.filter(pk=lesson_id).first()
    if lesson is None:
        raise Gone
    return LessonAccess(course, outline, way, enrolment, lesson, entry)


def open_course(user: Any, course_id: int, *, host: Provider | None = None) -> CoursePage:
    """A course whose existence `user` may know: published where they are, or theirs already.

    Raises NotFound.
    """
    return _right_of_way(user, course_id, host)[0]


def _right_of_way(
    user: Any, course_id: int, host: Provider | None
) -> tuple[CoursePage, Way | None, Enrolment | None]:
    """The course, and the reader's right to all of it if they have one. Raises NotFound."""
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    if course is None or (host is not None and course.provider_id != host.pk):
        raise NotFound
    if not may_enter(user, course.provider):
        raise NotFound
    enrolment = enrolment_of(course, user)
    if enrolment is not None and enrolment.is_active:
        return course, Way.ENROLLED, enrolment
    if is_staff_of(course, user):
        return course, Way.STAFF, None
    # Who is here and in no seat is a member, where the course is a portal's.
    listed = course.on_marketplace or host is not None or course.provider.is_portal
    # One who had a seat knows the course, published or not.
    if enrolment is None and not (course.live and listed and course.provider.is_open):
        raise NotFound
    return course, None, enrolment


def _refusal(user: Any, course: CoursePage, entry: Lesson | None = None) -> NoSeat:
    kind = NoSeat if user.is_authenticated else SignedOut
    return kind(course=course, lesson=entry)


def _whereabouts(course: CoursePage, lesson_id: int, way: Way | None) -> Exception:
    """Why a lesson is not in the course's published curriculum, as far as the reader may know."""
    lesson = LessonPage.objects.filter(pk=lesson_id).first()
    if lesson is not None and not lesson.is_descendant_of(course) and lesson.live:
        elsewhere = lesson.get_course()
        if elsewhere.provider_id == course.provider_id and elsewhere.live:
            return LessonMoved(course_id=elsewhere.pk, lesson_id=lesson_id)
    if way is None:
        return NotFound()
    if lesson is not None and lesson.is_descendant_of(course):
        return LessonWithdrawn(details={"course": course.pk})
    if lesson is None and _was_deleted(lesson_id):
        return LessonRemoved(details={"course": course.pk})
    return NotFound()


def _was_deleted(lesson_id: int) -> bool:
    return PageLogEntry.objects.filter(
        page_id=lesson_id, action="wagtail.delete", content_type__model="lessonpage"
    ).exists()


def courses_with_students(pages: list[Page]) -> list[CoursePage]:
    """The courses at or below `pages` that somebody is or was enrolled in: they can't be deleted.

    Needs a scope that covers the pages' providers.
    """
    below = Q()
    for page in pages:
        below |= Q(path__startswith=page.path)
    if not below:
        return []
    with_rows = Enrolment.objects.values("course_id")
    return list(CoursePage.objects.filter(below, pk__in=with_rows).order_by("path"))
