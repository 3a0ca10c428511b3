"""Tables for spreadsheets: CSV that is sent as it is read, XLSX that is written as it is read, and
nothing in them runs where they are opened."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from lms.common.formulas import harmless
from lms.common.streams import streamed


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Each row as a line of CSV."""
    line = io.StringIO()
    writer = csv.writer(line)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def csv_response(
    request: HttpRequest, name: str, rows: Iterable[Iterable[Any]]
) -> StreamingHttpResponse:
    """A download called `name`, in memory that does not grow with the rows."""
    response = streamed(
        request, csv_lines(rows), at_once=500, content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    return response


def write_workbook(rows: Iterable[Iterable[Any]], file: IO[bytes], *, title: str) -> None:
    """The rows as XLSX, in memory that does not grow with them."""
    from openpyxl import Workbook  # only tasks and downloads need it

    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    page.freeze_panes = "B2"
    for row in rows:
        page.append([storable(cell) for cell in row])
    book.save(file)


def storable(cell: Any) -> Any:
    """The cell as a workbook takes it: XML knows no control characters."""
    if not isinstance(cell, str):
        return cell
    return harmless("".join(one for one in cell if one >= " " or one == "\t"))
