"""Enrolling and leaving; and the page that says why a lesson is closed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import NotFound, error_response, wants_json
from lms.courses.details import course_url
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .errors import ClassFull, LessonMoved, NoSeat, PrerequisiteMissing, SeatExpired
from .forms import ReasonForm


def explain_closed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer a view's NoSeat with a page that leads on: sign in, enrol, or what else there is.

    A lesson that has moved to another course is followed there.
    """

    @wraps(view)
    def wrapper(request: HouseRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except LessonMoved as moved:
            if request.method not in ("GET", "HEAD") or wants_json(request):
                raise
            return redirect("learn:lesson", moved.course_id, moved.lesson_id)
        except NoSeat as closed:
            if wants_json(request):
                return error_response(request, closed)
            return _closed(request, closed)

    return wrapper


@require_POST
@login_required
def enrol(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who may: anybody signed in, for a published free course. Leads into the course."""
    course = selectors.open_course(request.user, course_id, host=request.provider)
    try:
        actions.enrol(course, request.user, actor=request.user, at=clock.now())
    except ClassFull as full:
        if wants_json(request):
            raise
        context = {"course": course, "limit": full.details["limit"]}
        return render(request, "enrolments/full.html", context, status=full.status)
    except (PrerequisiteMissing, SeatExpired) as refused:  # the box on the page says what to do
        if wants_json(request):
            raise
        return render(request, "enrolments/enrol.html", {"course": course}, status=refused.status)
    return redirect("learn:course", course.pk)


@login_required
@require_safe
def enrol_page(request: HouseRequest, course_id: int) -> HttpResponse:
    """Where a visitor lands after signing in to enrol: the same button, one click to go.

    Who may: anybody signed in; those with a seat are sent into the course.
    """
    course = selectors.open_course(request.user, course_id, host=request.provider)
    enrolment = selectors.enrolment_of(course, request.user)
    if enrolment is not None and enrolment.is_active:
        return redirect("learn:course", course.pk)
    return render(request, "enrolments/enrol.html", {"course": course})


@login_required
def leave(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who may: the student themselves. Leaving twice is leaving once.

    GET, where somebody lands who had to sign in again, leads to the button and leaves nothing.
    """
    course = selectors.open_course(request.user, course_id, host=request.provider)
    if request.method != "POST":
        return redirect(course_url(course, request.provider))
    enrolment = selectors.enrolment_of(course, request.user)
    if enrolment is not None and enrolment.is_active:
        actions.leave(course, request.user, actor=request.user, at=clock.now())
        return redirect("enrolments:undo", course.pk)
    return redirect("learn:dashboard")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def undo(request: HouseRequest, course_id: int) -> HttpResponse:
    """What one who has left sees: taking it back within a day, and saying why they left.

    Who may: the student themselves; those with a seat are sent into the course.
    """
    course = selectors.open_course(request.user, course_id, host=request.provider)
    enrolment = selectors.enrolment_of(course, request.user)
    if enrolment is None:
        raise NotFound
    if request.method == "POST" and not enrolment.is_active:
        try:
            actions.undo_leaving(course, request.user, actor=request.user, at=clock.now())
        except ClassFull as full:
            if wants_json(request):
                raise
            context = {"course": course, "limit": full.details["limit"]}
            return render(request, "enrolments/full.html", context, status=full.status)
        messages.success(request, _("You have your seat again, as if you had never left."))
    elif not enrolment.is_active:
        context = {"course": course, "enrolment": enrolment, "form": ReasonForm()}
        return render(request, "enrolments/left.html", context)
    return redirect("learn:course", course.pk)


@login_required
@require_POST
def say_why(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who may: a student who has left. Keeps why, for the school."""
    course = selectors.open_course(request.user, course_id, host=request.provider)
    form = ReasonForm(request.POST)
    if form.is_valid():
        actions.say_why_left(course, request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Thank you. The school can read it now."))
    return redirect("learn:dashboard")


def dispatch_enrol(request: HouseRequest, course_id: int) -> HttpResponse:
    """GET shows the button, POST is the deed. Who may: see `enrol` and `enrol_page`."""
    return (enrol if request.method == "POST" else enrol_page)(request, course_id)


def _closed(request: HouseRequest, closed: NoSeat) -> HttpResponse:
    context = {
        "course": closed.course,
        "entry": closed.lesson,
        "message": closed.message,
        "reasons": closed.reasons,
    }
    return render(request, "enrolments/closed.html", context, status=closed.status)
