"""Reads, and the one way in: nothing of a course's content is shown but by way of `lesson_for` or
`course_for`.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q, QuerySet
from wagtail.models import Page, PageLogEntry

from lms.common.errors import Gone, NotFound
from lms.courses import desk
from lms.courses.models import CoursePage, LessonPage
from lms.courses.selectors import Curriculum, Lesson, curriculum
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, may_enter
from lms.tenants.scope import provider_scope

from . import opening
from .errors import LessonClosed, LessonMoved, LessonRemoved, LessonWithdrawn, NoSeat, SignedOut
from .models import Enrolment, Group, Seats
from .states import State


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
    # The lessons that are open to them; None for all.
    opened: frozenset[int] | None = field(default=None, kw_only=True)

    def is_open(self, entry: Lesson) -> bool:
        """Whether they may read a lesson of the curriculum."""
        if self.way == Way.PREVIEW:
            return entry.free_preview
        return self.opened is None or entry.free_preview or entry.id in self.opened

    @property
    def readable(self) -> Curriculum:
        """The curriculum without what is closed to them."""
        return Curriculum(
            [
                replace(module, lessons=[one for one in module.lessons if self.is_open(one)])
                for module in self.curriculum.modules
            ]
        )


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
    opened = _opened(course, enrolment)
    return CourseAccess(course, curriculum(course), way, enrolment, opened=opened)


def lesson_for(
    user: Any, course_id: int, lesson_id: int, *, host: Provider | None = None
) -> LessonAccess:
    """A published lesson for one who may read it; free previews are open to everybody.

    Raises NotFound, Gone for a lesson that was deleted, LessonMoved for one that stands in another
    course now, SignedOut, NoSeat, and LessonClosed where the course opens by plan.
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
    opened = _opened(course, enrolment) if way == Way.ENROLLED else None
    if opened is not None and not entry.free_preview and lesson_id not in opened:
        raise LessonClosed(course=course, lesson=entry)
    lesson = LessonPage.objects.filter(pk=lesson_id).first()
    if lesson is None:
        raise Gone
    return LessonAccess(course, outline, way, enrolment, lesson, entry, opened=opened)


def _opened(course: CoursePage, enrolment: Enrolment | None) -> frozenset[int] | None:
    if enrolment is None:
        return None
    enrolment.course = course  # at hand: no query for it
    return opening.opened(enrolment)


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


# --- Groups ---------------------------------------------------------------------------------------


def course_to_group(user: Any, course_id: int, *, host: Provider | None) -> CoursePage:
    """A course for one who manages its students. Raises NotFound."""
    code = Code.MANAGE_STUDENTS
    return desk.course_at_desk(user, course_id, host=host, works=code, sets=code).course


def groups_of(course: CoursePage) -> QuerySet[Group]:
    """By name, each with `size`: how many of its members have a seat now."""
    active = Q(members__enrolment__state=State.ACTIVE)
    rows = Group.objects.filter(course=course).annotate(size=Count("members", filter=active))
    return rows.order_by("name", "pk")


def group_of(course: CoursePage, group_id: int) -> Group:
    """Raises NotFound."""
    group = Group.objects.filter(course=course, pk=group_id).first()
    if group is None:
        raise NotFound
    return group


def students_of(course: CoursePage) -> QuerySet[Enrolment]:
    """Who has a seat now, by name."""
    rows = Enrolment.objects.filter(course=course, state=State.ACTIVE).select_related("student")
    return rows.order_by("student__name", "pk")
