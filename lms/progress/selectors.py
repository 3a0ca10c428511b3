"""Reads: how far a student is in one course, in all of them, and what they have learnt so far."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from lms.courses.models import CoursePage
from lms.courses.selectors import Curriculum, Lesson, curricula, curriculum
from lms.enrolments.access import with_dates
from lms.enrolments.models import Enrolment

from . import rules, work
from .models import LessonProgress
from .work import NOTHING, Counted

CARDS = 12
ROWS = 25

# The dashboard's lists, by the name in the address.
LISTS: dict[str, tuple[Any, Callable[[Enrolment], bool]]] = {
    "in-progress": (_("In progress"), lambda row: row.is_active and row.completed_at is None),
    "completed": (_("Completed"), lambda row: row.is_active and row.completed_at is not None),
    "left": (_("Left or ended"), lambda row: not row.is_active),
}


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """How much of a course's counting lessons is done; `completed` are all lessons done, by id.
    `work` is what else counts, homework for example; each piece weighs as much as a lesson.
    """

    done: int
    total: int
    completed: dict[int, datetime]
    work: Counted = NOTHING

    @property
    def exact(self) -> Fraction:
        """In percent."""
        return rules.percentage(self.done + self.work.done, self.total + self.work.total)

    @property
    def percent(self) -> int:
        """In whole percent, as it is shown."""
        return rules.shown(self.exact)

    @property
    def is_complete(self) -> bool:
        return rules.is_complete(self.done + self.work.done, self.total + self.work.total)


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course on a student's dashboard or in their history."""

    enrolment: Enrolment
    course: CoursePage
    title: str
    provider: str
    cover_url: str
    cover_srcset: str
    progress: CourseProgress
    resume: Lesson | None
    minutes: int

    @property
    def state_label(self) -> str:
        """The enrolment's state in the student's words."""
        if self.enrolment.is_active and self.enrolment.completed_at:
            return str(_("Completed"))
        if self.enrolment.is_active:
            return str(_("In progress") if self.progress.completed else _("Not started"))
        return self.enrolment.get_state_display()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One list of a student's courses, and how long each list is. `seats` are all they have now,
    what was studied last first; `outlines` are at least those courses', by id."""

    chosen: str
    counts: dict[str, int]
    page: Page
    cards: list[CourseCard]
    seats: list[Enrolment]
    outlines: Mapping[int, Curriculum]

    @property
    def latest(self) -> CourseCard | None:
        """Where to go on: the course studied last, on the first page of those in progress."""
        is_first = self.chosen == "in-progress" and self.page.number == 1
        return self.cards[0] if is_first and self.cards else None

    @property
    def others(self) -> list[CourseCard]:
        return self.cards[1:] if self.latest else self.cards


@dataclass(frozen=True, slots=True)
class History:
    """Everything a student has studied. `minutes` is the sum over all courses, not this page."""

    page: Page
    cards: list[CourseCard]
    minutes: int
    courses: int
    completed: int
    lessons: int


def opened_lessons(enrolment: Enrolment) -> dict[int, LessonProgress]:
    """The student's rows of a course's lessons that still exist, by lesson."""
    rows = LessonProgress.objects.filter(enrolment=enrolment, lesson__isnull=False)
    return {row.lesson_id: row for row in rows}  # type: ignore[misc]


def lessons_done(seats: Sequence[Enrolment]) -> Mapping[Any, Collection[int]]:
    """{enrolment id: the lessons completed} (lms.enrolments.opening). One query."""
    return _completed(seats)


def course_progress(
    enrolment: Enrolment,
    outline: Curriculum | None = None,
    opened: Mapping[int, LessonProgress] | None = None,
) -> CourseProgress:
    """The progress in one course: a query for the lessons, unless they are at hand (`opened`), and
    those of other work that counts; two more where `outline` is not at hand."""
    lessons = (outline or curriculum(enrolment.course)).lessons
    if opened is None:
        completed = _completed([enrolment]).get(enrolment.pk, {})
    else:
        completed = {key: row.completed_at for key, row in opened.items() if row.completed_at}
    return _progress(lessons, completed, work.counted([enrolment]).get(enrolment.pk, NOTHING))


def progress_in(course: CoursePage, seats: Sequence[Enrolment]) -> dict[Any, CourseProgress]:
    """{enrolment id: progress} of many students of one course: three queries, and those of other
    work that counts."""
    lessons, completed, counted = curriculum(course).lessons, _completed(seats), work.counted(seats)
    return {
        seat.pk: _progress(lessons, completed.get(seat.pk, {}), counted.get(seat.pk, NOTHING))
        for seat in seats
    }


def resume_lesson(enrolment: Enrolment, outline: Curriculum, completed: Any) -> Lesson | None:
    """Where the student goes on; None in a course without lessons."""
    lessons = {lesson.id: lesson for lesson in outline.lessons}
    found = rules.resume_at(list(lessons), completed, enrolment.last_lesson_id)
    return lessons[found] if found is not None else None


def dashboard(student: Any, *, chosen: str, number: Any) -> Dashboard:
    """A page of one of LISTS, what was studied last first; within the scope."""
    # One query for all: nobody has so many seats that it pays to count and read them apart.
    mine = list(_with_course(with_dates(Enrolment.objects.filter(student=student))))
    mine.sort(key=lambda row: (row.last_seen_at or row.enrolled_at, row.pk), reverse=True)
    lists = {name: [row for row in mine if holds(row)] for name, (_label, holds) in LISTS.items()}
    page = Paginator(lists[chosen], CARDS).get_page(number)
    seats, shown = [row for row in mine if row.is_active], list(page.object_list)
    outlines = curricula([row.course for row in (*seats, *shown)])
    cards = _cards(shown, outlines)
    return Dashboard(
        chosen=chosen,
        counts={name: len(rows) for name, rows in lists.items()},
        page=page,
        cards=cards,
        seats=seats,
        outlines=outlines,
    )


def history(student: Any, *, number: Any) -> History:
    """A page of all the student's courses, the newest first; within the scope."""
    mine = Enrolment.objects.filter(student=student)
    page = Paginator(_with_course(mine).order_by("-enrolled_at", "-pk"), ROWS).get_page(number)
    seconds = (
        LessonProgress.objects.filter(enrolment__student=student)
        .values("enrolment_id")
        .annotate(sum=Sum("seconds"), done=Count("completed_at"))
    )
    found, shown = list(seconds), list(page.object_list)
    outlines = curricula([row.course for row in shown])
    return History(
        page=page,
        cards=_cards(shown, outlines, {row["enrolment_id"]: row["sum"] for row in found}),
        minutes=rules.total_minutes(row["sum"] for row in found),
        courses=page.paginator.count,
        completed=mine.filter(completed_at__isnull=False).count(),
        lessons=sum(row["done"] for row in found),
    )


def _with_course(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    rows = rows.select_related("course", "course__listing", "course__provider")
    return rows.defer("course__description", "course__listing__description")


def _cards(
    rows: Sequence[Enrolment],
    outlines: Mapping[int, Curriculum],
    seconds: dict[Any, int] | None = None,
) -> list[CourseCard]:
    """Cards for a page of enrolments: a query for all of them, and those of other work."""
    completed = _completed(rows)
    counted = work.counted(rows)
    return [
        _card(
            row,
            _progress(
                outlines[row.course_id].lessons,
                completed.get(row.pk, {}),
                counted.get(row.pk, NOTHING),
            ),
            outlines[row.course_id],
            (seconds or {}).get(row.pk),
        )
        for row in rows
    ]


def _card(
    enrolment: Enrolment, progress: CourseProgress, outline: Curriculum, seconds: int | None
) -> CourseCard:
    # The listing says what was published last; the page itself may hold a draft's title.
    listing = getattr(enrolment.course, "listing", None)
    return CourseCard(
        enrolment=enrolment,
        course=enrolment.course,
        title=listing.title if listing else enrolment.course.title,
        provider=enrolment.course.provider.name,
        cover_url=listing.cover_url if listing else "",
        cover_srcset=listing.cover_srcset if listing else "",
        progress=progress,
        resume=resume_lesson(enrolment, outline, progress.completed),
        minutes=rules.minutes(seconds or 0),
    )


def _progress(
    lessons: Sequence[Lesson], completed: dict[int, datetime], counted: Counted
) -> CourseProgress:
    ids = rules.counting(lessons)
    return CourseProgress(rules.done_of(ids, completed), len(ids), completed, counted)


def _completed(enrolments: Sequence[Enrolment]) -> dict[Any, dict[int, datetime]]:
    """{enrolment id: {lesson id: when}} of completed lessons that still exist."""
    found: dict[Any, dict[int, datetime]] = {}
    rows = LessonProgress.objects.filter(
        enrolment__in=enrolments, completed_at__isnull=False, lesson__isnull=False
    ).values_list("enrolment_id", "lesson_id", "completed_at")
    for enrolment_id, lesson_id, moment in rows:
        found.setdefault(enrolment_id, {})[lesson_id] = moment  # type: ignore[assignment]
    return found
