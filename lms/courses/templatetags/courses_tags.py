"""What the pages of the shop window show of courses."""

import json
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import (  # type: ignore[attr-defined]
    _json_script_escapes,
    format_html,
)
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from lms.common.money import Money
from lms.courses.details import CourseDetails, duration, listing_url, module_size
from lms.courses.languages import is_right_to_left, language_name
from lms.courses.models import CourseListing, CoursePage

register = template.Library()


@register.inclusion_tag("components/course_card.html", takes_context=True)
def listing_card(
    context: Any, listing: CourseListing, heading: str = "h3", eager: bool = False
) -> dict[str, Any]:
    """A listing as the component's card; the provider's name is left out on its own site."""
    provider = getattr(context.get("request"), "provider", None)
    return {
        "url": listing_url(listing, provider),
        "title": listing.title,
        "summary": listing.summary,
        "instructor": listing.instructor_names,
        "provider": "" if provider else listing.provider_name,
        "price": price_text(listing.price_minor, listing.currency),
        "show_price": not (provider and provider.is_portal),
        "level": listing.get_level_display(),
        "cover": listing.cover_url,
        "cover_srcset": listing.cover_srcset,
        "seed": listing.pk,
        "rating": listing.ratings.average,
        "rating_count": listing.ratings.count,
        "lessons": listing.lesson_count,
        "heading": heading,
        "eager": eager,
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def course_details(context: Any, course: CoursePage) -> CourseDetails:
    """Everything a course's page shows beyond its own fields. In a preview, as far as it is."""
    # The page's head and body both ask.
    found = course.__dict__.get("_details")
    if found is None:
        request, preview_as = context.get("request"), context.get("preview_as")
        found = course.__dict__["_details"] = CourseDetails.of(course, request, preview_as)
    return found


@register.filter
def price(item: Any) -> str:
    """The price of a course or listing; empty for a free one."""
    return price_text(item.price_minor, item.currency)


def price_text(amount_minor: int, currency: str) -> str:
    """In the reader's language; empty for nothing."""
    return _price_in(amount_minor, currency, get_language() or "en") if amount_minor else ""


@lru_cache(maxsize=2048)
def _price_in(amount_minor: int, currency: str, language: str) -> str:
    return Money(amount_minor, currency).format(language)


@register.simple_tag
def own_language(course: CoursePage) -> SafeString:
    """The attributes of text written in the course's language, where the page is in another."""
    if course.language == get_language():
        return SafeString("")
    direction = "rtl" if is_right_to_left(course.language) else "ltr"
    return format_html(' lang="{}" dir="{}"', course.language, direction)


@register.simple_tag
def json_ld(data: dict[str, Any]) -> SafeString:
    """Structured data for search engines: a data block, which no policy on scripts concerns."""
    text = json.dumps(data, ensure_ascii=False).translate(_json_script_escapes)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


register.filter("duration", duration)
register.filter("module_size", module_size)
register.filter("language_name", language_name)
