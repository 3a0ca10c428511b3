"""What a step can be. Each kind reads in bulk: a hundred steps cost what one costs.

Another kind is another entry of KINDS; nothing else here knows lessons from homework.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Exists, F, OuterRef, Subquery, Value
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.assessments.models import Assessment, Candidate
from lms.assessments.states import State as AssessmentState
from lms.courses.models import CoursePage, LessonPage
from lms.courses.selectors import curriculum
from lms.enrolments.models import Enrolment
from lms.homework.actions import also_for
from lms.homework.models import Homework, Work
from lms.homework.states import State as HomeworkState
from lms.progress.models import LessonProgress


@dataclass(frozen=True, slots=True)
class Thing:
    """What a step is about, as it stands now. `is_open` says whether students can reach it at all:
    a draft can be planned, and is closed until it is handed out."""

    title: str
    url: str
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Columns:
    """A Thing and whether one student has done it, as columns of a query of steps: the title is
    null for what is gone. `lesson` is the id of the lesson it is, or belongs to."""

    title: Combinable
    lesson: Combinable
    is_open: Combinable
    done: Combinable


class Kind(Protocol):
    label: Any
    icon: str

    def url(self, course_id: int, key: int) -> str:
        """Where a student finds it."""

    def choices(self, course: CoursePage) -> Sequence[tuple[int, str]]:
        """(key, title) of all there is in the course, in its order."""

    def things(self, course: CoursePage, keys: Collection[int]) -> Mapping[int, Thing]:
        """{key: Thing}; what is gone, or in another course, is left out."""

    def done(
        self, enrolments: Sequence[Enrolment], keys: Collection[int]
    ) -> Collection[tuple[Any, int]]:
        """(enrolment id, key) of what these students have done."""

    def columns(self, seats: Collection[Any]) -> Columns:
        """For steps of the courses in which one student has these seats (ids)."""

    def hand_out(
        self, course: CoursePage, keys: Collection[int], enrolments: Iterable[Enrolment]
    ) -> None:
        """Have these things be for these students, where they are not for everybody."""


class Lessons:
    label = _("Lesson")
    icon = "book-open"

    def url(self, course_id: int, key: int) -> str:
        return reverse("learn:lesson", args=[course_id, key])

    def choices(self, course: CoursePage) -> Sequence[tuple[int, str]]:
        return [(one.id, one.title) for one in curriculum(course).lessons]

    def things(self, course: CoursePage, keys: Collection[int]) -> Mapping[int, Thing]:
        found = LessonPage.objects.filter(pk__in=keys, path__startswith=course.path, live=True)
        return {
            pk: Thing(title, self.url(course.pk, pk))
            for pk, title in found.values_list("pk", "title")
        }

    def done(
        self, enrolments: Sequence[Enrolment], keys: Collection[int]
    ) -> Collection[tuple[Any, int]]:
        rows = LessonProgress.objects.filter(
            enrolment__in=enrolments, lesson__in=keys, completed_at__isnull=False
        )
        return set(rows.values_list("enrolment_id", "lesson_id"))

    def columns(self, seats: Collection[Any]) -> Columns:
        there = LessonPage.objects.filter(
            pk=OuterRef("key"), path__startswith=OuterRef("plan__course__path"), live=True
        )
        done = LessonProgress.objects.filter(
            lesson=OuterRef("key"), enrolment__in=seats, completed_at__isnull=False
        )
        return Columns(Subquery(there.values("title")[:1]), F("key"), Value(True), Exists(done))

    def hand_out(
        self, course: CoursePage, keys: Collection[int], enrolments: Iterable[Enrolment]
    ) -> None:
        """What is open to whom is asked of the plan (lms.plans.selectors.opened_lessons)."""


class HomeworkPieces:
    label = _("Homework")
    icon = "clipboard-list"

    def url(self, course_id: int, key: int) -> str:
        return reverse("homework:homework", args=[course_id, key])

    def choices(self, course: CoursePage) -> Sequence[tuple[int, str]]:
        rows = Homework.objects.filter(course=course).exclude(state=HomeworkState.WITHDRAWN)
        return list(rows.order_by("pk").values_list("pk", "title"))

    def things(self, course: CoursePage, keys: Collection[int]) -> Mapping[int, Thing]:
        rows = Homework.objects.filter(course=course, pk__in=keys)
        return {
            row.pk: Thing(row.title, self.url(course.pk, row.pk), row.is_open)
            for row in rows.exclude(state=HomeworkState.WITHDRAWN)
        }

    def done(
        self, enrolments: Sequence[Enrolment], keys: Collection[int]
    ) -> Collection[tuple[Any, int]]:
        rows = Work.objects.filter(
            enrolment__in=enrolments, homework__in=keys, done_at__isnull=False
        )
        return set(rows.values_list("enrolment_id", "homework_id"))

    def columns(self, seats: Collection[Any]) -> Columns:
        there = Homework.objects.filter(pk=OuterRef("key"), course=OuterRef("plan__course"))
        there = there.exclude(state=HomeworkState.WITHDRAWN)
        done = Work.objects.filter(
            homework=OuterRef("key"), enrolment__in=seats, done_at__isnull=False
        )
        return Columns(
            Subquery(there.values("title")[:1]),
            Subquery(there.values("lesson")[:1]),
            Exists(there.filter(state=HomeworkState.ASSIGNED)),
            Exists(done),
        )

    def hand_out(
        self, course: CoursePage, keys: Collection[int], enrolments: Iterable[Enrolment]
    ) -> None:
        seats = list(enrolments)
        for row in Homework.objects.filter(course=course, pk__in=keys, everybody=False):
            also_for(row, seats)


class Assessments:
    """For everybody in their course: a plan says when, and opens none of them."""

    label = _("Assessment")
    icon = "clipboard-check"

    def url(self, course_id: int, key: int) -> str:
        return reverse("assessments:assessment", args=[course_id, key])

    def choices(self, course: CoursePage) -> Sequence[tuple[int, str]]:
        rows = Assessment.objects.filter(course=course).exclude(state=AssessmentState.WITHDRAWN)
        return list(rows.order_by("pk").values_list("pk", "title"))

    def things(self, course: CoursePage, keys: Collection[int]) -> Mapping[int, Thing]:
        rows = Assessment.objects.filter(course=course, pk__in=keys)
        return {
            row.pk: Thing(row.title, self.url(course.pk, row.pk), row.is_published)
            for row in rows.exclude(state=AssessmentState.WITHDRAWN)
        }

    def done(
        self, enrolments: Sequence[Enrolment], keys: Collection[int]
    ) -> Collection[tuple[Any, int]]:
        rows = Candidate.objects.filter(
            enrolment__in=enrolments, assessment__in=keys, done_at__isnull=False
        )
        return set(rows.values_list("enrolment_id", "assessment_id"))

    def columns(self, seats: Collection[Any]) -> Columns:
        there = Assessment.objects.filter(pk=OuterRef("key"), course=OuterRef("plan__course"))
        there = there.exclude(state=AssessmentState.WITHDRAWN)
        done = Candidate.objects.filter(
            assessment=OuterRef("key"), enrolment__in=seats, done_at__isnull=False
        )
        return Columns(
            Subquery(there.values("title")[:1]),
            Subquery(there.values("lesson")[:1]),
            Exists(there.filter(state=AssessmentState.PUBLISHED)),
            Exists(done),
        )

    def hand_out(
        self, course: CoursePage, keys: Collection[int], enrolments: Iterable[Enrolment]
    ) -> None:
        """Nothing to do: they are everybody's."""


LESSON = "lesson"
KINDS: dict[str, Kind] = {
    LESSON: Lessons(),
    "homework": HomeworkPieces(),
    "assessment": Assessments(),
}
