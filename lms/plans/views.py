"""Students' page: their plans in a course."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.common import clock
from lms.enrolments.views import explain_closed
from lms.tenants.requests import HouseRequest

from . import selectors
from .permissions import may_plan


@require_safe
@explain_closed
@never_cache
def course(request: HouseRequest, course_id: int) -> HttpResponse:
    """One's plans in a course. Who may see it: those enrolled, and the provider's staff."""
    access, plans = selectors.plans_of_student(
        request.user, course_id, host=request.provider, now=clock.now()
    )
    context = {
        "course": access.course,
        "access": access,
        "plans": plans,
        "plans_here": may_plan(request.user, access.course),
    }
    return render(request, "plans/course.html", context)
