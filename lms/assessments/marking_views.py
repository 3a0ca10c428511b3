"""The desk: marking, attempt by attempt or all answers to one question. Who may: those who mark
assessments at the course's provider."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Invalid, NotFound
from lms.courses.desk import Desk
from lms.files.serving import serve
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .desk_views import address_of, at_desk
from .errors import MarkedByAnother, NotAllMarked
from .forms import AnswerForm, GradeForm
from .models import Assessment, Attempt, Response
from .results_views import PER_PAGE, filters, query_of
from .selectors import Sheet, Stands, time_taken

ANSWERS = 20  # to one question, on a page
MOST_MARKS = 600  # saved at once
FIELD = re.compile(r"r(\d{1,18})-seen")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def attempt(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int
) -> HttpResponse:
    """An attempt to be marked; `?step=next` or `previous` goes on from there, within the filter.
    `deed` of a POST: autosave (answered in JSON), save, grade, grade_next. At most ten queries.
    """
    desk, row = at_desk(request, course_id, assessment_id)
    made = selectors.attempt_at_desk(row, attempt_id)
    step = request.GET.get("step")
    if step in ("next", "previous"):
        return _stepped(request, desk, row, made, forward=step == "next")
    if request.method != "POST":
        return _marking(request, desk, row, made)
    deed = request.POST.get("deed", "save")
    done = _save_marks(request, row, only=made)
    if deed == "autosave":
        return JsonResponse(done.told())
    if not done.is_whole:
        return _marking(request, desk, row, made, done=done)
    if deed not in ("grade", "grade_next"):
        return _marking(request, desk, row, made, said=_("Saved."))
    form = GradeForm(request.POST)
    if not form.is_valid():
        return _marking(request, desk, row, made, grade=form)
    try:
        actions.grade(made, **form.cleaned_data, actor=request.user, at=clock.now())
    except NotAllMarked as refused:
        return _marking(request, desk, row, made, grade=form, refused=str(refused.message))
    made = selectors.attempt_at_desk(row, attempt_id)
    said = _("Graded. The student is told.")
    if deed == "grade_next":
        return _stepped(request, desk, row, made, forward=True, said=said)
    return _marking(request, desk, row, made, said=said)


def _stepped(
    request: HouseRequest,
    desk: Desk,
    row: Assessment,
    made: Attempt,
    *,
    forward: bool,
    said: str = "",
) -> HttpResponse:
    """The next attempt (or the one before), or the same where there is none."""
    chosen, words = filters(request)
    if chosen not in (Stands.TO_MARK, Stands.GRADED):
        chosen = ""
    rows = selectors.handed_in(row, chosen=chosen, words=words)
    there = selectors.beside(rows, made, forward=forward)
    if there is None:
        last = _("That was the last one.") if forward else _("That was the first one.")
        return _marking(request, desk, row, made, said=f"{said} {last}".strip())
    if request.htmx:
        return _marking(request, desk, row, there, said=said)
    if said:
        messages.success(request, said)
    return redirect(f"{_attempt_url(row, there)}?{query_of(chosen, words)}")


@dataclass(frozen=True, slots=True)
class Marked:
    """An answer as it lies before the marker. `theirs` is what another marker saved meanwhile."""

    sheet: Sheet
    form: AnswerForm
    seen: str
    address_of: Any
    late: Sheet | None = None
    theirs: Any = None

    @property
    def response(self) -> Response:
        return self.sheet.response

    @property
    def notes(self) -> str:
        """What the author noted for who marks."""
        return str(getattr(self.sheet.version.content, "notes", ""))


def _marking(
    request: HouseRequest,
    desk: Desk,
    row: Assessment,
    made: Attempt,
    *,
    done: "Saved | None" = None,
    grade: GradeForm | None = None,
    refused: str = "",
    said: str = "",
) -> HttpResponse:
    """The page of an attempt, or for htmx what changes of it."""
    chosen, words = filters(request)
    query = query_of(chosen, words)
    url = _attempt_url(row, made) + (f"?{query}" if query else "")
    if said and request.method == "POST" and not request.htmx:
        messages.success(request, said)
        return redirect(url)
    sheets = selectors.sheets_of(made)
    marked = [_marked(sheet, made, done) for sheet in sheets]
    others = selectors.attempts_beside(made)
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "attempt": made,
        "student": made.candidate.enrolment.student,
        "answers": marked,
        "others": others,
        "points": sum((one.response.points or Decimal(0) for one in marked), Decimal(0)),
        "unmarked": sum(one.response.points is None for one in marked),
        "spent": time_taken(made),
        "grade_form": grade or GradeForm(initial={"comment": made.comment}),
        "refused": refused,
        "failed": done is not None,
        "chosen": chosen,
        "words": words,
        "query": query,
        "said": said,
        "url": url,
    }
    if request.htmx:
        response = render(request, "assessments/desk/_attempt.html", context)
        response["HX-Push-Url"] = url
        return response
    status = 422 if done is not None else 200
    return render(request, "assessments/desk/attempt.html", context, status=status)


def _marked(sheet: Sheet, made: Attempt, done: "Saved | None") -> Marked:
    response = sheet.response
    response.attempt = made
    key = response.pk
    form = done.forms.get(key) if done else None
    conflict = done.conflicts.get(key) if done else None
    late = None
    if response.late is not None:
        with_late = Response(
            place=response.place, given=response.given, most=response.most, answer=response.late
        )
        late = Sheet(sheet.number, with_late, sheet.version, sheet.options)
    return Marked(
        sheet,
        form or _answer_form(response),
        # After a conflict, saving once more is meant: it goes over what is shown now.
        response.marked_like,
        address_of(sheet),
        late,
        conflict,
    )


def _answer_form(response: Response, data: Any = None) -> AnswerForm:
    points = response.points
    initial = {
        "points": None if points is None else f"{points.normalize():f}",
        "comment": response.comment,
    }
    return AnswerForm(data, response=response, prefix=f"r{response.pk}", initial=initial)


@login_required
@require_POST
def take_late(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int, place: int
) -> HttpResponse:
    """Count an answer that came after the end. Marks that came with it are kept too."""
    desk, row = at_desk(request, course_id, assessment_id)
    made = selectors.attempt_at_desk(row, attempt_id)
    response = selectors.response_at_desk(made, place)
    done = _save_marks(request, row, only=made)
    actions.take_late(response, actor=request.user, at=clock.now())
    made = selectors.attempt_at_desk(row, attempt_id)
    if not done.is_whole:
        return _marking(request, desk, row, made, done=done)
    return _marking(request, desk, row, made, said=_("It counts now."))


@login_required
@require_safe
def file(
    request: HouseRequest,
    course_id: int,
    assessment_id: int,
    attempt_id: int,
    place: int,
    name: str,
) -> HttpResponseBase:
    """The file that is an answer."""
    _desk, row = at_desk(request, course_id, assessment_id)
    upload = selectors.response_at_desk(selectors.attempt_at_desk(row, attempt_id), place).upload
    if upload is None or not upload.is_ready:
        raise NotFound
    return serve(
        request,
        upload.file,
        name=upload.name,
        found=upload.content_type,
        attachment="download" in request.GET,
    )


@login_required
@require_safe
@never_cache
def questions(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """The questions that were given, to mark one of them across students."""
    desk, row = at_desk(request, course_id, assessment_id)
    asked = selectors.questions_asked(row)
    page = Paginator(asked, PER_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "course": desk.course, "assessment": row, "page": page}
    return render(request, "assessments/desk/questions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answers(
    request: HouseRequest, course_id: int, assessment_id: int, question_id: int
) -> HttpResponse:
    """The answers of all students to one question; those that are not marked yet unless `?all`."""
    desk, row = at_desk(request, course_id, assessment_id)
    question = selectors.question_asked(row, question_id)
    done = None
    if request.method == "POST":
        done = _save_marks(request, row)
        if request.POST.get("deed") == "autosave":
            return JsonResponse(done.told())
        if done.is_whole:
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?{request.GET.urlencode()}")
    everything = "all" in request.GET
    rows = selectors.answers_to(row, question, waiting=not everything and done is None)
    page = Paginator(rows, ANSWERS).get_page(request.GET.get("page"))
    shown = [_marked(selectors.sheet_of(one), one.attempt, done) for one in page.object_list]
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "question": question,
        "page": page,
        "answers": shown,
        "everything": everything,
        "failed": done is not None,
    }
    status = 422 if done is not None else 200
    return render(request, "assessments/desk/answers.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of marks that were sent, by the answers' ids: forms with errors, what another
    marker saved meanwhile, what is kept now."""

    forms: dict[Any, AnswerForm]
    conflicts: dict[Any, dict[str, Any]]
    kept: dict[Any, str]
    refused: frozenset[Any] = frozenset()

    @property
    def is_whole(self) -> bool:
        return not self.refused and not self.conflicts

    def told(self) -> dict[str, Any]:
        """For the page's script."""
        return {
            "kept": {str(key): seen for key, seen in self.kept.items()},
            "errors": {
                str(key): " ".join(
                    str(text) for texts in self.forms[key].errors.values() for text in texts
                )
                for key in self.refused
            },
            "conflicts": {str(key): one for key, one in self.conflicts.items()},
        }


def _save_marks(request: HouseRequest, row: Assessment, only: Attempt | None = None) -> Saved:
    """Save the points and comments that were sent, each for itself: one that is refused does not
    hold the others up."""
    keys = [int(found[1]) for name in request.POST if (found := FIELD.fullmatch(name))]
    forms: dict[Any, AnswerForm] = {}
    conflicts: dict[Any, dict[str, Any]] = {}
    kept: dict[Any, str] = {}
    refused = set()
    now = clock.now()
    for response in selectors.responses_at_desk(row, keys[:MOST_MARKS]):
        if only is not None and response.attempt_id != only.pk:
            continue
        form = forms[response.pk] = _answer_form(response, request.POST)
        if not form.is_valid():
            refused.add(response.pk)
            continue
        seen = request.POST.get(f"{form.prefix}-seen", "")
        if not form.has_changed() and seen == response.marked_like:
            continue
        try:
            saved = actions.mark_answer(
                response, **form.cleaned_data, seen=seen, actor=request.user, at=now
            )
        except MarkedByAnother as conflict:
            conflicts[response.pk] = conflict.details
        except Invalid as problem:
            text = _("An answer that is graded keeps points; give others, or 0.")
            form.add_error("points", text if response.attempt.is_graded else str(problem.message))
            refused.add(response.pk)
        else:
            kept[response.pk] = saved.marked_like
    return Saved(forms, conflicts, kept, frozenset(refused))


def _attempt_url(row: Assessment, made: Attempt) -> str:
    return reverse("assessments_desk:attempt", args=[row.course_id, row.pk, made.pk])
