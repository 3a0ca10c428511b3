"""The desk: setting homework. Who may: those who set it at the course's provider."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.common import clock
from lms.common.errors import Forbidden, Invalid
from lms.courses.desk import Desk
from lms.files.actions import take_in
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .desk import homework_at
from .errors import HandedInAlready
from .forms import HomeworkForm
from .models import Homework
from .uploads import MATERIAL


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HouseRequest, course_id: int) -> HttpResponse:
    """Write homework. Who may: those who set it there."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    return _edit(request, desk, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Change homework. Who may: those who set it there."""
    desk, row = homework_at(request, course_id, homework_id)
    return _edit(request, desk, row)


@login_required
@require_POST
def move(request: HouseRequest, course_id: int, homework_id: int, step: str) -> HttpResponse:
    """Hand out or withdraw. Who may: those who set homework there."""
    _desk, row = homework_at(request, course_id, homework_id)
    if step == "assign":
        actions.assign(row, actor=request.user, at=clock.now())
        messages.success(request, _("Handed out. The students are told."))
    else:
        actions.withdraw(row, actor=request.user)
        messages.success(request, _("Withdrawn. What was handed in is kept."))
    return redirect("homework_desk:homework", course_id, homework_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HouseRequest, course_id: int, homework_id: int) -> HttpResponse:
    """Ask, and delete on POST. Who may: those who set homework there."""
    desk, row = homework_at(request, course_id, homework_id)
    if not desk.sets:
        raise Forbidden
    refused = None
    if request.method == "POST":
        try:
            actions.delete(row, actor=request.user)
        except HandedInAlready as problem:
            refused = problem
        else:
            messages.success(request, _("The homework is deleted."))
            return redirect("homework_desk:course", course_id)
    context = {
        "course": desk.course,
        "homework": row,
        "refused": refused,
        "handed_in": refused is not None or selectors.is_handed_in(row),
    }
    status = refused.status if refused else 200
    return render(request, "homework/desk/delete.html", context, status=status)


def _edit(request: HouseRequest, desk: Desk, row: Homework | None) -> HttpResponse:
    if not desk.sets:
        raise Forbidden
    course = desk.course
    form = HomeworkForm(
        request.POST or None,
        request.FILES or None,
        instance=row or Homework(course=course, provider_id=course.provider_id),
        course=course,
        zone=request.user.time_zone,  # type: ignore[union-attr]
        owner=request.user,
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(request, desk, row, form)
        except Invalid as problem:
            for name, texts in problem.details.items():
                form.add_error(name if name in form.fields else None, texts)
            if not form.errors:
                form.add_error("attachments", str(problem.message))
        else:
            return redirect("homework_desk:homework", course.pk, saved.pk)
    context = {"desk": desk, "course": course, "homework": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "homework/desk/edit.html", context, status=status)


def _save(request: HouseRequest, desk: Desk, row: Homework | None, form: Any) -> Homework:
    cleaned, actor, now = form.cleaned_data, request.user, clock.now()
    attachments = take_in(
        cleaned["attachments"],
        owner=actor,
        provider=desk.course.provider,
        purpose=MATERIAL.name,
        at=now,
    )
    if row is None:
        row = actions.create(desk.course, form.values, actor=actor, attachments=attachments)
    else:
        # The form has written on its instance; the action asks what it was.
        drop = [int(key) for key in cleaned.get("drop", [])]
        actions.change(row, form.values, actor=actor, attachments=attachments, drop=drop)
    students, groups = list(cleaned["students"]), list(cleaned.get("groups", []))
    if students or groups or not row.everybody:
        actions.choose(row, students, groups=groups, actor=actor)
    if "assign" in request.POST or cleaned["release_at"]:
        if not row.is_open:
            actions.assign(row, actor=actor, at=now, release_at=cleaned["release_at"])
        if row.is_open:
            messages.success(request, _("Handed out. The students are told."))
        else:
            messages.success(request, _("Saved. It will be handed out at its time."))
    else:
        messages.success(request, _("Saved."))
    return row
