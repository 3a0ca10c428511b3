"""Reviews for templates, those of apps below too."""

from typing import Any

from django import template
from django.template.context import Context

from lms.courses.details import course_url
from lms.courses.models import CoursePage
from lms.courses.rules import STARS, Ratings
from lms.enrolments.models import Enrolment
from lms.reviews import selectors
from lms.reviews.forms import stars_in_words

register = template.Library()


@register.inclusion_tag("reviews/_section.html", takes_context=True)
def course_reviews(context: Context, course: CoursePage, ratings: Ratings) -> dict[str, Any]:
    """The reviews on a course's page: a visitor's depends on nobody. In a preview, without the
    reader's own."""
    request = context.get("request")
    user = getattr(request, "user", None)
    own = user is not None and not context.get("preview_as")
    return {
        "course": course,
        "ratings": ratings,
        "page": selectors.shown_reviews(course, ratings),
        "order": "newest",
        "standing": selectors.standing_of(user, course) if own else None,
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def course_page_url(context: Context, course: CoursePage) -> str:
    """Where a published course stands on the site the reader is on."""
    return course_url(course, getattr(context.get("request"), "provider", None))


@register.inclusion_tag("components/stars.html")
def stars(rating: int) -> dict[str, Any]:
    """A rating drawn as stars, with its words for those who don't see it."""
    return {"places": [star <= rating for star in STARS], "words": stars_in_words(rating)}


@register.filter
def in_stars(number: int) -> str:
    """3 → "3 stars"."""
    return stars_in_words(number)


@register.inclusion_tag("reviews/_prompts.html", takes_context=True)
def review_prompts(context: Context) -> dict[str, Any]:
    """Asks for reviews of what the reader completed; nothing where there is nothing to ask."""
    return {
        "seats": selectors.to_be_asked(context["request"].user),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("reviews/_prompt.html", takes_context=True)
def review_prompt(context: Context, enrolment: Enrolment | None, course: Any) -> dict[str, Any]:
    """The same for the one course that the reader has before them."""
    return {
        "course": course,
        "asked": selectors.is_to_be_asked(enrolment),
        "csrf_token": context.get("csrf_token"),
    }
