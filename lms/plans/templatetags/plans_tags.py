"""Lesson plans for templates, those of apps below too."""

from typing import Any

from django import template
from django.template.context import Context

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.selectors import enrolment_of
from lms.plans import selectors

register = template.Library()


@register.inclusion_tag("plans/_of_course.html", takes_context=True)
def plans_of_reader(context: Context, course: CoursePage) -> dict[str, Any]:
    """The reader's plans on a course's page; none for visitors, nor in a preview."""
    user = getattr(context.get("request"), "user", None)
    if user is None or context.get("preview_as"):
        return {"plans": []}
    seat = enrolment_of(course, user)
    if seat is None or not seat.is_active:
        return {"plans": []}
    return {"course": course, "plans": selectors.plans_of_seat(seat, course, now=clock.now())}
