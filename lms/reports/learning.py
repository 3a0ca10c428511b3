"""Reads: what the students of a course did in some days, by student, group, lesson and homework.

Only what happened in the days counts: lessons completed, reading time, homework handed in or left
overdue, attempts handed in, results told. Days are those of a zone, with its daylight saving.
Everything needs the provider's scope. `Ask` is what a report is asked for, `figures_of` fills it in
for students: a fixed number of queries, however many there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import (
    Count,
    Exists,
    F,
    FloatField,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Cast, TruncDate
from django.utils.translation import gettext as _

from lms.assessments.models import Attempt
from lms.common.errors import Forbidden, NotFound
from lms.courses.models import CoursePage
from lms.courses.selectors import curriculum
from lms.enrolments.models import Enrolment, Group, GroupMember
from lms.enrolments.states import State as Seat
from lms.grades import selectors as grades
from lms.homework.models import Feedback, Homework, Work
from lms.homework.states import State as HomeworkState
from lms.progress.models import LessonProgress, StudyTime
from lms.tenants.models import STAFF_ROLES, Membership, Provider
from lms.tenants.permissions import Code, can, houses_where, is_operator

from .models import By, Export, Mailing, Recipient
from .rules import (
    STATUSES,
    Span,
    bounds,
    mean,
    median,
    start_of,
    status_of,
)

AT_ONCE = 500  # students whose rows of a file are made together


COUNTED = ("students", "completed", "lessons", "seconds", "attempts", "results", "graded")


@dataclass(frozen=True)
class Ask:
    """What a report is about: the days of `zone`, and which students."""

    course: CoursePage
    span: Span
    zone: str
    now: datetime
    group: int | None = None
    words: str = ""

    @cached_property
    def bounds(self) -> tuple[datetime, datetime]:
        return bounds(self.span, self.zone)

    def inside(self, moment: str) -> Q:
        """That the field is in the days."""
        since, until = self.bounds
        return Q(**{f"{moment}__gte": since, f"{moment}__lt": until})


@dataclass(slots=True)
class Figures:
    """What one or several students did. `results` are percentages."""

    students: int = 0
    completed: int = 0
    lessons: int = 0
    seconds: int = 0
    homework: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    attempts: int = 0
    results: float = 0  # their sum
    graded: int = 0

    @property
    def result(self) -> float | None:
        """The mean of the results."""
        return self.results / self.graded if self.graded else None

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)

    def add(self, other: "Figures") -> None:
        for name in (
            "students",
            "completed",
            "lessons",
            "seconds",
            "attempts",
            "results",
            "graded",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for status, number in other.homework.items():
            self.homework[status] += number


# --- Who ------------------------------------------------------------------------------------------


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> CoursePage:
    """A course for one who may see how its students do. Raises NotFound."""
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    if course is None or (host is not None and course.provider_id != host.pk):
        raise NotFound
    if not can(user, Code.VIEW_PROGRESS, course):
        raise NotFound
    return course


def desk_courses(user: Any, *, host: Provider | None) -> QuerySet[CoursePage]:
    """The courses whose students' progress `user` may see, by title. Raises Forbidden for who may
    nowhere."""
    rows = CoursePage.objects.select_related("provider").order_by("title", "pk")
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        houses = houses_where(user, Code.VIEW_PROGRESS)
        if not houses:
            raise Forbidden
        rows = rows.filter(provider_id__in=houses)
    return rows


def seats_of(ask: Ask) -> QuerySet[Enrolment]:
    """Who had a seat in the course on one of the days, by name."""
    since, until = ask.bounds
    rows = Enrolment.objects.filter(
        Q(state=Seat.ACTIVE) | Q(ended_at__gte=since), course=ask.course, enrolled_at__lt=until
    )
    if ask.group is not None:
        rows = rows.filter(group_memberships__group=ask.group)
    for word in ask.words.split():
        rows = rows.filter(Q(student__name__icontains=word) | Q(student__email__icontains=word))
    return rows.select_related("student").order_by("student__name", "pk")


def staff_of(course: CoursePage) -> QuerySet[Any]:
    """Who may be sent a course's reports, by name: those who work at its school."""
    people = Membership.objects.filter(provider=course.provider_id, role__in=STAFF_ROLES)
    users = get_user_model()._default_manager.filter(is_active=True, pk__in=people.values("user"))
    return users.order_by("name", "pk")


def groups_of(course: CoursePage) -> QuerySet[Group]:
    return Group.objects.filter(course=course).order_by("name", "pk")


def export_for(user: Any, course: CoursePage, export_id: Any) -> Export:
    """A file that `user` asked for. Raises NotFound."""
    rows = Export.objects.select_related("course", "group")
    if (found := rows.filter(pk=export_id, course=course, user=user).first()) is None:
        raise NotFound
    return found


def exports_of(user: Any, course: CoursePage, *, now: datetime) -> list[Export]:
    """The person's files of the course that are still kept, the newest first."""
    rows = Export.objects.filter(user=user, course=course, ends_at__gt=now)
    return list(rows.order_by("-asked_at", "pk")[:20])


def mailings_of(course: CoursePage) -> QuerySet[Mailing]:
    people = Prefetch(
        "recipients", Recipient.objects.select_related("user").order_by("user__name", "pk")
    )
    rows = Mailing.objects.filter(course=course).select_related("group", "created_by")
    return rows.prefetch_related(people).order_by("pk")


def mailing_at_desk(course: CoursePage, mailing_id: int) -> Mailing:
    """Raises NotFound."""
    if (found := Mailing.objects.filter(course=course, pk=mailing_id).first()) is None:
        raise NotFound
    return found


# --- What they did --------------------------------------------------------------------------------


class Done:
    """What students did, read once for all of them and asked for one by one.

    `seats` are a queryset of enrolments, or their ids.
    """

    def __init__(self, ask: Ask, seats: Any) -> None:
        self.ask = ask
        self.seats = seats
        if isinstance(seats, QuerySet):
            self.seats = seats.order_by().select_related(None).values("pk")

    @cached_property
    def lessons(self) -> dict[Any, int]:
        """{enrolment: lessons completed}."""
        rows = LessonProgress.objects.filter(
            self.ask.inside("completed_at"), enrolment__in=self.seats
        )
        return dict(rows.order_by().values_list("enrolment").annotate(number=Count("pk")))

    @cached_property
    def seconds(self) -> dict[Any, int]:
        """{enrolment: reading time}."""
        rows = StudyTime.objects.filter(
            self.ask.inside("start"), progress__enrolment__in=self.seats
        )
        return dict(rows.order_by().values_list("progress__enrolment").annotate(n=Sum("seconds")))

    @cached_property
    def results(self) -> dict[Any, tuple[int, float, int]]:
        """{enrolment: (attempts handed in, the sum of results in percent, how many)}: two queries.

        A result is the last that was told of a submission in the days, or an attempt graded then.
        """
        told = Feedback.objects.filter(
            self.ask.inside("released_at"),
            submission__work__enrolment__in=self.seats,
            submission__work__homework__course=self.ask.course,
            submission__work__homework__points__gt=0,
            points__isnull=False,
        )
        later = Feedback.objects.filter(
            Q(released_at__gt=OuterRef("released_at"))
            | Q(released_at=OuterRef("released_at"), pk__gt=OuterRef("pk")),
            self.ask.inside("released_at"),
            submission=OuterRef("submission"),
        )
        percent = (
            Cast("points", FloatField())
            * (100 - Cast("penalty", FloatField()))
            / Cast("submission__work__homework__points", FloatField())
        )
        found: dict[Any, tuple[int, float, int]] = {}
        rows: Any = (
            told.exclude(Exists(later)).order_by().values_list("submission__work__enrolment")
        )
        for seat, total, number in rows.annotate(total=Sum(percent), number=Count("pk")):
            found[seat] = (0, total or 0.0, number)
        graded = self.ask.inside("graded_at") & Q(score__isnull=False)
        attempts: Any = Attempt.objects.filter(
            self.ask.inside("submitted_at") | graded,
            candidate__enrolment__in=self.seats,
            candidate__assessment__course=self.ask.course,
        )
        for seat, taken, total, number in (
            attempts.order_by()
            .values_list("candidate__enrolment")
            .annotate(
                taken=Count("pk", filter=self.ask.inside("submitted_at")),
                total=Sum(Cast("score", FloatField()), filter=graded),
                number=Count("pk", filter=graded),
            )
        ):
            _none, before, counted = found.get(seat, (0, 0.0, 0))
            found[seat] = (taken, before + (total or 0.0), counted + number)
        return found

    @cached_property
    def pieces(self) -> list[Homework]:
        """The homework that was handed out before the days ended, what is due first on top."""
        moment = min(self.ask.bounds[1], self.ask.now)
        rows = Homework.objects.filter(
            course=self.ask.course, state=HomeworkState.ASSIGNED, assigned_at__lt=moment
        )
        return list(rows.order_by(F("due_at").asc(nulls_last=True), "pk"))

    def statuses(self, seats: Mapping[Any, datetime]) -> Iterator[tuple[Homework, Any, str]]:
        """(homework, enrolment id, status) of these seats ({id: since when}), for what is not
        settled outside the days."""
        if not self.pieces or not seats:
            return
        since, until = self.ask.bounds
        kept = Q(submissions__withdrawn_at=None) | Q(submissions__withdrawn_at__gte=until)
        works = Work.objects.filter(homework__in=self.pieces, enrolment__in=list(seats)).annotate(
            inside=Max(
                "submissions__submitted_at",
                filter=self.ask.inside("submissions__submitted_at") & kept,
            ),
            before=Max(
                "submissions__submitted_at", filter=Q(submissions__submitted_at__lt=since) & kept
            ),
        )
        known: dict[Any, tuple[Any, ...]] = {
            (row[0], row[1]): row[2:]
            for row in works.order_by().values_list(
                "homework_id",
                "enrolment_id",
                "chosen",
                "extended_to",
                "overridden_at",
                "inside",
                "before",
            )
        }
        for piece in self.pieces:
            for seat, joined_at in seats.items():
                chosen, extended, done_at, inside, before = known.get(
                    (piece.pk, seat), (False, None, None, None, None)
                )
                if not (piece.everybody or chosen):
                    continue
                status = status_of(
                    piece.terms(extended),
                    inside=inside,
                    before=before,
                    done_at=done_at,
                    joined_at=joined_at,
                    since=since,
                    until=until,
                    now=self.ask.now,
                )
                if status is not None:
                    yield piece, seat, status

    def of(self, seat: Any, completed_at: datetime | None) -> Figures:
        """All but homework, of one seat (its id)."""
        since, until = self.ask.bounds
        attempts, results, graded = self.results.get(seat, (0, 0.0, 0))
        return Figures(
            students=1,
            completed=int(completed_at is not None and since <= completed_at < until),
            lessons=self.lessons.get(seat, 0),
            seconds=self.seconds.get(seat, 0),
            attempts=attempts,
            results=results,
            graded=graded,
        )


def figures_of(done: Done, seats: Sequence[Enrolment]) -> list[tuple[Enrolment, Figures]]:
    """Each student's, in the order of `seats`."""
    found = {seat.pk: done.of(seat.pk, seat.completed_at) for seat in seats}
    for _piece, seat, status in done.statuses(joined(seats)):
        found[seat].homework[status] += 1
    return [(seat, found[seat.pk]) for seat in seats]


def joined(seats: Iterable[Enrolment]) -> dict[Any, datetime]:
    """{enrolment id: since when}."""
    return {seat.pk: seat.enrolled_at for seat in seats}


def by_group(done: Done, groups: Sequence[Group]) -> list[tuple[Group, Figures]]:
    """The members' together. Who is in several groups counts in each."""
    rows = GroupMember.objects.filter(group__in=groups, enrolment__in=done.seats)
    members: dict[Any, list[Any]] = defaultdict(list)
    each: dict[Any, Figures] = {}
    since: dict[Any, datetime] = {}
    for key, seat, at, joined_at in rows.values_list(
        "group_id", "enrolment_id", "enrolment__completed_at", "enrolment__enrolled_at"
    ):
        members[key].append(seat)
        each[seat], since[seat] = done.of(seat, at), joined_at
    for _piece, seat, status in done.statuses(since):
        each[seat].homework[status] += 1
    found = []
    for group in groups:
        sums = Figures()
        for seat in members[group.pk]:
            sums.add(each[seat])
        found.append((group, sums))
    return found


@dataclass(frozen=True, slots=True)
class LessonLine:
    """What the students did in a lesson; `title` is as it is now."""

    title: str
    opened: int
    completed: int
    seconds: int

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)


def by_lesson(done: Done) -> list[LessonLine]:
    """The published lessons in their order: four queries."""
    ask = done.ask
    rows = LessonProgress.objects.filter(enrolment__in=done.seats, lesson__isnull=False)
    counts = {
        lesson: (opened, completed)
        for lesson, opened, completed in rows.order_by()
        .values_list("lesson_id")
        .annotate(
            opened=Count("pk", filter=ask.inside("opened_at")),
            completed=Count("pk", filter=ask.inside("completed_at")),
        )
    }
    times: dict[Any, int] = dict(
        StudyTime.objects.filter(ask.inside("start"), progress__enrolment__in=done.seats)
        .order_by()
        .values_list("progress__lesson")
        .annotate(total=Sum("seconds"))
    )
    return [
        LessonLine(one.title, *counts.get(one.id, (0, 0)), times.get(one.id, 0))
        for one in curriculum(ask.course).lessons
    ]


def by_homework(done: Done, seats: Mapping[Any, datetime]) -> list[tuple[Homework, dict[str, int]]]:
    """How many of the seats ({id: since when}) stand how with each piece: two queries."""
    found = {piece.pk: dict.fromkeys(STATUSES, 0) for piece in done.pieces}
    for piece, _seat, status in done.statuses(seats):
        found[piece.pk][status] += 1
    return [(piece, found[piece.pk]) for piece in done.pieces]


# --- All together ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Middle:
    """Of one number per student."""

    mean: float | None
    median: float | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All the students of a report. `rate` is the percentage that completed the course then."""

    students: int
    completed: int
    lessons: Middle
    minutes: Middle
    result: Middle

    @property
    def rate(self) -> float:
        return self.completed * 100 / self.students if self.students else 0.0


def whole(done: Done, seats: QuerySet[Enrolment]) -> Whole:
    """Means and medians over all of `seats`; of results over those who have one."""
    counted = seats.order_by().aggregate(
        students=Count("pk"), completed=Count("pk", filter=done.ask.inside("completed_at"))
    )
    students = counted["students"]
    results = [total / number for _n, total, number in done.results.values() if number]
    return Whole(
        students,
        counted["completed"],
        _middle(done.lessons.values(), students),
        _middle((seconds / 60 for seconds in done.seconds.values()), students),
        Middle(mean(results), median(results)),
    )


def _middle(numbers: Iterable[float], students: int) -> Middle:
    """With a nought for each student who did nothing."""
    some = list(numbers)
    every = [*some, *([0] * (students - len(some)))]
    return Middle(mean(every), median(every))


def over_time(done: Done) -> list[tuple[date, int, int]]:
    """(first day of the period, lessons completed, minutes of reading): one query."""
    ask = done.ask
    zone: Any = ZoneInfo(ask.zone)

    def days(rows: Any, kind: int, moment: str, number: Any) -> Any:
        return (
            rows.order_by()
            .values(
                kind=Value(kind, output_field=IntegerField()), on=TruncDate(moment, tzinfo=zone)
            )
            .annotate(number=number)
            .values_list("kind", "on", "number")
        )

    lessons = LessonProgress.objects.filter(ask.inside("completed_at"), enrolment__in=done.seats)
    times = StudyTime.objects.filter(ask.inside("start"), progress__enrolment__in=done.seats)
    found: dict[date, list[int]] = {start: [0, 0] for start in ask.span.starts}
    rows = days(lessons, 0, "completed_at", Count("pk")).union(
        days(times, 1, "start", Sum("seconds")), all=True
    )
    for kind, day, number in rows:
        found[start_of(ask.span.period, day)][kind] += number
    return [(day, lessons, round(seconds / 60)) for day, (lessons, seconds) in found.items()]


def day_in(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


# --- Several courses ------------------------------------------------------------------------------


def by_course(courses: Sequence[CoursePage], span: Span, zone: str) -> dict[int, dict[str, int]]:
    """{course id: students, completed, lessons, minutes} in the days: three queries."""
    since, until = bounds(span, zone)
    found: dict[int, dict[str, int]] = {
        one.pk: {"students": 0, "completed": 0, "lessons": 0, "minutes": 0} for one in courses
    }
    seats = Enrolment.objects.filter(
        Q(state=Seat.ACTIVE) | Q(ended_at__gte=since), course__in=courses, enrolled_at__lt=until
    )
    finished = Q(completed_at__gte=since, completed_at__lt=until)
    for course, students, completed in (
        seats.order_by()
        .values_list("course_id")
        .annotate(students=Count("pk"), completed=Count("pk", filter=finished))
    ):
        found[course] |= {"students": students, "completed": completed}
    here = seats.order_by().values("pk")
    lessons = LessonProgress.objects.filter(
        enrolment__in=here, completed_at__gte=since, completed_at__lt=until
    )
    times = StudyTime.objects.filter(
        progress__enrolment__in=here, start__gte=since, start__lt=until
    )
    for course, number in (
        lessons.order_by().values_list("enrolment__course").annotate(number=Count("pk"))
    ):
        found[course]["lessons"] = number
    for course, number in (
        times.order_by().values_list("progress__enrolment__course").annotate(n=Sum("seconds"))
    ):
        found[course]["minutes"] = round(number / 60)
    return found


# --- Tables for files -----------------------------------------------------------------------------


def table(
    ask: Ask, by: str, progress: Callable[[int], None] = lambda done: None
) -> Iterator[list[Any]]:
    """A heading, and a row for each student, group, lesson or piece of homework, read in pieces.
    `progress` is told how many students were done."""
    work = [_("Submitted"), _("Submitted late"), _("Pending"), _("Overdue")]
    measured = [_("Lessons completed"), _("Minutes"), *work, _("Assessments"), _("Mean result %")]
    seats = seats_of(ask)
    if by == By.LESSON:
        yield [_("Lesson"), _("Opened"), _("Completed"), _("Minutes")]
        for line in by_lesson(Done(ask, seats)):
            yield [line.title, line.opened, line.completed, line.minutes]
    elif by == By.HOMEWORK:
        yield [_("Homework"), *work]
        sums: dict[Any, dict[str, int]] = {}
        names: dict[Any, str] = {}
        for chunk in _chunks(ask):
            for piece, numbers in by_homework(Done(ask, chunk), joined(chunk)):
                names[piece.pk] = piece.title
                kept = sums.setdefault(piece.pk, dict.fromkeys(STATUSES, 0))
                for status, number in numbers.items():
                    kept[status] += number
            progress(len(chunk))
        for key, numbers in sums.items():
            yield [names[key], *numbers.values()]
    elif by == By.GROUP:
        yield [_("Group"), _("Students"), _("Completed the course"), *measured]
        done = Done(ask, seats)
        for group in Group.objects.filter(course=ask.course).order_by("name", "pk").iterator(100):
            ((_group, sums_of),) = by_group(done, [group])
            yield [group.name, sums_of.students, sums_of.completed, *_measured(sums_of)]
    else:
        yield [_("Student"), _("E-mail"), _("Completed the course"), *measured, _("Grade today %"),
               _("Letter")]  # fmt: skip
        book = grades.book_of(ask.course)
        for chunk in _chunks(ask):
            sheets = grades.sheets_of(book, chunk, now=ask.now)
            rows = figures_of(Done(ask, chunk), chunk)
            for (seat, figures), sheet in zip(rows, sheets, strict=True):
                yield [
                    str(seat.student),
                    seat.student.email,
                    _("yes") if figures.completed else "",
                    *_measured(figures),
                    sheet.current.rounded_down,
                    sheet.letter,
                ]
            progress(len(chunk))


def _measured(figures: Figures) -> list[Any]:
    result = figures.result
    return [
        figures.lessons,
        figures.minutes,
        *(figures.homework[status] for status in STATUSES),
        figures.attempts,
        None if result is None else round(result, 1),
    ]


def _chunks(ask: Ask) -> Iterator[list[Enrolment]]:
    rows = seats_of(ask).iterator(AT_ONCE)
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk
