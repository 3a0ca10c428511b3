"""Tables for spreadsheets: CSV that is sent as it is read, and runs nothing where it is opened."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from lms.common.formulas import harmless


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
    lines: Any = csv_lines(rows)
    if hasattr(request, "scope"):  # ASGI: Django would read a plain iterator to its end first
        lines = _in_steps(lines)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "private, no-store"
    return response


async def _in_steps(lines: Iterator[str]) -> AsyncIterator[str]:
    def several() -> str:
        return "".join(line for _number, line in zip(range(500), lines, strict=False))

    while part := await sync_to_async(several)():
        yield part
