"""The rows of the gradebook as HTML.

Twenty thousand cells are too many for a template each. All that is put together here are numbers,
keys, addresses and our own words; names are escaped.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.translation import gettext as _

from . import selectors
from .selectors import Book, Cell, Column, Sheet

ANY_SEAT = str(UUID(int=0))
ANY_ATTEMPT = 987_654_321_987_654_321


def shown(number: Any) -> str:
    """A number without needless zeros, as the reader's language writes it; "–" for none."""
    return "–" if number is None else str(number_format(selectors.plain(number)))


def work_url(sheet: Sheet, cell: Cell) -> str:
    """Where those who mark see the work behind a cell; "" where there is none to see."""
    return _filled_in(_pattern(sheet.book, cell.column), sheet, cell)


def _pattern(book: Book, column: Column) -> str:
    """The address of the work, with ANY_SEAT or ANY_ATTEMPT in it; "" where there is no page."""
    if column.row is None:
        return ""
    homework = column.source == "homework"
    name = "homework_desk:student" if homework else "assessments_desk:attempt"
    last = ANY_SEAT if homework else ANY_ATTEMPT
    try:
        return reverse(name, args=[book.course.pk, column.row.pk, last])
    except NoReverseMatch:
        return ""


def _filled_in(pattern: str, sheet: Sheet, cell: Cell) -> str:
    """Work that is marked without names is not led to before it is graded."""
    if not pattern or (getattr(cell.column.row, "anonymous", False) and cell.earned is None):
        return ""
    if cell.column.source == "homework":
        return pattern.replace(ANY_SEAT, str(sheet.enrolment.pk))
    return pattern.replace(str(ANY_ATTEMPT), str(cell.attempt)) if cell.attempt else ""


class Rows:
    """Rows of one book, in the language that is active when it is made."""

    def __init__(self, book: Book) -> None:
        course = book.course.pk
        self.patterns = [_pattern(book, column) for column in book.columns]
        self.student = reverse("grades_desk:student", args=[course, ANY_SEAT])
        self.current, self.final = escape(_("Current")), escape(_("Final"))
        self.letter = escape(_("Letter"))
        self.excused = f'<span class="muted">{escape(_("ex."))}</span>'
        self.waiting = f'<span class="gradebook__waiting">{escape(_("to grade"))}</span>'
        self.missing = f'<span class="gradebook__missing">{escape(_("missing"))}</span>'
        self.nothing = '<span class="muted">–</span>'
        self.numbers: dict[Any, str] = {}

    def html(self, sheets: Iterable[Sheet]) -> str:
        return "".join(self._row(sheet) for sheet in sheets)

    def _row(self, sheet: Sheet) -> str:
        url = self.student.replace(ANY_SEAT, str(sheet.enrolment.pk))
        cells = "".join(
            self._cell(sheet, cell, _filled_in(pattern, sheet, cell) or url)
            for cell, pattern in zip(sheet.cells, self.patterns, strict=True)
        )
        return (
            f'<tr data-student="{sheet.enrolment.pk}"><th scope="row" class="gradebook__name">'
            f'<a href="{url}"><bdi>{escape(sheet.name)}</bdi></a></th>'
            f'<td class="numeric" data-label="{self.current}"><strong data-current>'
            f"{shown(sheet.current.percent)}</strong></td>"
            f'<td class="numeric" data-label="{self.final}" data-final>'
            f"{shown(sheet.final.percent)}</td>"
            f'<td data-label="{self.letter}">{escape(sheet.letter) or "–"}</td>{cells}</tr>\n'
        )

    def _cell(self, sheet: Sheet, cell: Cell, url: str) -> str:
        is_set = " is-set" if cell.is_set else ""
        return (
            f'<td class="gradebook__item numeric{is_set}" data-cell="{cell.column.key}">'
            f'<a href="{url}">{self._said(sheet, cell)}</a></td>'
        )

    def _said(self, sheet: Sheet, cell: Cell) -> str:
        result = cell.result
        if result.excused:
            return self.excused
        if result.points is not None:
            said = self.numbers.get(result.points)
            if said is None:
                said = self.numbers[result.points] = shown(cell.points)
            return f"<s>{said}</s>" if cell.column.key in sheet.current.dropped else said
        if cell.waiting:
            return self.waiting
        return self.missing if cell.missing else self.nothing
