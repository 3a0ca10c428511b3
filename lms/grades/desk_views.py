"""The desk: the gradebook, one student's part of it, a column typed down, how a course is graded,
and the way of grades to spreadsheets and back."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Conflict, Forbidden, Invalid, NotFound
from lms.common.sheets import csv_response
from lms.common.streams import streamed
from lms.courses.desk import Desk
from lms.tenants.requests import HouseRequest

from . import actions, rules, selectors, sheets
from .actions import Wish
from .errors import GradesMoved
from .forms import (
    CategoriesForm,
    ColumnForm,
    EntryForm,
    FileForm,
    PlacementsForm,
    ReasonForm,
    SchemeForm,
)
from .models import Item, Kind
from .rendering import Rows
from .selectors import Book, Sheet

TYPED_PER_PAGE = 200
ROWS_AT_ONCE = 25
ROWS_HERE = "<!-- rows -->"  # no title can write this: they are escaped
A_DAY = 24 * 60 * 60  # seconds
SALT = "lms.grades.import"


@login_required
@require_safe
@never_cache
def book(request: HouseRequest, course_id: int) -> HttpResponseBase:
    """The gradebook, sent as it is made. Who may see it: those who mark there. Twelve queries, the
    reader's own among them, however many students and columns.
    """
    desk, found = _book(request, course_id)
    words = _words(request)
    seats = list(selectors.seats_of(desk.course, words))
    rows = selectors.sheets_of(found, seats, now=clock.now())
    sort = request.GET.get("sort", "")[:40]
    rows = _sorted(found, rows, sort)
    context = {
        "desk": desk,
        "course": desk.course,
        "book": found,
        "number": len(rows),
        "averages": list(zip(found.columns, selectors.averages(found, rows), strict=True)),
        "words": words,
        "sort": sort,
    }
    page = render_to_string("grades/desk/book.html", context, request=request)
    head, _here, foot = page.partition(ROWS_HERE)
    return streamed(request, _parts(head, found, rows, foot))


def _parts(head: str, found: Book, rows: list[Sheet], foot: str) -> Iterator[str]:
    """The page in pieces. By now nothing is left to ask the database."""
    made = Rows(found)
    language = get_language()

    def parts() -> Iterator[str]:
        yield head
        for start in range(0, len(rows), ROWS_AT_ONCE):
            with override(language):
                part = made.html(rows[start : start + ROWS_AT_ONCE])
            yield part
        yield foot

    return parts()


def _sorted(found: Book, rows: list[Sheet], sort: str) -> list[Sheet]:
    """By name as they come, or by a grade or a column; who has none comes last either way."""
    key = sort.removeprefix("-")
    backwards = sort.startswith("-")
    if key == "name" and backwards:
        return rows[::-1]
    if key in ("current", "final"):
        values = [getattr(row, key).percent for row in rows]
    elif any(column.key == key for column in found.columns):
        values = [row.cell(key).points for row in rows]
    else:
        return rows
    pairs = list(zip(values, rows, strict=True))
    some = [pair for pair in pairs if pair[0] is not None]
    some.sort(key=lambda pair: pair[0], reverse=backwards)
    return [row for _value, row in some] + [row for value, row in pairs if value is None]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def student(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """All of one student; a grade is set, excused or taken back here. Who may: those who mark."""
    desk, found = _book(request, course_id)
    seat = selectors.seat_at_desk(desk.course, enrolment_id)
    (sheet,) = selectors.sheets_of(found, [seat], now=clock.now())
    form = None
    if request.method == "POST":
        column = found.column(request.POST.get("column", ""))
        form = EntryForm(request.POST, column=column)
        if form.is_valid():
            done = actions.set_entry(
                sheet,
                column.key,
                form.wish,
                reason=form.cleaned_data["reason"],
                actor=request.user,
                at=clock.now(),
            )
            said = _("Saved. The student is told.") if done.changes else _("Nothing to change.")
            messages.success(request, said)
            return redirect("grades_desk:student", desk.course.pk, seat.pk)
    context = {
        "desk": desk,
        "course": desk.course,
        "book": found,
        "sheet": sheet,
        "groups": [(group, _with_forms(group.cells, form)) for group in sheet.groups()],
        "history": selectors.history_of(sheet),
    }
    status = 422 if form is not None else 200
    return render(request, "grades/desk/student.html", context, status=status)


def _with_forms(cells: Iterable[selectors.Cell], bound: EntryForm | None) -> list[Any]:
    """(cell, the form to set it)."""
    pairs = []
    for cell in cells:
        if bound is not None and bound.column.key == cell.column.key:
            pairs.append((cell, bound))
            continue
        kind = cell.entry.kind if cell.is_set and cell.entry else Kind.POINTS
        points = "" if cell.points is None else selectors.plain(cell.points)
        initial = {"kind": kind, "points": points}
        pairs.append((cell, EntryForm(column=cell.column, initial=initial)))
    return pairs


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def column(request: HouseRequest, course_id: int, item_id: int) -> HttpResponse:
    """Type the grades of a column of its own, one below the other; they are saved together. What
    another changed meanwhile and was not typed here is left alone. Who may: those who mark.
    """
    desk, found = _book(request, course_id)
    here = found.column(f"m{item_id}")
    words = _words(request)
    seats = selectors.seats_of(desk.course, words)
    page = Paginator(seats, TYPED_PER_PAGE).get_page(request.GET.get("page"))
    rows = selectors.sheets_of(found, list(page.object_list), now=clock.now())
    typed = [_Typed(row, here, request.POST) for row in rows]
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and not any(one.error for one in typed):
            wishes = {
                one.sheet.enrolment.pk: {here.key: one.wish}
                for one in typed
                if one.wish is not None
            }
            reason = form.cleaned_data["reason"]
            done = actions.commit(
                desk.course, wishes, reason=reason, actor=request.user, at=clock.now()
            )
            _say_changed(request, len(done.changes))
            return redirect(request.get_full_path())
        status = 422
    context = {
        "desk": desk,
        "course": desk.course,
        "column": here,
        "page": page,
        "rows": typed,
        "words": words,
        "form": form,
    }
    return render(request, "grades/desk/column.html", context, status=status)


class _Typed:
    """A line of a column: what stood there when the page was made, and what was typed since."""

    def __init__(self, sheet: Sheet, column: selectors.Column, data: Any) -> None:
        self.sheet, self.cell = sheet, sheet.cell(column.key)
        self.name = f"p-{sheet.enrolment.pk.hex}"
        self.was_name = f"was-{sheet.enrolment.pk.hex}"
        self.was = data.get(self.was_name, self.cell.text)[:20]
        self.text = data.get(self.name, self.was).strip()[:20]
        self.wish: Wish | None = None
        self.error = False
        if self.text == self.was:
            return
        self.wish = sheets.read_wish(self.text, column) if self.text else Wish(Kind.EARNED)
        self.error = self.wish is None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def setup(request: HouseRequest, course_id: int) -> HttpResponse:
    """How the course is graded (`part` of the form: scheme, categories, items, new). Who may: those
    who set homework there."""
    desk, found = _book(request, course_id)
    if not desk.sets:
        raise Forbidden
    part = request.POST.get("part", "") if request.method == "POST" else ""
    data = request.POST
    forms: dict[str, Any] = {
        "scheme": SchemeForm(data if part == "scheme" else None, instance=found.scheme),
        "categories": CategoriesForm(found.categories, data if part == "categories" else None),
        "items": PlacementsForm(found, data if part == "items" else None),
        "new": ColumnForm(data if part == "new" else None, book=found),
    }
    status = 200
    refused = None
    if part:
        if part not in forms:
            raise NotFound
        try:
            if forms[part].is_valid():
                _save(part, forms[part], desk, request.user)
                messages.success(request, _("Saved."))
                return redirect("grades_desk:setup", desk.course.pk)
        except Invalid as problem:
            refused = problem
        status = 422
    weights = sum(one.weight for one in found.categories if not one.extra)
    context = {
        "desk": desk,
        "course": desk.course,
        "book": found,
        "forms": forms,
        "weights": weights,
        "steps": _ranges(found.steps),
        "part": part,
        "refused": refused,
    }
    return render(request, "grades/desk/setup.html", context, status=status)


def _save(part: str, form: Any, desk: Desk, actor: Any) -> None:
    course = desk.course
    if part == "scheme":
        actions.set_scheme(course, form.cleaned_data, actor=actor)
    elif part == "categories":
        rows, drop = form.rows
        actions.set_categories(course, rows, drop=drop, actor=actor)
    elif part == "items":
        actions.place(course, form.placements, actor=actor)
    else:
        values = form.cleaned_data
        actions.add_column(course, **values, actor=actor)


@login_required
@require_safe
def letters(request: HouseRequest, course_id: int) -> HttpResponse:
    """What a scale that is being typed comes to (`scale`), for the page's script. Who may: those
    who set homework there."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    if not desk.sets:
        raise Forbidden
    context: dict[str, Any] = {}
    try:
        context["steps"] = _ranges(rules.read_scale(request.GET.get("scale", "")[:1000]))
    except rules.ScaleError as problem:
        context["line"] = problem.line
    return render(request, "grades/desk/_letters.html", context)


def _ranges(steps: tuple[rules.Step, ...]) -> list[tuple[str, Any, Any]]:
    """(letter, from, below); no upper end for the best."""
    above: list[Any] = [None, *(step.least for step in steps)]
    return [(step.letter, step.least, end) for step, end in zip(steps, above, strict=False)]


@login_required
@require_POST
def drop_column(request: HouseRequest, course_id: int, item_id: int) -> HttpResponse:
    """Take a column of its own away. Who may: those who set homework there."""
    desk, found = _book(request, course_id)
    item = next((one.item for one in found.all_columns if one.key == f"m{item_id}"), None)
    if item is None:
        raise NotFound
    try:
        actions.drop_column(
            Item.objects.select_related("course").get(pk=item.pk), actor=request.user
        )
        messages.success(request, _("Taken away."))
    except Conflict as refused:
        messages.error(request, str(refused.message))
    return redirect("grades_desk:setup", desk.course.pk)


# --- Spreadsheets ---------------------------------------------------------------------------------


@login_required
@require_safe
def as_csv(request: HouseRequest, course_id: int) -> HttpResponseBase:
    """The gradebook as CSV. Who may: those who mark there."""
    desk, rows = _table(request, course_id)
    return csv_response(request, f"{_file_name(desk)}.csv", rows)


@login_required
@require_safe
def as_xlsx(request: HouseRequest, course_id: int) -> HttpResponse:
    """The gradebook as XLSX. Who may: those who mark there."""
    desk, rows = _table(request, course_id)
    response = HttpResponse(sheets.workbook(rows), content_type=sheets.XLSX)
    name = f"{_file_name(desk)}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


def _table(request: HouseRequest, course_id: int) -> tuple[Desk, Iterator[list[Any]]]:
    desk, found = _book(request, course_id)
    seats = list(selectors.seats_of(desk.course))
    rows = selectors.sheets_of(found, seats, now=clock.now())
    return desk, sheets.table(found, rows)


def _file_name(desk: Desk) -> str:
    return f"{slugify(desk.course.title) or 'course'}-{clock.now():%Y-%m-%d}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def read_file(request: HouseRequest, course_id: int) -> HttpResponse:
    """Send a table of grades and see what it would change; nothing is changed yet. Who may: those
    who mark there."""
    desk, found = _book(request, course_id)
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"desk": desk, "course": desk.course, "book": found, "form": form}
    if request.method != "POST":
        return render(request, "grades/desk/import.html", context)
    if not form.is_valid():
        return render(request, "grades/desk/import.html", context, status=422)
    seats = selectors.seats_of(desk.course)
    try:
        read = sheets.read(found, seats, form.cleaned_data["file"])
    except sheets.Unreadable as problem:
        form.add_error("file", str(problem))
        return render(request, "grades/desk/import.html", context, status=422)
    preview = actions.preview(desk.course, read.wishes, actor=request.user, at=clock.now())
    if len(preview.changes) > sheets.MOST_CHANGES:
        form.add_error("file", _("These are too many changes at once: send a part of the table."))
        return render(request, "grades/desk/import.html", context, status=422)
    context |= {
        "read": read,
        "problems": read.problems[: sheets.MOST_PROBLEMS],
        "more": max(0, len(read.problems) - sheets.MOST_PROBLEMS),
        "preview": preview,
        "sealed": _sealed(request, desk, preview),
        "reason": ReasonForm(),
    }
    return render(request, "grades/desk/import.html", context)


def _sealed(request: HouseRequest, desk: Desk, preview: actions.Preview) -> str:
    """What was previewed, as it comes back with the form: for this person and course alone."""
    wishes: dict[str, dict[str, str]] = {}
    for change in preview.changes:
        key = change.sheet.enrolment.pk.hex
        wishes.setdefault(key, {})[change.cell.column.key] = change.wish.text
    said = [desk.course.pk, str(request.user.pk), preview.digest, wishes]
    return signing.dumps(said, salt=SALT, compress=True)


@login_required
@require_POST
def commit_file(request: HouseRequest, course_id: int) -> HttpResponse:
    """Set what was previewed, and nothing else. Who may: those who mark there."""
    desk, found = _book(request, course_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid(details=form.errors.get_json_data())
    try:
        sealed = signing.loads(request.POST.get("sealed", ""), salt=SALT, max_age=A_DAY)
        course, user, digest, texts = sealed
        if (course, user) != (desk.course.pk, str(request.user.pk)):
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, _("That preview is too old. Please send the file again."))
        return redirect("grades_desk:import", desk.course.pk)
    columns = {one.key: one for one in found.columns}
    wishes: dict[Any, dict[str, Wish]] = {}
    for key, cells in texts.items():
        for name, text in cells.items():
            wish = sheets.read_wish(text, columns[name]) if name in columns else None
            if wish is None:  # the column is gone by now, or has fewer points
                raise GradesMoved
            wishes.setdefault(UUID(key), {})[name] = wish
    done = actions.commit(
        desk.course,
        wishes,
        digest=digest,
        reason=form.cleaned_data["reason"],
        actor=request.user,
        at=clock.now(),
    )
    _say_changed(request, len(done.changes))
    return redirect("grades_desk:book", desk.course.pk)


# --- Shared ---------------------------------------------------------------------------------------


def _book(request: HouseRequest, course_id: int) -> tuple[Desk, Book]:
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    return desk, selectors.book_of(desk.course)


def _words(request: HouseRequest) -> str:
    return request.GET.get("q", "").strip()[:100].replace("\x00", "")


def _say_changed(request: HouseRequest, number: int) -> None:
    said = ngettext("%(number)d grade was changed.", "%(number)d grades were changed.", number)
    messages.success(request, said % {"number": number})
