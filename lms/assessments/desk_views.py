"""The desk: setting assessments, and other terms for students. Marking is in marking_views, what
came of them in results_views."""

import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import DomainError, Forbidden, Invalid
from lms.common.ids import uuids_in
from lms.common.wall_time import on_the_wall
from lms.courses.desk import Desk
from lms.enrolments.models import Enrolment
from lms.tenants.requests import HouseRequest

from . import actions, selectors, texts
from .actions import PlaceOf
from .bank_forms import Exact
from .bank_views import picture_url
from .errors import NothingToTake, TooFewToDraw
from .forms import AssessmentForm, TermsForm
from .models import MOST_POINTS, Assessment, BankQuestion, Place, QuestionKind, Response
from .rules import papers
from .rules.questions import Kind
from .selectors import Sheet

PER_PAGE = 50
FOUND = 12  # questions of the bank beside the places
MOST_AT_ONCE = 200


@login_required
@require_safe
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The assessments of a course, drafts too. Who may see it: those who mark there."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    rows = selectors.assessments_of(desk.course)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "course": desk.course, "page": page}
    return render(request, "assessments/desk/course.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HouseRequest, course_id: int) -> HttpResponse:
    """Write an assessment. Who may: those who set them there."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    return _edit(request, desk, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Change an assessment. Who may: those who set them there."""
    desk, row = at_desk(request, course_id, assessment_id)
    return _edit(request, desk, row)


def _edit(request: HouseRequest, desk: Desk, row: Assessment | None) -> HttpResponse:
    if not desk.sets:
        raise Forbidden
    course = desk.course
    form = AssessmentForm(
        request.POST or None,
        instance=row or Assessment(course=course, provider_id=course.provider_id),
        course=course,
        zone=request.user.time_zone,  # type: ignore[union-attr]
    )
    if request.method == "POST" and form.is_valid():
        try:
            if row is None:
                saved = actions.create(course, form.values, actor=request.user)
            else:
                actions.change(row, form.values, actor=request.user)
                saved = row
        except Invalid as problem:
            for name, texts_ in problem.details.items():
                form.add_error(name if name in form.fields else None, texts_)
        else:
            messages.success(request, _("Saved."))
            name = "assessments_desk:places" if row is None else "assessments_desk:assessment"
            return redirect(name, course.pk, saved.pk)
    context = {"desk": desk, "course": course, "assessment": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "assessments/desk/edit.html", context, status=status)


@login_required
@require_POST
def move(request: HouseRequest, course_id: int, assessment_id: int, step: str) -> HttpResponse:
    """Publish or withdraw. Who may: those who set assessments there."""
    _desk, row = at_desk(request, course_id, assessment_id)
    if step == "publish":
        try:
            actions.publish(row, actor=request.user, at=clock.now())
        except (NothingToTake, TooFewToDraw) as refused:
            messages.error(request, str(refused.message))
            return redirect("assessments_desk:places", course_id, assessment_id)
        messages.success(request, _("Published. The students are told."))
    else:
        actions.withdraw(row, actor=request.user)
        messages.success(request, _("Withdrawn. What was handed in is kept."))
    return redirect("assessments_desk:assessment", course_id, assessment_id)


@login_required
@require_POST
def copy(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Another assessment that begins as this one. Who may: those who set them there."""
    _desk, row = at_desk(request, course_id, assessment_id)
    title = _("%(title)s (copy)") % {"title": row.title[:180]}
    made = actions.copy(row, title=title, actor=request.user)
    messages.success(request, _("This is the copy. It has no times yet."))
    return redirect("assessments_desk:edit", course_id, made.pk)


# --- Questions ------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def places(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """The questions of an assessment: added from the bank, drawn by tags, put in order. Each change
    is kept at once. Who may: those who set assessments there."""
    desk, row = at_desk(request, course_id, assessment_id)
    if not desk.sets:
        raise Forbidden
    problem = ""
    if request.method == "POST":
        problem = _rearrange(request, row)
        if not problem and not request.htmx:
            return redirect(f"{request.path}?{request.GET.urlencode()}")
    slots = selectors.slots_of(row)
    provider = desk.course.provider
    words = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(Kind) else ""
    tag = request.GET.get("tag", "")
    tag_id = int(tag) if tag.isdecimal() and tag.isascii() and len(tag) < 19 else None
    rows = selectors.bank_of(provider, words=words, kind=kind, tags=[tag_id] if tag_id else [])
    taken = [slot.place.question_id for slot in slots if slot.place.question_id]
    page = Paginator(rows.exclude(pk__in=taken), FOUND).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "bank": provider,
        "slots": slots,
        "seen": _state([slot.place for slot in slots]),
        "number": sum(slot.place.draw for slot in slots),
        "total": sum((slot.place.points * slot.place.draw for slot in slots), Decimal(0)),
        "lacking": next((slot for slot in slots if slot.lacks), None),
        "tags": list(selectors.tags_of(provider)[:300]),
        "kinds": QuestionKind.choices,
        "page": page,
        "words": words,
        "kind": kind,
        "tag": tag_id,
        "problem": problem,
    }
    return render(request, "assessments/desk/places.html", context)


def _rearrange(request: HouseRequest, row: Assessment) -> str:
    """Do what was asked with the places; returns what is wrong, in words.

    `deed` is "add:<question>", "draw" (with `tag`, `draw`, `points`), "move:<from>:<to>",
    "drop:<place>" or nothing: the points and numbers are kept in any case.
    """
    there = selectors.places_of(row)
    if request.POST.get("seen", "") != _state(there):
        return _("Somebody else changed the questions in the meantime. This is how they are now.")
    data = request.POST
    made: list[PlaceOf] = []
    for number, one in enumerate(there):
        points = _number(data.get(f"points-{number}"), one.points)
        draw = _count(data.get(f"draw-{number}"), one.draw) if one.question is None else 1
        if points is None or draw is None:
            return _bad_numbers()
        made.append(PlaceOf(one.question, tuple(one.tags.all()), draw, points))
    what, _colon, rest = data.get("deed", "").partition(":")
    provider = row.course.provider
    if what == "add":
        found: Iterable[BankQuestion] = ()
        if rest.isdecimal() and rest.isascii() and len(rest) < 19:
            found = selectors.bank_rows(provider, [int(rest)])
        made += [PlaceOf(question=one, points=one.points) for one in found]
    elif what == "draw":
        keys = [int(one) for one in data.getlist("tag") if one.isdecimal() and len(one) < 19]
        tags = tuple(selectors.tags_of(provider).filter(pk__in=keys[:20]))
        points, draw = _number(data.get("points"), None), _count(data.get("draw"), None)
        if not tags:
            return _("Choose the tags to draw by.")
        if points is None or draw is None:
            return _bad_numbers()
        made.append(PlaceOf(None, tags, draw, points))
    elif what in ("move", "drop"):
        ends = [int(one) for one in rest.split(":") if one.isdecimal() and len(one) < 5]
        if ends and ends[0] < len(made):
            taken = made.pop(ends[0])
            if what == "move" and len(ends) == 2:
                made.insert(min(ends[1], len(made)), taken)
    try:
        actions.set_places(row, made, actor=request.user)
    except Invalid as refused:
        if "twice the same" in refused.details.get("places", ()):
            return _("This question is there already.")
        return _bad_numbers()
    except DomainError as refused:
        return str(refused.message)
    return ""


def _bad_numbers() -> str:
    most = f"{MOST_POINTS:f}"
    return _(
        "Points go from 0.01 to %(most)s, and at most 200 questions are drawn in one place, 500 in "
        "all. Nothing was changed."
    ) % {"most": most}


def _number(sent: str | None, known: Any) -> Any:
    if sent is None:
        return known
    try:
        return Exact(min_value=0, max_value=MOST_POINTS, decimal_places=2).clean(sent)
    except ValidationError:
        return None


def _count(sent: str | None, known: int | None) -> int | None:
    if sent is None:
        return known
    return int(sent) if sent.isdecimal() and sent.isascii() and 0 < len(sent) < 4 else None


def _state(there: Sequence[Place]) -> str:
    """Which places one saw: they are made anew with every change."""
    return f"{len(there)}.{max((one.pk for one in there), default=0)}"


@login_required
@require_safe
@never_cache
def preview(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """A paper as a student would get one; `seed` says which. Who may see it: those who mark."""
    desk, row = at_desk(request, course_id, assessment_id)
    seed = request.GET.get("seed", "")[:32] or "preview"
    entries = selectors.to_draw_from(selectors.places_of(row))
    drawn: tuple[papers.Entry, ...] = ()
    lacking = False
    try:
        drawn = papers.draw(entries, seed, shuffle=row.shuffle)
    except papers.PoolTooSmall:
        lacking = True
    sheets = [_sheet(entry, number, seed) for number, entry in enumerate(drawn)]
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "sheets": [(sheet, address_of(sheet)) for sheet in sheets],
        "lacking": lacking,
        "solution": "solution" in request.GET,
        "seed": seed,
        "another": secrets.token_hex(4),
    }
    return render(request, "assessments/desk/preview.html", context)


def _sheet(entry: papers.Entry, place: int, seed: str) -> Sheet:
    version = entry.question.current
    response = Response(place=place, given=version, most=entry.points)
    laid = papers.options(version.content, seed, place)
    return Sheet(place + 1, response, version, laid)


def address_of(sheet: Sheet) -> Any:
    """What tells the addresses of a question's pictures at the desk."""
    version = sheet.version
    return texts.for_templates(lambda key: picture_url(version, key[:64] or "-"))


# --- Other terms ----------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def terms(request: HouseRequest, course_id: int, assessment_id: int) -> HttpResponse:
    """Other terms for the students in `student`, one or several. Who may: those who mark."""
    desk, row = at_desk(request, course_id, assessment_id)
    seats = chosen_seats(request.GET if request.method != "POST" else request.POST, row)
    if not seats:
        messages.warning(request, _("Choose students first."))
        return redirect("assessments_desk:assessment", course_id, assessment_id)
    several = len(seats) > 1
    initial: dict[str, Any] = {}
    if not several and (candidate := selectors.candidate_of(row, seats[0])):
        zone = row.time_zone
        initial = {
            "extra_time": candidate.extra_time or None,
            "extra_attempts": candidate.extra_attempts or None,
            "opens": candidate.opens_at and on_the_wall(candidate.opens_at, zone),
            "closes": candidate.closes_at and on_the_wall(candidate.closes_at, zone),
        }
    form = TermsForm(request.POST or None, assessment=row, several=several, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.allow_all(row, seats, form.cleaned_data, actor=request.user)
        except Invalid as refused:
            field = "closes" if "closes_at" in refused.details else None
            form.add_error(field, _("It has to close after it opens."))
        else:
            text = ngettext(
                "Agreed with %(number)d student.", "Agreed with %(number)d students.", len(seats)
            )
            messages.success(request, text % {"number": len(seats)})
            return redirect("assessments_desk:assessment", course_id, assessment_id)
    context = {
        "desk": desk,
        "course": desk.course,
        "assessment": row,
        "seats": seats,
        "form": form,
        "several": several,
    }
    status = 422 if form.is_bound else 200
    return render(request, "assessments/desk/terms.html", context, status=status)


# --- Shared ---------------------------------------------------------------------------------------


def at_desk(request: HouseRequest, course_id: int, assessment_id: int) -> tuple[Desk, Assessment]:
    return selectors.assessment_at_desk(
        request.user, course_id, assessment_id, host=request.provider
    )


def chosen_seats(data: QueryDict, row: Assessment) -> list[Enrolment]:
    """The students of the course whose ids were sent."""
    keys = uuids_in(data.getlist("student")[:MOST_AT_ONCE])
    return list(selectors.seats_of(row).filter(pk__in=keys)) if keys else []
