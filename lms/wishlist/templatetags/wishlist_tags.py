"""The heart on courses, for templates of apps below too."""

from typing import Any

from django import template
from django.template.context import Context

from lms.courses.details import canonical_url
from lms.courses.models import CourseListing
from lms.wishlist import selectors

register = template.Library()


@register.inclusion_tag("wishlist/_heart.html", takes_context=True)
def heart(context: Context, course_id: int, title: str, worded: bool = False) -> dict[str, Any]:
    """A button that puts a course on the reader's wishlist or takes it off; for visitors a way to
    sign in, the same for all. One query a page, however many courses. Nothing without a request:
    in a gallery or a preview."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or context.get("preview_as"):
        return {"hidden": True}
    # The look at who asks makes an answer vary by cookie: pages for visitors are kept for all.
    if not user.is_authenticated:
        return {"course_id": course_id, "title": title, "worded": worded, "user": user}
    known = request.__dict__.get("_wished_ids")
    if known is None:
        known = request.__dict__["_wished_ids"] = selectors.wished_ids(user)
    return {
        "course_id": course_id,
        "title": title,
        "worded": worded,
        "wished": course_id in known,
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def offered_at(listing: CourseListing) -> str:
    """Where a course on the wishlist is offered now; empty where it is not any more."""
    return canonical_url(listing) if listing.live else ""


@register.simple_tag(takes_context=True)
def wish_count(context: Context) -> int:
    """How many courses stand on the reader's wishlist, on this site."""
    request = context["request"]
    return selectors.wish_count(request.user, host=request.provider)
