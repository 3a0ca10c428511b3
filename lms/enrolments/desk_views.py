"""The desk: groups of a course's students."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.courses.models import CoursePage
from lms.tenants.requests import HouseRequest

from . import actions, selectors
from .errors import GroupExists
from .forms import GroupForm
from .models import Group

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


def _course(request: HouseRequest, course_id: int) -> CoursePage:
    return selectors.course_to_group(request.user, course_id, host=request.provider)


def _edit(request: HouseRequest, page: CoursePage, row: Group | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = GroupForm(posted, course=page, group=row)
    if form.is_valid():
        try:
            actions.save_group(page, group=row, actor=request.user, **form.cleaned_data)
        except GroupExists as refused:
            form.add_error("name", str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("groups:course", page.pk)
    context = {"course": page, "group": row, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "enrolments/desk/group.html", context, status=status)
