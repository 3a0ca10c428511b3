"""The desk for templates, those of apps below too."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.common import clock
from lms.courses.models import CoursePage
from lms.teaching import selectors, words
from lms.teaching.rules import Reason
from lms.tenants.permissions import Code, can

register = template.Library()

# {name: (route, who has it)}, in their order
TABS = {
    "overview": ("teaching:course", Code.VIEW_STUDENTS),
    "students": ("teaching:roster", Code.VIEW_STUDENTS),
    "people": ("admissions_desk:invitations", Code.MANAGE_STUDENTS),
    "announcements": ("teaching:announcements", Code.MANAGE_STUDENTS),
    "groups": ("groups:course", Code.MANAGE_STUDENTS),
    "homework": ("homework_desk:course", Code.MARK_HOMEWORK),
    "assessments": ("assessments_desk:course", Code.MARK_ASSESSMENTS),
    "grades": ("grades_desk:book", Code.MARK_HOMEWORK),
    "plans": ("plans_desk:course", Code.SET_PLANS),
    "reviews": ("reviews_desk:index", Code.ANSWER_REVIEWS),
    "reports": ("reports_desk:course", Code.VIEW_STUDENTS),
}


@register.inclusion_tag("teaching/_tabs.html", takes_context=True)
def desk_tabs(context: Context, course: CoursePage, here: str) -> dict[str, Any]:
    """The desks of a course, as far as the reader has them; `here` is one of TABS."""
    titles = {
        "overview": _("Overview"),
        "students": _("Students"),
        "people": _("Getting in"),
        "announcements": _("Announcements"),
        "groups": _("Groups"),
        "homework": _("Homework"),
        "assessments": _("Assessments"),
        "grades": _("Grades"),
        "plans": _("Plans"),
        "reviews": _("Reviews"),
        "reports": pgettext("of a course", "Reports"),
    }
    user = context["request"].user
    items = [
        {
            "title": titles[name],
            "url": _address(route, course),
            "current": name == here,
        }
        for name, (route, code) in TABS.items()
        if can(user, code, course)
    ]
    return {"items": items, "label": _("Desks of the course")}


def _address(route: str, course: CoursePage) -> str:
    if route == "reviews_desk:index":  # one desk for all courses of the house
        return f"{reverse(route)}?course={course.pk}"
    return reverse(route, args=[course.pk])


@register.simple_tag
def risk_badges(reasons: tuple[Reason, ...]) -> list[tuple[str, str, str]]:
    """(short words, tone, icon) of each reason."""
    found = []
    for one in reasons:
        text, tone, icon = words.BADGES[one]
        found.append((text(), tone, icon))
    return found


@register.simple_tag
def sort_link(sort: str, key: str) -> str:
    """What to sort by on the next click: the same column the other way round."""
    return f"-{key}" if sort == key else key


@register.inclusion_tag("teaching/_news.html", takes_context=True)
def news(context: Context, course: CoursePage | None = None) -> dict[str, Any]:
    """What was announced to the reader and not put away: in all their courses, or in one."""
    request = context["request"]
    key = course.pk if course else None
    found = selectors.news_for(request.user, now=clock.now(), course_id=key)
    return {"news": found, "one": course is not None, "back": request.get_full_path()}
