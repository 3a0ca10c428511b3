"""Writes: how a course is graded, and what instructors set by hand. In the provider's scope.

Lock order: the enrolments, by id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lms.common.errors import Forbidden, Invalid, NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit

from . import events, rules, selectors
from .errors import ColumnHasGrades, GradesMoved
from .models import LONGEST_REASON, MOST_POINTS, Category, Entry, Item, Kind, Scheme
from .permissions import may_mark, may_set
from .selectors import Cell, Column, Sheet

MOST_CATEGORIES = 40
MOST_COLUMNS = 200

# --- How a course is graded -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a column of the book stands. `title` is for columns of their own alone, `points` for
    those and for homework that has none itself."""

    key: str
    category: Category | None = None
    extra: bool = False
    left_out: bool = False
    points: Decimal | None = None
    title: str = ""


@transaction.atomic
def set_scheme(course: CoursePage, values: Mapping[str, Any], *, actor: Any) -> Scheme:
    """How the course's grade is made; `values` are fields of Scheme. Raises Forbidden, Invalid."""
    _require_setter(course, actor)
    scheme = _scheme(course)
    for name, value in values.items():
        setattr(scheme, name, value)
    _clean(scheme)
    try:
        rules.read_scale(scheme.scale)
    except rules.ScaleError as problem:
        raise Invalid(details={"scale": [str(problem)]}) from problem
    scheme.save()
    _changed(scheme, actor)
    return scheme


@transaction.atomic
def set_categories(
    course: CoursePage, rows: Iterable[Category], *, drop: Iterable[Category] = (), actor: Any
) -> None:
    """Have these categories, in their order, new ones among them; those in `drop` go, and what is
    in them is in none then. Raises Forbidden, Invalid."""
    _require_setter(course, actor)
    gone = {row.pk for row in drop}
    kept = [row for row in rows if row.pk is None or row.pk not in gone]
    if len(kept) > MOST_CATEGORIES:
        raise Invalid(_("These are too many categories."))
    Category.objects.filter(course=course, pk__in=gone).delete()
    for position, row in enumerate(kept):
        row.position, row.course = position, course
        if row.pk is None:
            row.provider_id = course.provider_id
        if row.extra:
            row.drop = 0
        _clean(row)
        row.save()
    _changed(_scheme(course), actor)


@transaction.atomic
def place(course: CoursePage, placements: Iterable[Placement], *, actor: Any) -> None:
    """Put columns of the book where they belong. Raises Forbidden, Invalid, NotFound."""
    _require_setter(course, actor)
    known = {one.key: one for one in selectors.book_of(course).all_columns}
    for one in placements:
        if (column := known.get(one.key)) is None:
            raise NotFound
        item = _item(course, column)
        if one.category is not None and one.category.course_id != course.pk:
            raise NotFound
        item.category, item.extra, item.left_out = one.category, one.extra, one.left_out
        if column.source == "manual":
            item.title = one.title or item.title
            item.points = one.points or item.points
        elif column.source == "homework" and column.row and column.row.points is None:  # type: ignore[union-attr]
            item.points = one.points
        _clean(item)
        item.save()
    _changed(_scheme(course), actor)


@transaction.atomic
def add_column(
    course: CoursePage,
    title: str,
    points: Decimal,
    *,
    category: Category | None = None,
    extra: bool = False,
    actor: Any,
) -> Item:
    """A column of its own. Raises Forbidden, Invalid, NotFound."""
    _require_setter(course, actor)
    if category is not None and category.course_id != course.pk:
        raise NotFound
    if Item.objects.filter(course=course, homework=None, assessment=None).count() >= MOST_COLUMNS:
        raise Invalid(_("These are too many columns."))
    item = Item(
        provider_id=course.provider_id,
        course=course,
        title=title,
        points=points,
        category=category,
        extra=extra,
    )
    if not title.strip():
        raise Invalid(details={"title": [_("What is it called?")]})
    _clean(item)
    item.save()
    _changed(_scheme(course), actor)
    return item


@transaction.atomic
def drop_column(item: Item, *, actor: Any) -> None:
    """Take a column of its own away that nobody has a grade in. Raises Forbidden, NotFound,
    ColumnHasGrades."""
    _require_setter(item.course, actor)
    if item.homework_id or item.assessment_id:
        raise NotFound
    if item.entries.exists():
        raise ColumnHasGrades
    course = item.course
    item.delete()
    _changed(_scheme(course), actor)


# --- What is set by hand --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to stand in a column: points, excused, or what was earned."""

    kind: Kind
    points: Decimal | None = None

    @property
    def text(self) -> str:
        if self.kind == Kind.POINTS and self.points is not None:
            return selectors.plain(self.points)
        return selectors.EXCUSED if self.kind == Kind.EXCUSED else selectors.EARNED


# {enrolment id: {key of a column: what is to stand there}}
Wishes = Mapping[Any, Mapping[str, Wish]]


@dataclass(frozen=True, slots=True)
class Change:
    """A grade that a wish changes."""

    sheet: Sheet
    cell: Cell
    wish: Wish

    @property
    def before(self) -> str:
        return self.cell.text

    @property
    def after(self) -> str:
        """What stands there then; for what was earned, that."""
        if self.wish.kind != Kind.EARNED:
            return self.wish.text
        bare = Cell(self.cell.column, self.cell.earned, self.cell.exempt)
        return bare.text


@dataclass(frozen=True, slots=True)
class Preview:
    """What wishes would change. `digest` names just this set of changes."""

    changes: tuple[Change, ...]
    digest: str

    @property
    def students(self) -> int:
        return len({change.sheet.enrolment.pk for change in self.changes})


def preview(course: CoursePage, wishes: Wishes, *, actor: Any, at: datetime) -> Preview:
    """What would change; what stands as it is wished for is left alone. Raises Forbidden, Invalid,
    NotFound."""
    _require_marker(course, actor)
    return _preview(course, wishes, at)


@transaction.atomic
def commit(
    course: CoursePage,
    wishes: Wishes,
    *,
    digest: str | None = None,
    reason: str = "",
    actor: Any,
    at: datetime,
) -> Preview:
    """Set what is wished for. With `digest`, only as it was previewed. All that stood before stays
    in the history. Raises Forbidden, Invalid, NotFound, and GradesMoved where it would not be the
    same any more.
    """
    _require_marker(course, actor)
    rows = Enrolment.objects.select_for_update(no_key=True).filter(pk__in=list(wishes))
    list(rows.order_by("pk"))
    found = _preview(course, wishes, at)
    if digest is not None and found.digest != digest:
        raise GradesMoved
    items: dict[str, Item] = {}
    of_student: dict[Any, list[Entry]] = {}
    for change in found.changes:
        column = change.cell.column
        if column.key not in items:
            items[column.key] = _item(course, column)
        entry = Entry(
            provider_id=course.provider_id,
            item=items[column.key],
            enrolment=change.sheet.enrolment,
            kind=change.wish.kind,
            points=change.wish.points,
            reason=reason.strip()[:LONGEST_REASON],
            set_by=None if actor is SYSTEM else actor,
            set_at=at,
        )
        of_student.setdefault(change.sheet.enrolment.pk, []).append(entry)
    Entry.objects.bulk_create(
        [entry for mine in of_student.values() for entry in mine], batch_size=500
    )
    for key, mine in of_student.items():
        told = {"enrolment": str(key), "entries": [entry.pk for entry in mine]}
        emit(events.ENTERED, mine[0], actor=actor, **told)
    return found


def set_entry(
    sheet: Sheet, key: str, wish: Wish, *, reason: str = "", actor: Any, at: datetime
) -> Preview:
    """Set one grade of one student. Raises Forbidden, Invalid, NotFound."""
    wishes = {sheet.enrolment.pk: {key: wish}}
    return commit(sheet.book.course, wishes, reason=reason, actor=actor, at=at)


def _preview(course: CoursePage, wishes: Wishes, at: datetime) -> Preview:
    book = selectors.book_of(course)
    seats = list(
        Enrolment.objects.filter(course=course, pk__in=list(wishes))
        .select_related("student")
        .order_by("student__name", "pk")
    )
    if len(seats) != len(wishes):
        raise NotFound
    changes = []
    for sheet in selectors.sheets_of(book, seats, now=at):
        wanted = wishes[sheet.enrolment.pk]
        for key in wanted:
            book.column(key)
        for cell in sheet.cells:
            wish = wanted.get(cell.column.key)
            if wish is not None and _moves(cell, wish):
                changes.append(Change(sheet, cell, wish))
    said = ";".join(
        f"{one.sheet.enrolment.pk}:{one.cell.column.key}:{_stands(one.cell)}>{one.wish.text}"
        for one in changes
    )
    return Preview(tuple(changes), sha256(said.encode()).hexdigest())


def _moves(cell: Cell, wish: Wish) -> bool:
    """Whether the wish changes anything. Raises Invalid for points there are not."""
    most = cell.column.most or Decimal(0)
    if wish.kind == Kind.POINTS:
        if wish.points is None or not 0 <= wish.points <= min(most, MOST_POINTS):
            raise Invalid(details={"points": [_out_of_range(cell.column)]})
        return cell.points is None or cell.points != wish.points
    if wish.kind == Kind.EXCUSED:
        return not cell.result.excused
    return cell.is_set


def _out_of_range(column: Column) -> str:
    most = selectors.plain(column.most or Decimal(0))
    return _("Points are a number from 0 to %(most)s.") % {"most": most}


def _stands(cell: Cell) -> str:
    """How it came to stand there too: earned anew, the same points are another matter."""
    return f"{cell.text}/{cell.entry.pk if cell.entry else ''}"


# --- Shared ---------------------------------------------------------------------------------------


def _item(course: CoursePage, column: Column) -> Item:
    """The column's row; two who ask at once get the same."""
    if column.item is not None:
        return column.item
    known, _new = Item.objects.get_or_create(
        provider_id=course.provider_id,
        **{column.source: column.row},
        defaults={"course": course},
    )
    return known


def _scheme(course: CoursePage) -> Scheme:
    known, _new = Scheme.objects.get_or_create(
        provider_id=course.provider_id,
        course=course,
    )
    return known


def _changed(scheme: Scheme, actor: Any) -> None:
    emit(events.SCHEME_CHANGED, scheme, actor=actor, course=scheme.course_id)


def _clean(row: Any) -> None:
    try:
        row.clean_fields()
    except ValidationError as problem:
        raise Invalid(details=problem.message_dict) from problem


def _require_setter(course: CoursePage, actor: Any) -> None:
    if actor is not SYSTEM and not may_set(actor, course):
        raise Forbidden


def _require_marker(course: CoursePage, actor: Any) -> None:
    if actor is not SYSTEM and not may_mark(actor, course):
        raise Forbidden
