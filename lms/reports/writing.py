"""A report as a file: CSV, XLSX or PDF, written as it is read, in memory that does not grow."""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language

from lms.certificates import pictures
from lms.certificates.document import ACCENT, PRIMARY
from lms.certificates.rules import readable_on_white
from lms.common.sheets import csv_lines, write_workbook
from lms.courses.languages import is_right_to_left

from .learning import Ask, table
from .models import By, Format

# Rows of a PDF: nobody prints more, and its layout is held in memory.
MOST_ON_PAPER = 500


@contextmanager
def written(ask: Ask, *, by: str, format: str, progress: Callable[[int], None]) -> Iterator[Path]:
    """The path of the file, in the active language; it is gone at the end."""
    handle, name = tempfile.mkstemp(suffix=f".{format}")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            rows = table(ask, by, progress)
            WRITERS[format](ask, by, rows, file)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _csv(ask: Ask, by: str, rows: Iterable[list[Any]], file: IO[bytes]) -> None:
    for line in csv_lines(rows):
        file.write(line.encode())


def _xlsx(ask: Ask, by: str, rows: Iterable[list[Any]], file: IO[bytes]) -> None:
    write_workbook(rows, file, title=str(By(by).label))


def _pdf(ask: Ask, by: str, rows: Iterable[list[Any]], file: IO[bytes]) -> None:
    """On paper the sums come first; what does not fit is in the other files."""
    from PIL import ImageFile
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # WeasyPrint makes Pillow take cut-off pictures, and so would the checks of uploads.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    lines = iter(rows)
    heading = next(lines)
    shown = list(islice(lines, MOST_ON_PAPER))
    more = sum(1 for _line in lines)
    page = HTML(
        string=render_to_string("documents/report.html", _on_paper(ask, by, heading, shown, more)),
        url_fetcher=URLFetcher(allowed_protocols=["data"]),
    )
    page.write_pdf(file, pdf_variant="pdf/ua-1")


WRITERS: dict[str, Callable[[Ask, str, Iterable[list[Any]], IO[bytes]], None]] = {
    Format.CSV: _csv,
    Format.XLSX: _xlsx,
    Format.PDF: _pdf,
}


def _on_paper(
    ask: Ask, by: str, heading: list[Any], shown: list[list[Any]], more: int
) -> dict[str, Any]:
    provider = ask.course.provider
    language = get_language() or settings.LANGUAGE_CODE
    logo = pictures.keep(provider.logo)
    return {
        "provider": provider,
        "course": ask.course,
        "by": By(by).label,
        "span": f"{date_format(ask.span.first)} – {date_format(ask.span.last)}",
        "zone": ask.zone,
        "heading": heading,
        "rows": shown,
        "sums": _sums(heading, shown) if shown and not more else [],
        "more": more,
        "language": language,
        "dir": "rtl" if is_right_to_left(language) else "ltr",
        "primary": readable_on_white(provider.primary_colour or PRIMARY),
        "accent": readable_on_white(provider.accent_colour or ACCENT, ratio=3),
        "logo": pictures.data_uri(logo) if logo else "",
    }


def _sums(heading: list[Any], rows: list[list[Any]]) -> list[tuple[str, Any, Any]]:
    """(column, mean, median) of the columns of numbers."""
    found = []
    for place, title in enumerate(heading):
        numbers = [row[place] for row in rows if isinstance(row[place], int | float)]
        if place and numbers:
            found.append(
                (title, f"{statistics.mean(numbers):.1f}", f"{statistics.median(numbers):g}")
            )
    return found
