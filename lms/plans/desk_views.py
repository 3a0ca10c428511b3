"""The desk: writing lesson plans, giving them to students, and how far those are."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Forbidden
from lms.courses.models import CoursePage
from lms.tenants.requests import HouseRequest

from . import actions, rules, selectors
from .actions import Entry
from .errors import TooManySteps
from .forms import AssignForm, CopyForm, NewPlanForm, PlanForm, StepForm
from .kinds import KINDS
from .models import Plan

PER_PAGE = 50
MOVES = {"up": -1, "down": 1, "first": -actions.MOST_STEPS, "last": actions.MOST_STEPS}


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """The courses one plans in. Who may see it: those who plan somewhere."""
    rows = selectors.desk_courses(request.user, host=request.provider)
    if not selectors.plans_somewhere(request.user, host=request.provider):
        raise Forbidden
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "plans/desk/index.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The plans of a course, and making one. Who may: those who plan there."""
    page = selectors.course_at_desk(request.user, course_id, host=request.provider)
    form = NewPlanForm(request.POST if request.method == "POST" else None, course=page)
    if form.is_valid():
        made, missing = actions.create(
            page,
            title=form.cleaned_data["title"],
            source=form.cleaned_data["source"],
            time_zone=get_current_timezone_name(),
            actor=request.user,
            at=clock.now(),
        )
        _say_missing(request, missing)
        return redirect("plans_desk:plan", course_id, made.pk)
    rows = selectors.plans_at_desk(page)
    context = {
        "course": page,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "templates": [one for one in selectors.templates_for(page) if one.course_id == page.pk],
        "form": form,
    }
    return render(request, "plans/desk/course.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def plan(request: HouseRequest, course_id: int, plan_id: int) -> HttpResponse:
    """A plan and its steps. Who may see and change it: those who plan there.

    Every button saves what was typed; those of a step move or remove it as well.
    """
    page, row = _plan(request, course_id, plan_id)
    steps = selectors.steps_of([row])
    posted = request.POST if request.method == "POST" else None
    form = PlanForm(posted, plan=row, steps=steps)
    zone = form.cleaned_data["time_zone"] if posted is not None and form.is_valid() else ""
    things = selectors.things_of(page, steps)
    # A step that another teacher has added meanwhile was not on the page: it stays as it is.
    typed = set(posted.getlist("step")) if posted is not None else set()
    rows = [
        StepForm(
            posted if str(one.pk) in typed else None,
            step=one,
            shown_in=row.time_zone,
            zone=zone or row.time_zone,
        )
        for one in steps
    ]
    valid = all(one.is_valid() for one in [form, *rows] if one.is_bound)
    if posted is not None and valid:
        entries = [one.entry for one in rows] + [Entry(what) for what in form.cleaned_data["add"]]
        entries = _rearranged(entries, [one.step.pk for one in rows], posted.get("deed", ""))
        values = {name: form.cleaned_data[name] for name in ("title", "time_zone")}
        try:
            actions.change(row, actor=request.user, at=clock.now(), values=values, entries=entries)
        except TooManySteps as refused:
            form.add_error("add", str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("plans_desk:plan", course_id, plan_id)
    seats, groups = selectors.given_to(row)
    context = {
        "course": page,
        "plan": row,
        "form": form,
        "rows": [(one, KINDS[one.step.kind], things.get(one.step.what)) for one in rows],
        "seats": seats,
        "groups": groups,
        "here": "steps",
    }
    return render(request, "plans/desk/plan.html", context, status=422 if form.is_bound else 200)


def _rearranged(entries: list[Entry], keys: list[int], deed: str) -> list[Entry]:
    """What "up:7" or "remove:7" makes of the steps; 7 is the step's own key."""
    name, _colon, key = deed.partition(":")
    if not (key.isascii() and key.isdigit() and len(key) < 19) or int(key) not in keys:
        return entries
    place = keys.index(int(key))
    if name == "remove":
        return entries[:place] + entries[place + 1 :]
    if name in MOVES:
        return [entries[one] for one in rules.moved(len(entries), place, MOVES[name])]
    return entries


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def assign(request: HouseRequest, course_id: int, plan_id: int) -> HttpResponse:
    """Who has the plan. Who may see and change it: those who plan there."""
    page, row = _plan(request, course_id, plan_id)
    form = AssignForm(request.POST if request.method == "POST" else None, plan=row)
    if form.is_valid():
        actions.assign(
            row,
            students=form.cleaned_data["students"],
            groups=form.cleaned_data.get("groups", []),
            actor=request.user,
            at=clock.now(),
        )
        messages.success(request, _("Saved. Who is new to the plan gets a message."))
        return redirect("plans_desk:students", course_id, plan_id)
    context = {"course": page, "plan": row, "form": form, "here": "assign"}
    return render(request, "plans/desk/assign.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
@never_cache
def students(request: HouseRequest, course_id: int, plan_id: int) -> HttpResponse:
    """How far each student is. Who may see it: those who plan there."""
    course_page, row = _plan(request, course_id, plan_id)
    page = Paginator(selectors.students_on(row), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "course": course_page,
        "plan": row,
        "page": page,
        "rows": selectors.progress_of(row, list(page.object_list)),
        "here": "students",
    }
    return render(request, "plans/desk/students.html", context)


@login_required
@require_safe
@never_cache
def preview(
    request: HouseRequest, course_id: int, plan_id: int, enrolment_id: UUID | None = None
) -> HttpResponse:
    """The plan as a student sees it, one in particular if named. Who may: those who plan there."""
    page, row = _plan(request, course_id, plan_id)
    seat = selectors.student_on(row, enrolment_id) if enrolment_id else None
    context = {
        "course": page,
        "plan": row,
        "shown": selectors.preview(row, seat, now=clock.now()),
        "seat": seat,
        "here": "preview",
    }
    return render(request, "plans/desk/preview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def copy(request: HouseRequest, course_id: int, plan_id: int) -> HttpResponse:
    """A copy, for another course or as a template. Who may: those who plan there."""
    page, row = _plan(request, course_id, plan_id)
    posted = request.POST if request.method == "POST" else None
    form = CopyForm(posted, plan=row, user=request.user, host=request.provider)
    if form.is_valid():
        made, missing = actions.create(
            form.cleaned_data["course"],
            title=form.cleaned_data["title"],
            source=row,
            is_template=form.cleaned_data["template"],
            actor=request.user,
            at=clock.now(),
        )
        _say_missing(request, missing)
        return redirect("plans_desk:plan", made.course_id, made.pk)
    context = {"course": page, "plan": row, "form": form, "here": "copy"}
    return render(request, "plans/desk/copy.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def remove(request: HouseRequest, course_id: int, plan_id: int) -> HttpResponse:
    """Who may: those who plan there."""
    _course, row = _plan(request, course_id, plan_id)
    actions.remove(row, actor=request.user)
    messages.success(request, _("The plan is gone."))
    return redirect("plans_desk:course", course_id)


def _plan(request: HouseRequest, course_id: int, plan_id: int) -> tuple[CoursePage, Plan]:
    return selectors.plan_at_desk(request.user, course_id, plan_id, host=request.provider)


def _say_missing(request: Any, missing: int) -> None:
    if missing:
        text = ngettext(
            "%(number)s step is not in this course and was left out.",
            "%(number)s steps are not in this course and were left out.",
            missing,
        )
        messages.warning(request, text % {"number": missing})
