"""Announcements: at the desk, and put away by those who read them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock
from lms.common.errors import Invalid, NotFound
from lms.courses.desk import Desk
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .forms import AnnouncementForm
from .models import Announcement

PER_PAGE = 20


@login_required
@require_safe
@never_cache
def announcements(request: HouseRequest, course_id: int) -> HttpResponse:
    """What was announced to a course. Who may see it: those who manage its students."""
    desk = _desk(request, course_id)
    page = Paginator(selectors.announcements_of(desk.course), PER_PAGE)
    context = {"course": desk.course, "page": page.get_page(request.GET.get("page"))}
    return render(request, "teaching/announcements.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HouseRequest, course_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    return _edit(request, _desk(request, course_id), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def announcement(request: HouseRequest, course_id: int, announcement_id: int) -> HttpResponse:
    """Who may: those who manage the course's students."""
    desk = _desk(request, course_id)
    return _edit(request, desk, selectors.announcement_of(desk.course, announcement_id))


@login_required
@require_POST
def withdraw(request: HouseRequest, course_id: int, announcement_id: int) -> HttpResponse:
    """Take it back, or show it again. Who may: those who manage the course's students."""
    row = selectors.announcement_of(_desk(request, course_id).course, announcement_id)
    if "again" in request.POST:
        actions.republish(row, actor=request.user, at=clock.now())
        messages.success(request, _("Students see it again."))
    else:
        actions.withdraw_announcement(row, actor=request.user)
        messages.success(request, _("Withdrawn: nobody sees it any more. You can show it again."))
    return redirect("teaching:announcements", course_id)


@login_required
@require_POST
def dismiss(request: HouseRequest, announcement_id: int) -> HttpResponse:
    """Put an announcement away. Who may: the student it was made to."""
    row, seat = selectors.news_to_dismiss(request.user, announcement_id)
    actions.dismiss(row, seat)
    if request.htmx:
        return HttpResponse("")
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect("learn:dashboard")
    return redirect(back)


def _desk(request: HouseRequest, course_id: int) -> Desk:
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    if not desk.sets:
        raise NotFound
    return desk


def _edit(request: HouseRequest, desk: Desk, row: Announcement | None) -> HttpResponse:
    posted: Any = request.POST if request.method == "POST" else None
    groups = selectors.group_names(desk.course)
    zone = get_current_timezone_name()
    form = AnnouncementForm(posted, course=desk.course, row=row, groups=groups, zone=zone)
    if form.is_valid():
        told = {**form.cleaned_data, "actor": request.user, "at": clock.now()}
        try:
            if row is None:
                made = actions.announce(desk.course, **told)
            else:
                actions.change_announcement(row, **told)
                made = selectors.announcement_of(desk.course, row.pk)
        except Invalid as refused:
            form.refuse(refused.details)
        else:
            said = _("Published.") if made.is_published else _("Saved: it waits for its moment.")
            messages.success(request, said)
            return redirect("teaching:announcements", desk.course.pk)
    context = {"course": desk.course, "row": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "teaching/announcement.html", context, status=status)
