"""Enrolling and leaving; and the page that says why a lesson is closed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.common import clock
from lms.common.errors import error_response, wants_json
from lms.courses.details import course_url
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .errors import ClassFull, LessonMoved, NoSeat


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
        messages.success(
            request,
            _("You have left “%(course)s”. What you did is kept, should you come back.")
            % {"course": course.title},
        )
    return redirect("learn:dashboard")


def dispatch_enrol(request: HouseRequest, course_id: int) -> HttpResponse:
    """GET shows the button, POST is the deed. Who may: see `enrol` and `enrol_page`."""
    return (enrol if request.method == "POST" else enrol_page)(request, course_id)


def _closed(request: HouseRequest, closed: NoSeat) -> HttpResponse:
    context = {"course": closed.course, "entry": closed.lesson, "message": closed.message}
    return render(request, "enrolments/closed.html", context, status=closed.status)
