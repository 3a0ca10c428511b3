"""The desk: the review of one student's work. Who may: those who mark at the course's provider."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import Conflict, DomainError, Invalid, TooLarge
from lms.common.wall_time import on_the_wall
from lms.courses.desk import Desk
from lms.files.actions import take_in
from lms.files.errors import NotUsable
from lms.tenants.limits import LimitReached
from lms.tenants.requests import HouseRequest

from . import actions, selectors, uploads
from .desk import filters_of, homework_at, query_of, url_of
from .errors import SavedByAnother
from .forms import ExtensionForm, MarkForm, OverrideForm, RemarkForm, SpokenForm
from .models import Homework, Place, Submission
from .selectors import Marks, Row
from .uploads import SPOKEN


@login_required
@require_safe
@never_cache
def student(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID
) -> HttpResponse:
    """One student's work under review; `?step=next` or `previous` goes on from there, within the
    same filter. Who may see it: those who mark. At most ten queries.
    """
    desk, row = homework_at(request, course_id, homework_id)
    step = request.GET.get("step")
    if step in ("next", "previous"):
        return _stepped(request, desk, row, enrolment_id, forward=step == "next")
    return _review(request, desk, row, selectors.row_for(row, enrolment_id, clock.now()))


# What a marker does beside typing: (what is done, what is said then).
SAID = {
    "save": gettext_lazy("Draft saved."),
    "finish": gettext_lazy("Your mark is in."),
    "decide": gettext_lazy("The final mark stands."),
    "release": gettext_lazy("The student is told."),
    "take_back": gettext_lazy("You can change your mark again."),
    "give_up": gettext_lazy("The place is free for another marker."),
}


@login_required
@require_POST
def mark(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID, submission_id: int
) -> HttpResponse:
    """Save feedback as a draft, and what `deed` says: save, release; of two markers finish,
    take_back, give_up, decide; with `_next` behind it, go on to the next student. Who may: those
    who mark. A script that saves as one types (autosave) is answered in JSON.
    """
    desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    submission = selectors.submission_at_desk(row, here, submission_id)
    deed, onwards, _rest = request.POST.get("deed", "save").partition("_next")
    final = "final" in request.POST
    if deed == "drop_voice":
        place = actions.drop_spoken(submission, actor=request.user, at=clock.now(), final=final)
        if request.htmx:
            return HttpResponse(_spoken(request, row, here, submission, place))
        return _review(request, desk, row, _again(row, here), said=_("The recording is gone."))
    try:
        if deed == "take_back":
            actions.take_back(submission, actor=request.user)
        elif deed == "give_up":
            given = request.POST.get("place")
            place = Place.SECOND if given == str(Place.SECOND.value) else Place.FIRST
            actions.give_up(submission, place, actor=request.user)
        elif deed == "release" and "version" not in request.POST:  # what stands, nothing typed
            actions.release(submission, actor=request.user, at=clock.now())
        else:
            return _typed(request, desk, row, here, submission, deed, onwards=bool(onwards))
    except Conflict as refused:
        return _review(request, desk, row, _again(row, here), refused=refused)
    return _done(request, desk, row, here, deed, onwards=bool(onwards))


def _typed(
    request: HouseRequest,
    desk: Desk,
    row: Homework,
    here: Row,
    submission: Submission,
    deed: str,
    *,
    onwards: bool,
) -> HttpResponse:
    """Save what was typed, and then do the deed."""
    final = "final" in request.POST
    form = MarkForm(request.POST, homework=row, final=final)
    voice = SpokenForm(
        request.POST, request.FILES, owner=request.user, provider=desk.course.provider
    )
    by_script = deed == "autosave"
    typed, sent = form.is_valid(), _take_voice(request, desk, voice)
    if not typed or sent is None:
        if by_script:
            return JsonResponse({"errors": {**form.errors, **voice.errors}}, status=422)
        return _review(request, desk, row, here, form=form, voice=voice)
    values = {**form.cleaned_data, **sent}
    actor, now = request.user, clock.now()
    try:
        marking = actions.save_marking(
            submission, values, seen=values.pop("version"), actor=actor, at=now, final=final
        )
        if by_script:
            told: dict[str, Any] = {"version": marking.version}
            if sent:
                told["spoken"] = _spoken(request, row, here, submission, marking.place)
            return JsonResponse(told)
        # From here on it is saved: what is refused now comes back to be saved over that.
        form = _over(form, row, marking.version)
        if deed == "finish":
            actions.finish(submission, actor=actor, at=now)
        if final and deed in ("decide", "release"):
            actions.decide(submission, actor=actor, at=now)
        if deed == "release":
            actions.release(submission, actor=actor, at=now)
    except SavedByAnother as conflict:
        if by_script:
            return JsonResponse({"by": conflict.details["by"]}, status=409)
        return _review(request, desk, row, here, form=form, voice=voice, conflict=conflict)
    except Invalid as problem:
        for name, texts in problem.details.items():
            form.add_error(name if name in form.fields else None, texts)
        return _review(request, desk, row, _again(row, here), form=form, voice=voice)
    except Conflict as refused:
        if by_script:
            return JsonResponse({"by": "", "refused": str(refused.message)}, status=409)
        return _review(request, desk, row, _again(row, here), form=form, refused=refused)
    return _done(request, desk, row, here, deed, onwards=onwards)


def _done(
    request: HouseRequest, desk: Desk, row: Homework, here: Row, deed: str, *, onwards: bool
) -> HttpResponse:
    said = str(SAID.get(deed, SAID["save"]))
    if onwards:
        return _stepped(request, desk, row, here.enrolment.pk, forward=True, said=said)
    return _review(request, desk, row, _again(row, here), said=said)


@login_required
@require_safe
@never_cache
def spoken(
    request: HouseRequest,
    course_id: int,
    homework_id: int,
    enrolment_id: UUID,
    submission_id: int,
    place: int,
    name: str,
) -> HttpResponseBase:
    """What a marker recorded in a draft of feedback. Who may: those who mark, as far as they may
    see that draft yet."""
    _desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    submission = selectors.submission_at_desk(row, here, submission_id)
    return uploads.send(request, selectors.marking_for(request.user, submission, place))


@login_required
@require_POST
def remark(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID, submission_id: int
) -> HttpResponse:
    """Add a remark at a moment of the recording, or take one away (`drop`: its id). Who may: those
    who mark."""
    desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    submission = selectors.submission_at_desk(row, here, submission_id)
    if drop := request.POST.get("drop", ""):
        if drop.isdecimal() and len(drop) < 19:
            actions.drop_comment(submission, int(drop), actor=request.user)
    else:
        form = RemarkForm(request.POST)
        if not form.is_valid():
            raise Invalid(details=form.errors.get_json_data())
        actions.comment(submission, **form.cleaned_data, actor=request.user, at=clock.now())
    if request.htmx:
        mine = _submissions(request, row, here)
        one = next(each for each in mine if each.pk == submission.pk)
        context = {"homework": row, "course": desk.course, "row": here, "submission": one}
        return render(request, "homework/desk/_remarks.html", context)
    return _review(request, desk, row, here)


@login_required
@require_POST
def phrases(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Keep a comment to use again (`text`), or let one go (`drop`: its id). Who may: those who
    mark, their own."""
    _desk, row = homework_at(request, course_id, homework_id)
    if drop := request.POST.get("drop", ""):
        if drop.isdecimal() and len(drop) < 19:
            actions.drop_phrase(row, int(drop), actor=request.user)
    else:
        actions.keep_phrase(
            row, request.POST.get("text", "").replace("\x00", ""), actor=request.user
        )
    if request.htmx:
        context = {
            "homework": row,
            "course": row.course,
            "phrases": selectors.phrases_of(row, request.user),
        }
        return render(request, "homework/desk/_phrases.html", context)
    return redirect("homework_desk:homework", course_id, homework_id)


@login_required
@require_POST
def override(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID
) -> HttpResponse:
    """Set as completed, or take that back (`end`). Who may: those who mark."""
    desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    if "end" in request.POST:
        actions.end_override(row, here.enrolment, actor=request.user, at=clock.now())
        return _review(request, desk, row, _again(row, here), said=_("Taken back."))
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return _review(request, desk, row, here, override=form)
    actions.override(row, here.enrolment, **form.cleaned_data, actor=request.user, at=clock.now())
    said = _("Set as completed. The student is told.")
    return _review(request, desk, row, _again(row, here), said=said)


@login_required
@require_POST
def second(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID
) -> HttpResponse:
    """Ask for a second marker, or for none (`end`), where that is left to markers. Who may: those
    who mark."""
    desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    on = "end" not in request.POST
    try:
        actions.ask_second(row, here.enrolment, on=on, actor=request.user)
    except Conflict as refused:
        return _review(request, desk, row, _again(row, here), refused=refused)
    said = _("Two mark this now.") if on else _("One marker is enough.")
    return _review(request, desk, row, _again(row, here), said=said)


@login_required
@require_POST
def extend(
    request: HouseRequest, course_id: int, homework_id: int, enrolment_id: UUID
) -> HttpResponse:
    """Give this student more time; an empty date takes it back. Who may: those who mark."""
    desk, row = homework_at(request, course_id, homework_id)
    here = selectors.row_for(row, enrolment_id, clock.now())
    form = ExtensionForm(request.POST, homework=row)
    if not form.is_valid():
        return _review(request, desk, row, here, extension=form)
    actions.extend(row, here.enrolment, **form.cleaned_data, actor=request.user)
    return _review(request, desk, row, _again(row, here), said=_("Saved."))


def _again(row: Homework, here: Row) -> Row:
    return selectors.row_for(row, here.enrolment.pk, clock.now())


def _stepped(
    request: HouseRequest,
    desk: Desk,
    row: Homework,
    enrolment_id: UUID,
    *,
    forward: bool,
    said: str = "",
) -> HttpResponse:
    """The review of the next student (or the one before), or of the same where there is none."""
    now = clock.now()
    chosen, words = filters_of(request)
    rows = selectors.rows_of(row, chosen=chosen, words=words, now=now)
    seat = selectors.step(rows, enrolment_id, forward=forward)
    if seat is None:
        here = selectors.row_for(row, enrolment_id, now)
        last = _("That was the last one.") if forward else _("That was the first one.")
        return _review(request, desk, row, here, said=f"{said} {last}".strip())
    there = selectors.row(row, seat, now)
    if request.htmx:
        return _review(request, desk, row, there, said=said)
    if said:
        messages.success(request, said)
    return redirect(f"{url_of('student', row, seat.pk)}?{query_of(chosen, words)}")


def _review(
    request: HouseRequest,
    desk: Desk,
    row: Homework,
    here: Row,
    *,
    form: MarkForm | None = None,
    voice: SpokenForm | None = None,
    conflict: SavedByAnother | None = None,
    refused: DomainError | None = None,
    override: OverrideForm | None = None,
    extension: ExtensionForm | None = None,
    said: str = "",
) -> HttpResponse:
    """The review of one student: all of the page, or for htmx what changed."""
    submissions = _submissions(request, row, here)
    standing = next((one for one in submissions if one.withdrawn_at is None), None)
    marks = selectors.marks_of(standing, row, request.user) if standing else None
    not_saved = ""
    if form is not None and not (marks and marks.takes(form.is_final)):
        # Where it stands has changed since: the words are shown, to be copied.
        not_saved = form.data.get("text", "")
        form = None
    chosen, words = filters_of(request)
    query = query_of(chosen, words)
    work = here.work
    extended = work.extended_to if work else None
    until = on_the_wall(extended, row.time_zone) if extended else None
    context: dict[str, Any] = {
        "desk": desk,
        "course": desk.course,
        "homework": row,
        "row": here,
        "task": here.task,
        "submissions": submissions,
        "submission": standing,
        "marks": marks,
        "form": form or (_mark_form(row, marks) if marks and marks.takes_mark else None),
        "voice": voice or SpokenForm(owner=request.user, provider=desk.course.provider),
        "override_form": override or OverrideForm(),
        "extension_form": extension or ExtensionForm(homework=row, initial={"until": until}),
        "phrases": selectors.phrases_of(row, request.user) if standing else [],
        "theirs": marks.draft if marks and conflict else None,
        "refused": refused,
        "not_saved": not_saved,
        "chosen": chosen,
        "words": words,
        "query": query,
        "said": said,
    }
    if conflict is not None and form is not None:
        # Saving once more is meant: it goes over what is shown now.
        context["form"] = _over(form, row, conflict.details["version"])
    url = url_of("student", row, here.enrolment.pk) + (f"?{query}" if query else "")
    context["url"] = url
    if request.htmx:
        response = render(request, "homework/desk/_review.html", context)
        response["HX-Push-Url"] = url
        return response
    if said and request.method == "POST":
        messages.success(request, said)
        return redirect(url)
    page = render(request, "homework/desk/review.html", context)
    page["Permissions-Policy"] = settings.RECORDING_POLICY
    return page


def _submissions(request: HouseRequest, row: Homework, here: Row) -> list[Submission]:
    if here.work is not None:
        here.work.homework = row
    return selectors.submissions_of(here.work, names_hidden=row.anonymous, marker=request.user)


def _take_voice(request: HouseRequest, desk: Desk, form: SpokenForm) -> dict[str, Any] | None:
    """{"upload": what came}, for the action; {} where nothing did. None for a file that can't be
    taken; the form says why."""
    if not form.is_valid():
        return None
    given = form.cleaned_data["voice"]
    if not (given.files or given.ids):
        return {}
    try:
        (upload,) = take_in(
            given,
            owner=request.user,
            provider=desk.course.provider,
            purpose=SPOKEN.name,
            at=clock.now(),
        )
    except (Invalid, NotUsable, TooLarge, LimitReached) as refused:
        form.add_error("voice", str(refused.message))
        return None
    form.send_no_more(upload)
    return {"upload": upload}


def _spoken(
    request: HouseRequest, row: Homework, here: Row, submission: Submission, place: int
) -> str:
    """What is recorded in the draft as it stands now, for the page that is there already."""
    marking = selectors.marking_for(request.user, submission, place)
    context = {
        "course": row.course,
        "homework": row,
        "row": here,
        "submission": submission,
        "marking": marking,
        "version": marking.version,
    }
    return render_to_string("homework/desk/_spoken.html", context, request)


def _mark_form(row: Homework, marks: Marks) -> MarkForm:
    """The draft of feedback as it was saved last."""
    marking, final = marks.draft, marks.is_final
    if marking is None:
        return MarkForm(homework=row, final=final, initial={"version": 0, "complete": ""})
    verdict = {True: "yes", False: "no", None: ""}[marking.complete]
    initial = {
        "version": marking.version,
        "points": marking.points,
        "complete": verdict,
        "text": marking.text,
        "note": marking.note,
        **{f"level_{number}": one for number, one in enumerate(marking.levels)},
    }
    return MarkForm(homework=row, final=final, initial=initial)


def _over(form: MarkForm, row: Homework, version: int) -> MarkForm:
    """The form as it was typed, to be saved over `version`."""
    data = {**form.data.dict(), "version": str(version)}  # type: ignore[attr-defined]
    return MarkForm(data, homework=row, final=form.is_final)
