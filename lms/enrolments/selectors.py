"""Reads, and the one way in: nothing of a course's content is shown but by way of `lesson_for` or
`course_for`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from wagtail.models import Page

from lms.common import clock
from lms.common.errors import Gone, NotFound
from lms.courses import desk
from lms.courses.models import CoursePage, LessonPage
from lms.courses.selectors import Curriculum, Lesson, Module, curriculum
from lms.tenants.models import Provider
from lms.tenants.permissions import Code
from lms.tenants.scope import provider_scope

from .access import (
    WAITING,
    Decision,
    Reason,
    Standing,
    Way,
    Why,
    decide,
    enrolment_of,
    is_full,
    is_staff_of,
    standing_of,
    standing_of_seat,
)
from .models import Enrolment, Group, Seats
from .states import State

__all__ = ["Way", "enrolment_of", "is_full", "is_staff_of"]  # and all that is defined here


@dataclass(frozen=True, slots=True)
class CourseAccess:
    """A course whose content is open to somebody; `enrolment` is theirs when they have a seat."""

    course: CoursePage
    curriculum: Curriculum
    way: Way
    enrolment: Enrolment | None
    # The lessons that are closed to them, and why.
    closed: Mapping[int, tuple[Reason, ...]] = field(default_factory=dict, kw_only=True)

    def is_open(self, entry: Lesson) -> bool:
        """Whether they may read a lesson of the curriculum."""
        if self.way == Way.PREVIEW:
            return entry.free_preview
        return entry.id not in self.closed

    def opens_at(self, entry: Lesson) -> datetime | None:
        """When a lesson that is closed opens by itself; None where something else closes it too."""
        reasons = self.closed.get(entry.id, ())
        if [one.why for one in reasons] != [Why.NOT_RELEASED]:
            return None
        return reasons[0].when

    @property
    def next_opening(self) -> datetime | None:
        """When the first of the lessons opens that time alone keeps closed."""
        found = [self.opens_at(one) for one in self.curriculum.lessons]
        return min((one for one in found if one), default=None)

    def waits(self, lesson_id: int | None) -> bool:
        """Whether what belongs to a lesson waits with it: its time or its turn has not come."""
        reasons = self.closed.get(lesson_id, ()) if lesson_id else ()
        return any(one.why in WAITING for one in reasons)

    def refuse_what_waits(self, lesson_id: int | None) -> None:
        """Raises the kind of NoSeat that says why the lesson is closed, where `waits`."""
        if lesson_id is not None and self.waits(lesson_id):
            entry = next(one for one in self.curriculum.lessons if one.id == lesson_id)
            reasons = self.closed[lesson_id]
            raise Decision(
                self.course, self.curriculum, entry, self.way, self.enrolment, reasons
            ).refusal

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


def seats_left(course: CoursePage) -> int | None:
    """Seats that are neither given nor held for somebody; None where there is no limit. For
    anybody."""
    if course.enrolment_limit is None:
        return None
    with provider_scope(course.provider_id):
        return max(0, course.enrolment_limit - seats_taken(course))


def students_now(courses: Collection[CoursePage]) -> dict[int, int]:
    """{course id: how many have a seat}, those without any left out. Needs the scope."""
    rows = Enrolment.objects.filter(course__in=[one.pk for one in courses], state=State.ACTIVE)
    return dict(rows.order_by().values_list("course_id").annotate(number=Count("pk")))


def seats_taken(course: CoursePage) -> int:
    """How many seats are given, or held for somebody. Needs the provider's scope."""
    return Seats.objects.filter(course_id=course.pk).values_list("taken", flat=True).first() or 0


def course_for(user: Any, course_id: int, *, host: Provider | None = None) -> CourseAccess:
    """The course for one who may read it: enrolled, or staff of its provider.

    `host` is the provider on whose own site the reader is, if on one. Raises NotFound where the
    course's existence is private, and where it is not the kind of NoSeat that says why
    (lms.enrolments.access).
    """
    found = decide(user, course_id, host=host, at=clock.now())
    if not found.allowed or found.way is None:
        raise found.refusal
    return CourseAccess(
        found.course, found.outline, found.way, found.enrolment, closed=found.closed
    )


def lesson_for(
    user: Any, course_id: int, lesson_id: int, *, host: Provider | None = None
) -> LessonAccess:
    """A published lesson for one who may read it; free previews are open to everybody.

    Raises NotFound, Gone for a lesson that was deleted, LessonMoved for one that stands in another
    course now, and the kind of NoSeat that says why it is closed.
    """
    found = decide(user, course_id, lesson_id, host=host, at=clock.now())
    if not found.allowed or found.way is None or found.entry is None:
        raise found.refusal
    lesson = LessonPage.objects.filter(pk=lesson_id).first()
    if lesson is None:
        raise Gone
    return LessonAccess(
        found.course, found.outline, found.way, found.enrolment, lesson, found.entry,
        closed=found.closed,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenLessons:
    """Which lessons are open to one with a seat, drawn on the course's page."""

    standing: Standing
    closed: Mapping[int, tuple[Reason, ...]]

    def drawn(self, lesson: dict[str, Any]) -> dict[str, Any]:
        """`lesson` as lms.courses.details draws it, for this reader."""
        reasons = self.closed.get(lesson["id"], ())
        if self.standing.way == Way.ENROLLED and not reasons:
            url = reverse("learn:lesson", args=[self.standing.course.pk, lesson["id"]])
            return {**lesson, "url": url, "state": "open"}
        if lesson["state"] == "preview":
            return lesson
        only = reasons[0] if len(reasons) == 1 else None
        opens = only.when if only and only.why == Why.NOT_RELEASED else None
        return {**lesson, "url": "", "state": "locked", "opens_at": opens}


def open_lessons(
    course: CoursePage, enrolment: Enrolment, outline: Curriculum, *, at: datetime
) -> OpenLessons:
    """Which lessons of the curriculum are open to one with a seat. Two queries at most."""
    standing = standing_of_seat(course, enrolment, at=at)
    return OpenLessons(standing, standing.closed(outline))


def open_course(user: Any, course_id: int, *, host: Provider | None = None) -> CoursePage:
    """A course whose existence `user` may know: published where they are, or theirs already.

    Raises NotFound.
    """
    return standing_of(user, course_id, host=host, at=clock.now(), explain=False).course


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


def members_of(group: Group) -> QuerySet[Enrolment]:
    """Who is in a group and has a seat now, by name."""
    rows = Enrolment.objects.filter(group_memberships__group=group, state=State.ACTIVE)
    return rows.select_related("student").order_by("student__name", "pk")


def students_of(course: CoursePage) -> QuerySet[Enrolment]:
    """Who has a seat now, by name."""
    rows = Enrolment.objects.filter(course=course, state=State.ACTIVE).select_related("student")
    return rows.order_by("student__name", "pk")


# --- The desk: what is open to a student ----------------------------------------------------------


def course_of_students(user: Any, course_id: int, *, host: Provider | None) -> desk.Desk:
    """A course for one who follows its students; `sets` for one who manages them, too. Raises
    NotFound."""
    return desk.course_at_desk(
        user, course_id, host=host, works=Code.VIEW_PROGRESS, sets=Code.MANAGE_STUDENTS
    )


def seats_at_desk(course: CoursePage, words: str) -> QuerySet[Enrolment]:
    """Everybody who has or had a seat, by name; `words` are looked for in names and addresses."""
    rows = Enrolment.objects.filter(course=course).select_related("student")
    for word in words.split():
        rows = rows.filter(Q(student__name__icontains=word) | Q(student__email__icontains=word))
    return rows.order_by("student__name", "pk")


def seat_at_desk(course: CoursePage, enrolment_id: Any) -> Enrolment:
    """Raises NotFound."""
    found = Enrolment.objects.filter(course=course, pk=enrolment_id).select_related("student")
    seat = found.first()
    if seat is None:
        raise NotFound
    return seat


@dataclass(frozen=True, slots=True)
class LessonForStudent:
    """A lesson, and why it is closed to a student."""

    lesson: Lesson
    reasons: tuple[Reason, ...]

    @property
    def is_open(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class StudentAccess:
    """What is open to one student, module by module, by the decision their own pages go by."""

    standing: Standing
    parts: list[tuple[Module, list[LessonForStudent]]]
    groups: list[Group]

    @property
    def is_over(self) -> bool:
        """Whether the student's time is up, though they may have left before."""
        return any(one.why == Why.EXPIRED for one in self.standing.reasons)

    @property
    def may_extend(self) -> bool:
        """Whether setting another end is of use: to one in the course, or whose time is up."""
        seat = self.standing.enrolment
        return self.is_over or bool(seat and seat.is_active)

    @property
    def remedy(self) -> str:
        """What would let the student in again; empty where they are in."""
        return "".join(one.remedy for one in _to_mend(self.standing))


def _to_mend(standing: Standing) -> tuple[Reason, ...]:
    """The reason that staff can do something about: the time, where that is up too. None where the
    student is in."""
    over = tuple(one for one in standing.reasons if one.why == Why.EXPIRED)
    return (over or standing.reasons)[:1]


def access_of(course: CoursePage, seat: Enrolment, *, at: datetime) -> StudentAccess:
    """Seven queries at most, however many lessons there are."""
    standing = standing_of_seat(course, seat, at=at)
    outline = curriculum(course)
    closed, mend = standing.closed(outline), _to_mend(standing)

    def why(lesson: Lesson) -> tuple[Reason, ...]:
        if lesson.free_preview:
            return ()
        return mend or closed.get(lesson.id, ())

    parts = [
        (module, [LessonForStudent(one, why(one)) for one in module.lessons])
        for module in outline.modules
    ]
    groups = Group.objects.filter(members__enrolment=seat).order_by("name", "pk")
    return StudentAccess(standing, parts, list(groups))
