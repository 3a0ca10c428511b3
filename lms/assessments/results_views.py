"""The desk: results of an assessment, what they say about its questions, and marking anew. Who may:
those who mark assessments at the course's provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.sheets import csv_response
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .desk_views import at_desk
from .errors import GradesMoved
from .models import Assessment
from .rules.analysis import Caution, Taken
from .selectors import Analysed, Result, Stands, time_taken

PER_PAGE = 50


def _names() -> dict[str, str]:
    return {
        Stands.TO_MARK: _("To mark"),
        Stands.RUNNING: _("In progress"),
        Stands.GRADED: _("Graded"),
        Stands.NOT_BEGUN: _("Not begun"),
    }


@login_required
@require_safe
@never_cache
def results(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Who did what. Five queries and those of people."""
    desk, row = at_desk(request, course_id, assessment_id)
    chosen, words = filters(request)
    rows = selectors.results_of(row, chosen=chosen, words=words)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    numbers = selectors.standing_counts(row)
    names = _names()
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "page": page,
        "results": selectors.with_results(list(page.object_list)),
        "counts": [(one, names[one], numbers[one]) for one in Stands],
        "waiting": numbers[Stands.TO_MARK],
        "all": sum(numbers.values()),
        "chosen": chosen,
        "words": words,
        "query": query_of(chosen, words),
    }
    return render(request, "assessments/desk/results.html", context)


@login_required
@require_safe
def results_csv(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponseBase:
    """The results as a table, a line for each attempt."""
    _desk, row = at_desk(request, course_id, assessment_id)
    name = f"{slugify(row.title)[:60] or 'results'}.csv"
    return csv_response(request, name, _lines(row))


def _lines(row: Assessment) -> Iterator[list[Any]]:
    yield [
        _("Student"), _("E-mail"), _("Attempt"), _("State"), _("Started (UTC)"),
        _("Handed in (UTC)"), _("Minutes"), _("Points"), _("Points there are"), _("Percent"),
        _("Counts, in percent"),
    ]  # fmt: skip
    rows = selectors.results_of(row)
    # In batches: the class may be large, and each batch is two queries.
    for first in range(0, 1_000_000, 500):
        batch = selectors.with_results(list(rows[first : first + 500]))
        if not batch:
            return
        for result in batch:
            yield from _of_student(result)


def _of_student(result: Result) -> Iterator[list[Any]]:
    student = result.enrolment.student
    who = [student.name, student.email]
    counts = result.candidate.score if result.candidate else None
    if not result.attempts:
        yield [*who, "", "", "", "", "", "", "", "", ""]
    for one in reversed(result.attempts):
        taken = round(time_taken(one).total_seconds() / 60, 1) if one.submitted_at else ""
        moments = [
            f"{moment:%Y-%m-%d %H:%M}" if moment else ""
            for moment in (one.started_at, one.submitted_at)
        ]
        figures = [one.points, one.most, one.score, counts]
        shown = ["" if figure is None else figure for figure in figures]
        yield [*who, one.number, one.get_state_display(), *moments, taken, *shown]


@login_required
@require_POST
def grade_all(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Grade every attempt of which all is marked."""
    _desk, row = at_desk(request, course_id, assessment_id)
    number = actions.grade_all(row, actor=request.user, at=clock.now())
    text = ngettext("%(number)d attempt graded.", "%(number)d attempts graded.", number)
    messages.success(request, text % {"number": number})
    return redirect("assessments_desk:assessment", course_id, assessment_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def regrade(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Mark anew by the questions as they are now: first what would change, then, confirmed, that it
    does."""
    desk, row = at_desk(request, course_id, assessment_id)
    status, moved = 200, False
    if request.method == "POST":
        try:
            done = actions.commit_regrade(
                row, request.POST.get("digest", ""), actor=request.user, at=clock.now()
            )
        except GradesMoved:
            status, moved = 409, True
        else:
            number = len(done.changes)
            text = ngettext("%(number)d grade changed.", "%(number)d grades changed.", number)
            messages.success(request, text % {"number": number})
            return redirect("assessments_desk:assessment", course_id, assessment_id)
    shown = actions.preview_regrade(row, actor=request.user)
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "regrade": shown,
        "moved": moved,
    }
    return render(request, "assessments/desk/regrade.html", context, status=status)


CAUTIONS = {
    Caution.TOO_EASY: gettext_lazy("Nearly everybody gets it right: it tells little."),
    Caution.TOO_HARD: gettext_lazy("Hardly anybody gets it right. Is the right answer right?"),
    Caution.NEGATIVE: gettext_lazy("Weak students get it right more often than good ones."),
    Caution.WEAK: gettext_lazy("It hardly tells good students from weak ones."),
    Caution.IDLE: gettext_lazy("Nobody takes this answer: “%(choice)s”."),
    Caution.MISLEADING: gettext_lazy("Good students take this wrong answer: “%(choice)s”."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A question as the analysis shows it; `taken` has (text of a choice, Taken)."""

    analysed: Analysed
    cautions: list[str]
    taken: list[tuple[str, Taken]]


@login_required
@require_safe
@never_cache
def analysis(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """How hard each question is, whether it tells good from weak students, which choices are
    taken."""
    desk, row = at_desk(request, course_id, assessment_id)
    whole, questions = selectors.analysis_of(row)
    page = Paginator(questions, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "whole": whole,
        "page": page,
        "shown": [_analysed(one) for one in page.object_list],
    }
    return render(request, "assessments/desk/analysis.html", context)


def _analysed(one: Analysed) -> Shown:
    return Shown(
        one,
        [
            str(CAUTIONS[caution]) % {"choice": one.labels.get(key, key)[:120]}
            for caution, key in one.figures.warnings
        ],
        [(one.labels.get(each.key, each.key), each) for each in one.figures.taken],
    )


def filters(request: HouseRequest) -> tuple[str, str]:
    """(standing or "", words) as the list is filtered."""
    given = request.GET if request.method != "POST" else request.POST
    chosen = given.get("show", "")
    words = given.get("q", "").strip()[:100].replace("\x00", "")
    return (chosen if chosen in set(Stands) else ""), words


def query_of(chosen: str, words: str) -> str:
    return urlencode({name: value for name, value in (("show", chosen), ("q", words)) if value})
