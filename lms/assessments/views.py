"""Students' pages: the assessments of a course, taking one, what came of it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import Way
from lms.enrolments.views import explain_closed
from lms.files.actions import take_in
from lms.files.errors import NotUsable
from lms.files.forms import UploadField
from lms.files.models import Upload
from lms.files.serving import serve
from lms.files.states import State as FileState
from lms.tenants.limits import LimitReached
from lms.tenants.requests import HouseRequest

from . import actions, selectors, sheets, texts, uploads
from .errors import AnsweredElsewhere, AttemptClosed, TimeUp
from .models import Attempt, Response
from .permissions import may_mark
from .rules.questions import Kind
from .selectors import AssessmentAccess, Sheet

STARTS_A_MINUTE = 20


@require_safe
@explain_closed
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The assessments of a course, with one's scores. Who may see it: those enrolled, and the
    provider's staff."""
    access, cards = selectors.course_cards(
        request.user, course_id, host=request.provider, now=clock.now()
    )
    context = {
        "course": access.course,
        "access": access,
        "marks": may_mark(request.user, access.course),
        "cards": cards,
    }
    return render(request, "assessments/course.html", context)


@require_safe
@explain_closed
@never_cache
def assessment(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """What an assessment asks of one, and one's attempts. Who may see it: those enrolled, and the
    provider's staff."""
    access = _access(request, course_id, assessment_id)
    running = access.card.running
    if running and not actions.close_if_over(running, at=clock.now()).is_open:
        access = _access(request, course_id, assessment_id)
    return _intro(request, access)


@require_POST
@explain_closed
def start(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Begin an attempt, or go on with the one that is running. Who may: those enrolled."""
    access, enrolment = _own(request, course_id, assessment_id)
    throttle.count("assessments.start", str(request.user.pk), limit=STARTS_A_MINUTE)
    try:
        made = actions.start(access.assessment, enrolment, actor=request.user, at=clock.now())
    except Conflict as refused:
        return _intro(request, access, refused=refused)
    return redirect("assessments:attempt", course_id, assessment_id, made.pk)


@require_safe
@explain_closed
@never_cache
def attempt(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int
) -> HttpResponse:
    """The questions, to be answered. Who may see it: whose attempt it is."""
    access, _enrolment = _own(request, course_id, assessment_id)
    made = actions.close_if_over(selectors.attempt_of(access, attempt_id), at=clock.now())
    if not made.is_open:
        return redirect("assessments:result", course_id, assessment_id, attempt_id)
    return _sheet(request, access, made)


@login_required
@require_POST
def save(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int, place: int
) -> HttpResponse:
    """Keep the answer to one question; sent by the page's script as one types. Who may: whose
    attempt it is. Answered in JSON: the answer's version; 409 for one given in another window, with
    what is kept, and for one that came too late.
    """
    response = selectors.response_for(request.user, attempt_id, place)
    given = sheets.answer_in(response.given, place, request.POST)
    saved = actions.save_answer(
        response,
        given or _kept_file(response),
        seen=sheets.seen(place, request.POST),
        actor=request.user,
        at=clock.now(),
    )
    return JsonResponse({"version": saved.version})


@require_POST
@explain_closed
def submit(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int
) -> HttpResponse:
    """Keep what the form brought and hand the attempt in (`deed`: submit), or only keep it (save).
    Who may: whose attempt it is. What can't be kept comes back as it was typed.
    """
    access, _enrolment = _own(request, course_id, assessment_id)
    made = selectors.attempt_of(access, attempt_id)
    problems = _keep(request, access, made)
    late = any(isinstance(one, TimeUp | AttemptClosed) for one in problems.values())
    if problems and not late:
        return _sheet(request, access, made, problems=problems)
    if request.POST.get("deed") == "save" and not late:
        messages.success(request, _("Your answers are kept."))
        return redirect("assessments:attempt", course_id, assessment_id, attempt_id)
    done = actions.submit(made, actor=request.user, at=clock.now(), by_clock=late)
    if late:
        messages.warning(request, str(TimeUp.message))
    elif made.is_open:
        graded = done.is_graded
        messages.success(
            request,
            _("Handed in and graded.") if graded else _("Handed in. Your teacher will mark it."),
        )
    return redirect("assessments:result", course_id, assessment_id, attempt_id)


@require_safe
@explain_closed
@never_cache
def result(
    request: HouseRequest, course_id: int, assessment_id: int, attempt_id: int
) -> HttpResponse:
    """What came of an attempt; answers and feedback as far as they are shown yet. Who may see it:
    whose attempt it is."""
    access, _enrolment = _own(request, course_id, assessment_id)
    made = actions.close_if_over(selectors.attempt_of(access, attempt_id), at=clock.now())
    if made.is_open:
        return redirect("assessments:attempt", course_id, assessment_id, attempt_id)
    card = access.card
    shows = made.is_graded and card.shows_feedback
    context = {
        "course": access.course,
        "access": access,
        "card": card,
        "assessment": card.assessment,
        "attempt": made,
        "shows": shows,
        "sheets": _with_pictures(access, made, selectors.sheets_of(made)) if shows else [],
        "took": made.submitted_at - made.started_at if made.submitted_at else None,
    }
    return render(request, "assessments/result.html", context)


@require_safe
@explain_closed
def picture(
    request: HouseRequest,
    course_id: int,
    assessment_id: int,
    attempt_id: int,
    place: int,
    key: str,
) -> HttpResponseBase:
    """A picture of a question. Who may see it: whose attempt it is."""
    access, _enrolment = _own(request, course_id, assessment_id)
    made = selectors.attempt_of(access, attempt_id)
    row = made.responses.select_related("given__question").filter(place=place).first()
    if row is None:
        raise NotFound
    return _send(request, selectors.picture_of(row.given.question, key).upload, attachment=False)


@require_safe
@explain_closed
def file(
    request: HouseRequest,
    course_id: int,
    assessment_id: int,
    attempt_id: int,
    place: int,
    name: str,
) -> HttpResponseBase:
    """A file that is an answer. Who may: whose attempt it is, and those who mark."""
    access = _access(request, course_id, assessment_id)
    rows = Response.objects.select_related("upload__blob").filter(
        attempt_id=attempt_id, attempt__candidate__assessment=access.assessment, place=place
    )
    if not may_mark(request.user, access.assessment):
        rows = rows.filter(attempt__candidate__enrolment=access.enrolment)
    row = rows.first()
    if row is None or row.upload is None:
        raise NotFound
    return _send(request, row.upload, attachment=True)


# --- Shared ---------------------------------------------------------------------------------------


def _access(request: HouseRequest, course_id: int, assessment_id: int) -> AssessmentAccess:
    return selectors.assessment_for(
        request.user, course_id, assessment_id, host=request.provider, now=clock.now()
    )


def _own(
    request: HouseRequest, course_id: int, assessment_id: int
) -> tuple[AssessmentAccess, Enrolment]:
    """Raises Forbidden for one who reads without a seat."""
    access = _access(request, course_id, assessment_id)
    if access.way != Way.ENROLLED or access.enrolment is None:
        raise Forbidden(_("Assessments are taken by students with a seat in the course."))
    return access, access.enrolment


def _intro(
    request: HouseRequest, access: AssessmentAccess, *, refused: Conflict | None = None
) -> HttpResponse:
    row = access.assessment
    places = row.places.all()
    context = {
        "course": access.course,
        "access": access,
        "card": access.card,
        "assessment": row,
        "number": sum(one.draw for one in places),
        "worth": sum(one.points * one.draw for one in places),
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "assessments/assessment.html", context, status=status)


def _sheet(
    request: HouseRequest,
    access: AssessmentAccess,
    made: Attempt,
    *,
    problems: dict[int, Exception] | None = None,
) -> HttpResponse:
    """The questions; with `problems` by place, as they were typed."""
    rows = selectors.sheets_of(made)
    for sheet in rows:
        problem = (problems or {}).get(sheet.response.place)
        if problem is None:
            continue
        if isinstance(problem, AnsweredElsewhere):
            # Handing in once more goes over what another window kept.
            sheet.response.version = problem.details["version"]
        typed = sheets.answer_in(sheet.version, sheet.response.place, request.POST)
        sheet.response.answer = typed
    context: dict[str, Any] = {
        "course": access.course,
        "access": access,
        "card": access.card,
        "assessment": access.assessment,
        "attempt": made,
        "now": clock.now(),
        "sheets": _with_pictures(access, made, rows, request=request),
        "problems": problems or {},
    }
    status = 409 if problems else 200
    return render(request, "assessments/attempt.html", context, status=status)


def _with_pictures(
    access: AssessmentAccess,
    made: Attempt,
    rows: list[Sheet],
    *,
    request: HouseRequest | None = None,
) -> list[dict[str, Any]]:
    """Each sheet with what tells its pictures' addresses, and its file field."""
    return [
        {
            "sheet": sheet,
            "address_of": _address_of(access, made, sheet.response.place),
            "upload": _file_form(sheet, request.user)["file"]
            if request is not None and sheet.version.kind == Kind.FILE
            else None,
        }
        for sheet in rows
    ]


def _address_of(access: AssessmentAccess, made: Attempt, place: int) -> Callable[[str], str]:
    known = [access.course.pk, access.assessment.pk, made.pk, place]
    return texts.for_templates(
        lambda key: reverse("assessments:picture", args=[*known, key[:64] or "-"])
    )


class FileForm(forms.Form):
    """The file of one question."""

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"] = UploadField(uploads.ANSWER, label=_("Your file"), required=False)
        self.name = name

    def add_prefix(self, field_name: str) -> str:
        return self.name


def _file_form(sheet: Sheet, owner: Any, *args: Any) -> FileForm:
    form = FileForm(*args, name=sheets.field(sheet.response.place))
    form.fields["file"].belongs(owner=owner, provider=sheet.response.provider)  # type: ignore[attr-defined]
    return form


def _keep(request: HouseRequest, access: AssessmentAccess, made: Attempt) -> dict[int, Exception]:
    """Save what the form brought; {place: why not} of what could not be kept."""
    problems: dict[int, Exception] = {}
    for sheet in selectors.sheets_of(made):
        response, place = sheet.response, sheet.response.place
        if not sheets.is_sent(sheet.version, place, request.POST):
            continue
        typed: dict[str, Any] = sheets.answer_in(sheet.version, place, request.POST)
        upload = None
        try:
            if sheet.version.kind == Kind.FILE:
                upload = _file_in(request, access, sheet)
                typed = {"upload": str(upload.pk)} if upload else _kept_file(response)
            if typed == response.answer and upload is None:
                continue
            actions.save_answer(
                response,
                typed,
                seen=sheets.seen(place, request.POST),
                actor=request.user,
                at=clock.now(),
                upload=upload,
                handing_in=True,
            )
        except (Conflict, Invalid, NotUsable, TooLarge, LimitReached) as problem:
            problems[place] = problem
    return problems


def _file_in(request: HouseRequest, access: AssessmentAccess, sheet: Sheet) -> Upload | None:
    form = _file_form(sheet, request.user, request.POST, request.FILES)
    if not form.is_valid():
        raise Invalid(details=form.errors.get_json_data())
    given = form.cleaned_data["file"]
    if not (given.files or given.ids):
        return None
    found = take_in(
        given,
        owner=request.user,
        provider=access.course.provider,
        purpose=uploads.ANSWER.name,
        at=clock.now(),
    )
    return found[0]


def _kept_file(response: Response) -> dict[str, Any]:
    """A file stays an answer until another one comes."""
    return {"upload": str(response.upload_id)} if response.upload_id else {}


def _send(request: HouseRequest, upload: Upload, *, attachment: bool) -> HttpResponseBase:
    if upload.state != FileState.READY:
        raise NotFound
    return serve(
        request, upload.file, name=upload.name, found=upload.content_type, attachment=attachment
    )
