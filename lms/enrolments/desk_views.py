"""The desk: groups of a course's students, and what is open to each of them and why."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Conflict, NotFound
from lms.courses.desk import Desk
from lms.courses.models import CoursePage
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .errors import GroupExists
from .forms import ExtensionForm, GroupForm, RemovalForm
from .models import Enrolment, Group

PER_PAGE = 50


@login_required
@require_safe
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """The groups of a course. Who may see it: those who manage its students."""
    page = _course(request, course_id)
    rows = Paginator(selectors.groups_of(page), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "enrolments/desk/groups.html", {"course": page, "page": rows})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    return _edit(request, _course(request, course_id), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def group(request: HouseRequest, course_id: int, group_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    page = _course(request, course_id)
    return _edit(request, page, selectors.group_of(page, group_id))


@login_required
@require_POST
def remove(request: HouseRequest, course_id: int, group_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    page = _course(request, course_id)
    actions.remove_group(selectors.group_of(page, group_id), actor=request.user)
    messages.success(request, _("The group is gone; its students stay."))
    return redirect("groups:course", course_id)


# --- Access ---------------------------------------------------------------------------------------


@login_required
@require_safe
@never_cache
def access(request: HouseRequest, course_id: int) -> HttpResponse:
    """What is open to a student (`?student=`) and why not; the students to choose from without one.

    Who may see it: those who follow the course's students.
    """
    found = _students(request, course_id)
    if wanted := request.GET.get("student", ""):
        return _student(request, found, selectors.seat_at_desk(found.course, _id(wanted)))
    words = request.GET.get("q", "")[:100]
    rows = selectors.seats_at_desk(found.course, words)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"course": found.course, "page": page, "words": words}
    return render(request, "enrolments/desk/students.html", context)


@login_required
@require_POST
def extend(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Until when a student has access. Who may: those who manage the course's students."""
    found, seat = _seat(request, course_id, enrolment_id)
    form = ExtensionForm(request.POST, course=found.course, seat=seat)
    if form.is_valid():
        until = form.cleaned_data["moment"]
        try:
            actions.extend(
                found.course, seat.student, until=until, actor=request.user, at=clock.now()
            )
        except Conflict as refused:
            form.add_error("until", str(refused.message))
        else:
            messages.success(request, _("Saved. The student is told."))
            return _back(found.course, seat)
    return _student(request, found, seat, extension=form)


@login_required
@require_POST
def remove_student(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Who may: those who manage the course's students."""
    found, seat = _seat(request, course_id, enrolment_id)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        return _student(request, found, seat, removal=form)
    reason = form.cleaned_data["reason"]
    actions.remove(found.course, seat.student, actor=request.user, at=clock.now(), reason=reason)
    messages.success(request, _("Removed. The student is told. You can give the seat back below."))
    return _back(found.course, seat)


@login_required
@require_POST
def restore_student(request: HouseRequest, course_id: int, enrolment_id: UUID) -> HttpResponse:
    """Who may: those who manage the course's students."""
    found, seat = _seat(request, course_id, enrolment_id)
    try:
        actions.restore(found.course, seat.student, actor=request.user, at=clock.now())
    except Conflict as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The student has the seat again, and is told."))
    return _back(found.course, seat)


def _students(request: HouseRequest, course_id: int) -> Desk:
    return selectors.course_of_students(request.user, course_id, host=request.provider)


def _seat(request: HouseRequest, course_id: int, enrolment_id: UUID) -> tuple[Desk, Enrolment]:
    """Raises NotFound for one who may not manage students."""
    found = _students(request, course_id)
    if not found.sets:
        raise NotFound
    return found, selectors.seat_at_desk(found.course, enrolment_id)


def _student(request: HouseRequest, found: Desk, seat: Enrolment, **forms: Any) -> HttpResponse:
    course = found.course
    context = {
        "course": course,
        "seat": seat,
        "manages": found.sets,
        "access": selectors.access_of(course, seat, at=clock.now()),
        "extension": ExtensionForm(course=course, seat=seat),
        "removal": RemovalForm(),
        **forms,
    }
    return render(request, "enrolments/desk/student.html", context, status=422 if forms else 200)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _back(course: CoursePage, seat: Enrolment) -> HttpResponse:
    return redirect(f"{reverse('groups:access', args=[course.pk])}?student={seat.pk}")


def _course(request: HouseRequest, course_id: int) -> CoursePage:
    return selectors.course_to_group(request.user, course_id, host=request.provider)


def _edit(request: HouseRequest, page: CoursePage, row: Group | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = GroupForm(posted, course=page, group=row)
    if form.is_valid():
        try:
            actions.save_group(page, group=row, actor=request.user, **form.values())
        except GroupExists as refused:
            form.add_error("name", str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("groups:course", page.pk)
    members = selectors.members_of(row) if row else []
    context = {"course": page, "group": row, "form": form, "members": members}
    status = 422 if form.is_bound else 200
    return render(request, "enrolments/desk/group.html", context, status=status)
