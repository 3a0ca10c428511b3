"""The desk: one page of what waits, for all of one's courses or for one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.common import clock
from lms.courses.desk_panels import Reader, panels
from lms.courses.models import CoursePage
from lms.tenants.requests import HouseRequest

from . import selectors

COURSES = 12
ALL = "all"


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """What waits in the courses one teaches, or in all of the house's. Who may see it: those who
    work somewhere."""
    house = selectors.work_courses(request.user, host=request.provider)
    mine = selectors.taught_by(request.user, house)
    # Who is named in no course (an assistant, an admin) looks at all of them.
    teaches = mine.exists()
    chosen = house if request.GET.get("show") == ALL or not teaches else mine
    found = chosen.select_related("provider").order_by("title", "pk")
    page = Paginator(found, COURSES).get_page(request.GET.get("page"))
    rows = selectors.with_students(list(page.object_list))
    return render(
        request,
        "teaching/desk.html",
        {
            "page": page,
            "rows": rows,
            "panels": panels(_reader(request, chosen)) if rows else [],
            "teaches": teaches,
            "shows_all": chosen is house,
        },
    )


@login_required
@require_safe
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """What waits in one course. Who may see it: those who see its students."""
    desk = selectors.course_at_desk(request.user, course_id, host=request.provider)
    one = CoursePage.objects.filter(pk=course_id)
    (row,) = selectors.with_students([desk.course])
    context: dict[str, Any] = {
        "desk": desk,
        "course": desk.course,
        "row": row,
        "panels": panels(_reader(request, one)),
    }
    return render(request, "teaching/course.html", context)


def _reader(request: HouseRequest, courses: Any) -> Reader:
    return Reader(request.user, request.provider, courses, clock.now())
