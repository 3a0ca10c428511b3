"""The gradebook as a table for spreadsheets, and such a table read again.

A column is known by the key in its heading, "Essay [h12]", a student by the ID or the address.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lms.common.sheets import write_workbook
from lms.enrolments.models import Enrolment

from . import rules, selectors
from .actions import Wish
from .models import Kind
from .selectors import EARNED, EXCUSED, Book, Column, Sheet

LARGEST = 5_000_000  # bytes
LARGEST_UNPACKED = 100_000_000
MOST_ROWS = 10_000
MOST_COLUMNS = 300
MOST_CHANGES = 20_000
MOST_PROBLEMS = 50  # that are shown

KEY = re.compile(r"\[([ham]\d{1,18})\]\s*$", re.ASCII)
ID, ADDRESS = "ID", "E-mail"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(book: Book, sheets: Iterable[Sheet]) -> Iterator[list[Any]]:
    """A heading, and a row for each student. Numbers are Decimals."""
    titles = [f"{one.title} [{one.key}]" for one in book.columns]
    yield [_("Student"), ADDRESS, ID, *titles, _("Current %"), _("Final %"), _("Letter")]
    for sheet in sheets:
        student = sheet.enrolment.student
        cells = [cell.text if cell.points is None else cell.points for cell in sheet.cells]
        grades = [sheet.current.percent, sheet.final.percent, sheet.letter]
        yield [str(student), student.email, str(sheet.enrolment.pk), *cells, *grades]


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows as an XLSX file; nothing in it runs."""
    file = io.BytesIO()
    write_workbook(rows, file, title="Grades")
    return file.getvalue()


class Unreadable(ValueError):
    """A file that is no table of grades; what it says is for people."""


@dataclass
class Problem:
    """What can't be taken; `row` counts as a spreadsheet does, the heading is 1."""

    row: int
    text: str


@dataclass
class Read:
    """What a file asks for. `skipped` are headings of columns that are not read."""

    wishes: dict[Any, dict[str, Wish]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rows: int = 0


def read(book: Book, seats: Iterable[Enrolment], content: bytes) -> Read:
    """What the file says, for the students in `seats`. Raises Unreadable."""
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    heading = next(rows, None)
    if heading is None:
        raise Unreadable(_("The file is empty."))
    names = [cell.strip().lstrip("'") for cell in heading]
    folded = [name.casefold() for name in names]
    at_id = folded.index(ID.casefold()) if ID.casefold() in folded else None
    at_address = next((folded.index(name) for name in ("e-mail", "email") if name in folded), None)
    if at_id is None and at_address is None:
        raise Unreadable(
            _("The first row needs a column “ID” or “E-mail”, as in the file you can download.")
        )
    found = Read()
    columns = _columns(book, names, found, {at_id, at_address})
    if not columns:
        raise Unreadable(
            _("No column of this gradebook is in the file: keep the first row as it is.")
        )
    by_id = {str(seat.pk): seat for seat in seats}
    by_address = {seat.student.email.casefold(): seat for seat in by_id.values()}
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        found.rows += 1
        if found.rows > MOST_ROWS:
            raise Unreadable(_("The file has more than %(most)d rows.") % {"most": MOST_ROWS})
        seat = by_id.get(_uuid(_cell(row, at_id))) or by_address.get(
            _cell(row, at_address).casefold()
        )
        if seat is None:
            name = _cell(row, at_address) or _cell(row, at_id) or _cell(row, 0)
            text = _("“%(name)s” does not study in this course.") % {"name": name[:100]}
            found.problems.append(Problem(number, text))
        elif seat.pk in found.wishes:
            text = _("%(name)s is in the file twice.") % {"name": seat.student}
            found.problems.append(Problem(number, text))
        else:
            found.wishes[seat.pk] = dict(_wishes(columns, row, number, found))
    return found


def _columns(
    book: Book, names: Sequence[str], found: Read, known: set[int | None]
) -> dict[int, Column]:
    """{place: the column}; of two with the same key the first."""
    of_key = {one.key: one for one in book.columns}
    columns: dict[int, Column] = {}
    for place, name in enumerate(names):
        match = KEY.search(name)
        column = of_key.pop(match[1], None) if match else None
        if column is not None:
            columns[place] = column
        elif name and place not in known:
            found.skipped.append(name[:200])
    return columns


def _wishes(
    columns: dict[int, Column], row: Sequence[str], number: int, found: Read
) -> Iterator[tuple[str, Wish]]:
    for place, column in columns.items():
        text = _cell(row, place)
        if not text:
            continue
        if (wish := read_wish(text, column)) is not None:
            yield column.key, wish
        else:
            most = selectors.plain(column.most or Decimal(0))
            said = _("“%(text)s” is no number from 0 to %(most)s (%(title)s).") % {
                "text": text[:50],
                "most": most,
                "title": column.title,
            }
            found.problems.append(Problem(number, said))


def read_wish(text: str, column: Column) -> Wish | None:
    """What somebody typed for a column: points, "excused", "earned"; None for anything else."""
    word = text.casefold()
    if word in (EXCUSED, _("excused").casefold()):
        return Wish(Kind.EXCUSED)
    if word in (EARNED, _("earned").casefold()):
        return Wish(Kind.EARNED)
    points = rules.read_points(text, column.most or Decimal(0))
    return None if points is None else Wish(Kind.POINTS, points)


def _cell(row: Sequence[str], place: int | None) -> str:
    if place is None or place >= len(row):
        return ""
    return row[place].strip().removeprefix("'")


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _csv(content: bytes) -> Iterator[list[str]]:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_("Save the file as “CSV UTF-8” or as XLSX, and send that.")) from None
    if "\x00" in text:
        raise Unreadable(_("This is no table: save it as “CSV UTF-8” or as XLSX, and send that."))
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in rows:
            if len(row) > MOST_COLUMNS:
                raise Unreadable(_("The file has too many columns."))
            yield row
    except csv.Error as problem:
        raise Unreadable(
            _("Row %(row)d can’t be read: it is too long.") % {"row": rows.line_num}
        ) from problem


def _xlsx(content: bytes) -> Iterator[list[str]]:
    """The rows of the first sheet."""
    from openpyxl import load_workbook  # heavy, and seldom needed

    unreadable = _("This XLSX file can’t be read. Save it as “CSV UTF-8”, and send that.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST_UNPACKED:
                raise Unreadable(unreadable)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        page = book.worksheets[0]
        if (page.max_row or 0) > 50 * MOST_ROWS or (page.max_column or 0) > 50 * MOST_COLUMNS:
            page.reset_dimensions()
        rows = page.iter_rows(values_only=True, max_col=MOST_COLUMNS, max_row=2 * MOST_ROWS)
        yield from ([_said(cell) for cell in row] for row in rows)
    except Unreadable:
        raise
    # Whatever is wrong inside of a file that somebody made: there are many ways.
    except Exception as problem:
        raise Unreadable(unreadable) from problem


def _said(cell: Any) -> str:
    """A cell as it would stand in CSV; a spreadsheet's numbers are floats."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return selectors.plain(Decimal(str(round(cell, 6)))) if abs(cell) < 1e12 else str(cell)
    return str(cell).replace("\x00", "")
