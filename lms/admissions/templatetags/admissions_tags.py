"""The ways in for templates, those of apps below too."""

from typing import Any

from django import template
from django.template.context import Context

from lms.admissions import selectors
from lms.common import clock
from lms.courses.models import CoursePage

register = template.Library()


@register.inclusion_tag("admissions/_way_in.html", takes_context=True)
def way_in(context: Context, course: CoursePage, offer: str) -> dict[str, Any]:
    """What one may do where enrolling by oneself is not possible: `offer` is "full", "request" or
    "invitation". For a visitor it depends on nobody: the page it stands on is cached."""
    request = context.get("request")
    user = getattr(request, "user", None)
    told: dict[str, Any] = {"course": course, "offer": offer, "request": request}
    told["csrf_token"] = context.get("csrf_token")
    if user is None or not user.is_authenticated:
        return told
    told["invitation"] = selectors.open_invitation(user, course, at=clock.now())
    told["entry"] = entry = selectors.open_entry(user, course)
    if entry is not None:
        told["number"] = selectors.number_of(entry)
    if offer == "request":
        told["asked"] = selectors.open_request(user, course)
    return told
