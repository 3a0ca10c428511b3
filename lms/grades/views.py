"""A student's page: their grades in a course, and what they would be."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.enrolments.views import explain_closed
from lms.tenants.requests import HouseRequest

from . import rules, selectors
from .permissions import may_mark
from .selectors import Sheet

# The fields of what is imagined are "if-" and the key of the column.
IMAGINED = "if-"


@require_safe
@explain_closed
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The reader's own grades. With imagined points, what the grades would be; nothing is kept. Who
    may see it: those enrolled, where grades are shown; staff are led to the desk.
    """
    access, sheet = selectors.sheet_for(request.user, course_id, host=request.provider)
    context: dict[str, Any] = {
        "course": access.course,
        "access": access,
        "marks": may_mark(request.user, access.course),
        "sheet": sheet,
    }
    if sheet is not None:
        context |= _figures(sheet, request)
    name = "grades/_figures.html" if request.htmx and sheet else "grades/course.html"
    return render(request, name, context)


def _figures(sheet: Sheet, request: HouseRequest) -> dict[str, Any]:
    book = sheet.book
    results = dict(sheet.results)
    typed: dict[str, str] = {}
    wrong: list[str] = []
    for column in book.columns:
        text = request.GET.get(f"{IMAGINED}{column.key}", "").strip()[:12].replace("\x00", "")
        if not text:
            continue
        typed[column.key] = text
        points = rules.read_points(text, column.most or Decimal(0))
        if points is None:
            wrong.append(column.key)
        else:
            results[column.key] = rules.Result(points)
    imagined = book.grade(results) if len(typed) > len(wrong) else None
    imagined_final = book.grade(results, final=True) if imagined else None
    return {
        "groups": [
            (
                group,
                [(cell, typed.get(cell.column.key, "")) for cell in group.cells],
            )
            for group in sheet.groups()
        ],
        "imagined": imagined,
        "imagined_final": imagined_final,
        "imagined_letter": book.letter(imagined.percent) if imagined else "",
        "wrong": wrong,
        "imagining": bool(typed),
    }
