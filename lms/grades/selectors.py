"""Reads: the gradebook of a course, one student's part of it, and the only ways a view gets a row.

`book_of` is the frame (what there are points for), `sheets_of` fills it in for students: a fixed
number of queries, however many there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from django.db.models import Exists, Max, Q, QuerySet

from lms.assessments import selectors as assessments
from lms.assessments.models import Assessment
from lms.assessments.states import State as AssessmentState
from lms.common import clock
from lms.common.errors import NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, course_for
from lms.enrolments.states import State as Seat
from lms.homework import selectors as homework
from lms.homework.models import Homework
from lms.homework.states import State as HomeworkState
from lms.tenants.models import Provider

from . import rules
from .models import Category, Entry, Item, Kind, Scheme

# --- The frame ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """What there are points for. `most` is None where that is not said yet; such work and what is
    left out has no place in the grade. `key` names it in addresses and files: "h12", "a3", "m7".
    """

    key: str
    source: Literal["homework", "assessment", "manual"]
    title: str
    most: Decimal | None
    row: Homework | Assessment | None
    item: Item | None

    @property
    def category_id(self) -> int | None:
        return self.item.category_id if self.item else None

    @property
    def extra(self) -> bool:
        return self.item is not None and self.item.extra

    @property
    def left_out(self) -> bool:
        return self.item is not None and self.item.left_out

    @property
    def stands(self) -> bool:
        """Whether it is in the gradebook."""
        return self.most is not None and not self.left_out

    @property
    def required(self) -> bool:
        return self.row is not None and self.row.required

    @property
    def rule(self) -> rules.Item:
        """Of one that stands in the gradebook."""
        return rules.Item(self.key, self.most or Decimal(0), self.category_id, self.extra)


@dataclass(frozen=True)
class Book:
    """How a course is graded. `all_columns` has those too that are not in the gradebook."""

    course: CoursePage
    scheme: Scheme
    categories: tuple[Category, ...]
    all_columns: tuple[Column, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Those in the gradebook, by category as they are ordered; those in none come last."""
        place: dict[int | None, int] = {
            one.pk: number for number, one in enumerate(self.categories)
        }
        rows = [one for one in self.all_columns if one.stands]
        return tuple(sorted(rows, key=lambda one: place.get(one.category_id, len(place))))

    @cached_property
    def groups(self) -> list[tuple[Category | None, list[Column]]]:
        """The columns under their category; categories without any are left out."""
        found: dict[int | None, list[Column]] = {}
        for column in self.columns:
            found.setdefault(column.category_id, []).append(column)
        known: dict[int | None, Category] = {one.pk: one for one in self.categories}
        return [(known.get(key), columns) for key, columns in found.items()]

    @cached_property
    def steps(self) -> tuple[rules.Step, ...]:
        return self.scheme.steps

    @cached_property
    def frame(self) -> tuple[list[rules.Category], list[rules.Item]]:
        return [one.rule for one in self.categories], [one.rule for one in self.columns]

    def grade(self, results: Mapping[Any, rules.Result], *, final: bool = False) -> rules.Grade:
        categories, items = self.frame
        return rules.grade(self.scheme.mode, categories, items, results, final=final)

    def letter(self, percent: Decimal | None) -> str:
        return rules.letter(self.steps, percent)

    def counts(self, column: Column) -> bool:
        """Whether a student can fall short in it."""
        return rules.counts(self.scheme.mode, self.frame[0], column.rule)

    def column(self, key: str) -> Column:
        """Raises NotFound."""
        found = next((one for one in self.columns if one.key == key), None)
        if found is None:
            raise NotFound
        return found

    @property
    def unplaced(self) -> list[Column]:
        """What counts for nothing since it is in no category."""
        if not self.scheme.is_weighted:
            return []
        return [one for one in self.columns if one.category_id is None]


def scheme_of(course: CoursePage) -> Scheme:
    """The course's, or a new one that is not saved."""
    found = Scheme.objects.filter(course=course).first()
    return found or Scheme(provider_id=course.provider_id, course=course)


def book_of(course: CoursePage) -> Book:
    """The frame of the course's gradebook: four queries, and one where nothing is placed yet."""
    return books_of([course])[course.pk]


def books_of(courses: Sequence[CoursePage]) -> dict[int, Book]:
    """{course id: its frame}: four queries for all of them, and one where in a course nothing is
    placed yet."""
    items = _items_of(courses)
    of_homework = {one.homework_id: one for one in items if one.homework_id}
    of_assessment = {one.assessment_id: one for one in items if one.assessment_id}
    columns: dict[int, list[Column]] = {course.pk: [] for course in courses}
    for row in homework.gradable(courses):
        columns[row.course_id].append(_homework(row, of_homework.get(row.pk)))
    for test, most in assessments.gradable(courses):
        columns[test.course_id].append(_assessment(test, most, of_assessment.get(test.pk)))
    for one in items:
        if not one.homework_id and not one.assessment_id:
            column = Column(f"m{one.pk}", "manual", one.title, one.points, None, one)
            columns[one.course_id].append(column)
    schemes = {one.course_id: getattr(one.course, "grade_scheme", None) for one in items}
    if rest := [course for course in courses if course.pk not in schemes]:
        schemes |= {one.course_id: one for one in Scheme.objects.filter(course__in=rest)}
    categories: dict[int, list[Category]] = {}
    for each in Category.objects.filter(course__in=courses).order_by("position", "pk"):
        categories.setdefault(each.course_id, []).append(each)
    return {
        course.pk: Book(
            course,
            schemes.get(course.pk) or Scheme(provider_id=course.provider_id, course=course),
            tuple(categories.get(course.pk, ())),
            tuple(columns[course.pk]),
        )
        for course in courses
    }


def _items_of(courses: Sequence[CoursePage]) -> list[Item]:
    """In order; the course of each has its scheme, and nothing else at hand."""
    scheme = (f"course__grade_scheme__{one.name}" for one in Scheme._meta.concrete_fields)
    own = (one.name for one in Item._meta.concrete_fields)
    rows = Item.objects.filter(course__in=courses).select_related("course__grade_scheme")
    return list(rows.only(*own, *scheme).order_by("pk"))


def _homework(row: Homework, item: Item | None) -> Column:
    most = row.points if row.points is not None else (item.points if item else None)
    return Column(f"h{row.pk}", "homework", row.title, most, row, item)


def _assessment(row: Assessment, most: Decimal, item: Item | None) -> Column:
    return Column(f"a{row.pk}", "assessment", row.title, most or None, row, item)


# --- Filled in ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """What one student has in a column: `earned` by their work, and what was set by hand last.

    `exempt`, `waiting` and `missing` are what has come of the work; `attempt` is for the link.
    """

    column: Column
    earned: Decimal | None = None
    exempt: bool = False
    waiting: bool = False
    missing: bool = False
    attempt: int | None = None
    entry: Entry | None = None

    @property
    def is_set(self) -> bool:
        """Whether it stands as an instructor set it."""
        return self.entry is not None and self.entry.kind != Kind.EARNED

    @property
    def result(self) -> rules.Result:
        if self.entry is not None and self.entry.kind == Kind.POINTS:
            return rules.Result(self.entry.points)
        if self.entry is not None and self.entry.kind == Kind.EXCUSED:
            return rules.Result(excused=True)
        return rules.Result(self.earned, self.exempt)

    @property
    def points(self) -> Decimal | None:
        """As they are shown."""
        return None if self.result.excused else rules.shown(self.result.points)

    @property
    def text(self) -> str:
        """For files: the points, "excused", or nothing."""
        if self.result.excused:
            return EXCUSED
        return "" if self.points is None else plain(self.points)


# How files and people write it; never translated, so that a file reads the same everywhere.
EXCUSED, EARNED = "excused", "earned"


@dataclass(frozen=True)
class Sheet:
    """A student's part of the gradebook; `cells` are in the order of the book's columns."""

    book: Book
    enrolment: Enrolment
    cells: tuple[Cell, ...]

    @cached_property
    def results(self) -> dict[Any, rules.Result]:
        return {cell.column.key: cell.result for cell in self.cells}

    @cached_property
    def current(self) -> rules.Grade:
        return self.book.grade(self.results)

    @cached_property
    def final(self) -> rules.Grade:
        return self.book.grade(self.results, final=True)

    @property
    def letter(self) -> str:
        return self.book.letter(self.current.percent)

    @property
    def name(self) -> str:
        return str(self.enrolment.student)

    def cell(self, key: str) -> Cell:
        return next(one for one in self.cells if one.column.key == key)

    def groups(self) -> list["Group"]:
        """The cells under their category, with what each comes to."""
        found, at = [], 0
        for category, columns in self.book.groups:
            cells = self.cells[at : at + len(columns)]
            at += len(columns)
            percent = self.current.categories.get(category.pk) if category else None
            found.append(Group(category, cells, percent, self.current.dropped))
        return found


@dataclass(frozen=True, slots=True)
class Group:
    category: Category | None
    cells: tuple[Cell, ...]
    percent: Decimal | None
    dropped: frozenset[Any] = field_(default_factory=frozenset)


def sheets_of(book: Book, enrolments: Sequence[Enrolment], *, now: datetime) -> list[Sheet]:
    """Every student's part, in the order of `enrolments`: three queries."""
    return _sheets({book.course.pk: book}, enrolments, now)


def _sheets(
    books: Mapping[int, Book], enrolments: Sequence[Enrolment], now: datetime
) -> list[Sheet]:
    columns = [column for book in books.values() for column in book.columns]
    pieces = [one.row for one in columns if isinstance(one.row, Homework)]
    tests = [one.row for one in columns if isinstance(one.row, Assessment)]
    done = homework.outcomes(pieces, enrolments, now=now)
    taken = assessments.outcomes(tests, enrolments, now=now)
    entries = _latest(columns, enrolments)
    return [
        Sheet(
            book,
            seat,
            tuple(_cell(column, seat, done, taken, entries) for column in book.columns),
        )
        for seat in enrolments
        if (book := books.get(seat.course_id)) is not None
    ]


def _latest(
    columns: Sequence[Column], enrolments: Sequence[Enrolment]
) -> dict[tuple[Any, Any], Entry]:
    """{(item id, enrolment id): the entry that counts}: one query."""
    items = [one.item.pk for one in columns if one.item]
    if not items or not enrolments:
        return {}
    rows = Entry.objects.filter(item__in=items, enrolment__in=enrolments)
    last = rows.order_by().values("item", "enrolment").annotate(last=Max("pk")).values("last")
    found = Entry.objects.filter(pk__in=last)
    return {(entry.item_id, entry.enrolment_id): entry for entry in found}


def _cell(
    column: Column,
    seat: Enrolment,
    done: Mapping[Any, homework.Outcome],
    taken: Mapping[Any, assessments.Outcome],
    entries: Mapping[Any, Entry],
) -> Cell:
    entry = entries.get((column.item.pk, seat.pk)) if column.item else None
    most = column.most or Decimal(0)
    if isinstance(column.row, Homework):
        of = done[column.row.pk, seat.pk]
        earned = of.points
        if column.row.points is None and of.complete is not None:
            earned = most if of.complete else Decimal(0)
        return Cell(column, earned, of.exempt, of.waiting, of.missing, entry=entry)
    if isinstance(column.row, Assessment):
        one = taken[column.row.pk, seat.pk]
        earned = None if one.score is None else one.score * most / 100
        return Cell(
            column,
            earned,
            waiting=one.waiting,
            missing=one.missing,
            attempt=one.attempt,
            entry=entry,
        )
    return Cell(column, entry=entry)


def plain(number: Decimal) -> str:
    """A number without needless zeros: 7.50 → 7.5, 100 → 100."""
    return f"{number.normalize():f}"


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of what is graded in a column, in points."""

    points: Decimal | None
    number: int


def averages(book: Book, sheets: Sequence[Sheet]) -> list[Average]:
    """For each of the book's columns."""
    found = []
    for place, _column in enumerate(book.columns):
        results = [sheet.cells[place].result for sheet in sheets]
        had = [one.points for one in results if one.points is not None and not one.excused]
        mean = rules.shown(sum(had, Decimal(0)) / len(had)) if had else None
        found.append(Average(mean, len(had)))
    return found


def grade_of(enrolment: Enrolment) -> tuple[bool, Decimal | None]:
    """(whether there is a grade to ask for, the grade in percent), for what stands on a minimum.

    There is one to ask for once the course has required work with points that counts for the
    student, or something else was graded; it is None until all such work is graded. Rounded down.
    """
    book = book_of(CoursePage.objects.get(pk=enrolment.course_id))
    (sheet,) = sheets_of(book, [enrolment], now=clock.now())
    asked = [
        cell
        for cell in sheet.cells
        if cell.column.required and book.counts(cell.column) and not cell.result.excused
    ]
    if any(cell.result.points is None for cell in asked):
        return True, None
    grade = sheet.current.rounded_down
    return grade is not None, grade


# --- The desk's -----------------------------------------------------------------------------------


# Who marks homework grades; who sets it says how.
course_at_desk = homework.course_at_desk


def seats_of(course: CoursePage, words: str = "") -> QuerySet[Enrolment]:
    """Who studies there now, by name; `words` are looked for in names and addresses."""
    rows = Enrolment.objects.filter(course=course, state=Seat.ACTIVE).select_related("student")
    for word in words.split():
        rows = rows.filter(Q(student__name__icontains=word) | Q(student__email__icontains=word))
    return rows.order_by("student__name", "pk")


def seat_at_desk(course: CoursePage, enrolment_id: Any) -> Enrolment:
    """One student's, those who left too. Raises NotFound."""
    rows = Enrolment.objects.select_related("student", "course")
    if (found := rows.filter(course=course, pk=enrolment_id).first()) is None:
        raise NotFound
    return found


def history_of(sheet: Sheet) -> list[Entry]:
    """All that was set for the student, the latest first; each with its item."""
    rows = Entry.objects.filter(enrolment=sheet.enrolment, item__course=sheet.book.course)
    return list(rows.select_related("item__homework", "item__assessment", "set_by").order_by("-pk"))


def name_of(item: Item) -> str:
    """What the column of the item is called."""
    if item.homework is not None:
        return item.homework.title
    return item.assessment.title if item.assessment is not None else item.title


# --- A student's ----------------------------------------------------------------------------------


def sheet_for(
    user: Any, course_id: int, *, host: Provider | None
) -> tuple[CourseAccess, Sheet | None]:
    """A student's own part of the gradebook. None for staff, and where grades are not shown.

    Raises what `course_for` raises.
    """
    access = course_for(user, course_id, host=host)
    if access.enrolment is None:
        return access, None
    book = book_of(access.course)
    if not book.scheme.shown:
        return access, None
    return access, sheets_of(book, [access.enrolment], now=clock.now())[0]


def standing_in(enrolments: Sequence[Enrolment], *, now: datetime) -> dict[Any, Sheet]:
    """{enrolment id: the student's part}, of one student in several courses, where something is
    graded and grades are shown to students. `enrolments` have their courses. A query where there is
    nothing to grade, else eleven."""
    courses = {seat.course_id: seat.course for seat in enrolments}
    graded = _with_columns(courses)
    if not graded:
        return {}
    books = books_of([courses[key] for key in sorted(graded)])
    shown = {key: book for key, book in books.items() if book.scheme.shown and book.columns}
    sheets = _sheets(shown, [seat for seat in enrolments if seat.course_id in shown], now)
    return {one.enrolment.pk: one for one in sheets if one.current.percent is not None}


def _with_columns(courses: Collection[int]) -> set[int]:
    """Those of the courses (ids) that may have something in their gradebook: one query."""
    set_ = Homework.objects.filter(course__in=courses, state=HomeworkState.ASSIGNED)
    given = Assessment.objects.filter(course__in=courses, state=AssessmentState.PUBLISHED)
    items = Item.objects.filter(course__in=courses)
    first, *others = [rows.order_by().values_list("course_id") for rows in (set_, given, items)]
    return {key for (key,) in first.union(*others)}


@dataclass(frozen=True, slots=True)
class CourseWork:
    """What a course has besides lessons, as far as its pages lead there; `here` of one lesson."""

    homework: bool = False
    assessments: bool = False
    grades: bool = False
    homework_here: bool = False
    assessments_here: bool = False


def course_work(access: CourseAccess, lesson_id: int) -> CourseWork:
    """What a lesson's page leads its reader to: one query. Grades are shown to students where there
    is work or somebody has set up how it is graded, unless they are hidden."""
    course = access.course.pk
    set_ = Homework.objects.filter(course=course, state=HomeworkState.ASSIGNED)
    given = Assessment.objects.filter(course=course, state=AssessmentState.PUBLISHED)
    scheme = Scheme.objects.filter(course=course)
    homework, tests, here, tests_here, shown, hidden = (
        CoursePage.objects.filter(pk=course)
        .values_list(
            Exists(set_),
            Exists(given),
            Exists(set_.filter(lesson=lesson_id)),
            Exists(given.filter(lesson=lesson_id)),
            Exists(scheme.filter(shown=True)),
            Exists(scheme.filter(shown=False)),
        )
        .get()
    )
    grades = access.enrolment is not None and (shown or homework or tests) and not hidden
    return CourseWork(homework, tests, grades, here, tests_here)
