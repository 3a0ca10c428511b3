"""Tables for spreadsheets: CSV that is sent as it is read, and runs nothing where it is opened."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

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
