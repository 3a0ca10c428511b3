"""The wishlist, and the heart on a course."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.common import clock
from lms.courses.details import course_url
from lms.enrolments.selectors import open_course
from lms.tenants.requests import HouseRequest

from . import actions, selectors

ROWS = 24


@login_required
@require_safe
@never_cache
def wishlist(request: HouseRequest) -> HttpResponse:
    """Who may see it: anybody signed in, their own."""
    rows = selectors.wishes_of(request.user, host=request.provider)
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    return render(request, "wishlist/wishlist.html", {"page": page})


@login_required
@never_cache
def wish(request: HouseRequest, course_id: int) -> HttpResponse:
    """POST puts a course on the wishlist, or with `forget` takes it off. GET, where visitors land
    once they have signed in, shows the button.

    Who may: anybody signed in, for a course they may know; what is on their list they may take off.
    """
    if request.method == "POST" and request.POST.get("forget"):
        actions.forget(request.user, course_id, actor=request.user)
        if request.htmx:
            return _heart(request, course_id, wished=False)
        messages.success(request, _("The course is off your wishlist."))
        return redirect("wishlist:list")
    course = open_course(request.user, course_id, host=request.provider)
    if request.method != "POST":
        return render(request, "wishlist/wish.html", {"course": course})
    actions.wish(request.user, course, actor=request.user, at=clock.now())
    if request.htmx:
        return _heart(request, course_id, wished=True)
    messages.success(request, _("“%(course)s” is on your wishlist.") % {"course": course.title})
    return redirect(course_url(course, request.provider))


def _heart(request: HouseRequest, course_id: int, *, wished: bool) -> HttpResponse:
    context = {
        "course_id": course_id,
        "title": request.POST.get("title", "")[:255],
        "wished": wished,
        "worded": bool(request.POST.get("worded")),
        "user": request.user,
    }
    return render(request, "wishlist/_heart.html", context)
