"""What a course's page says to its reader: what they may do about it, and what is open to them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import template

from lms.common import clock
from lms.courses.models import CoursePage, Entry
from lms.enrolments import selectors
from lms.enrolments.access import (
    Reason,
    Why,
    in_the_way,
    is_staff_of,
    standing_of_seat,
)
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import enrolment_of, open_lessons

register = template.Library()


class Offer(StrEnum):
    """What the box shows. A course's cached page for visitors only ever shows VISITOR states."""

    ENROLLED = "enrolled"
    CLOSED = "closed"  # a seat, whose time has not come or is up
    UNDO = "undo"
    PREREQUISITE = "prerequisite"
    STAFF = "staff"
    REMOVED = "removed"
    UNPUBLISHED = "unpublished"
    PRICED = "priced"
    FULL = "full"
    REQUEST = "request"
    INVITATION = "invitation"
    LEFT = "left"
    VISITOR = "visitor"
    OPEN = "open"


OFFERS = {
    Why.REMOVED: Offer.REMOVED,
    Why.EXPIRED: Offer.CLOSED,
    Why.COHORT_OVER: Offer.CLOSED,
    Why.COHORT_NOT_STARTED: Offer.CLOSED,
    Why.PROVIDER_CLOSED: Offer.UNPUBLISHED,
    Why.UNPUBLISHED: Offer.UNPUBLISHED,
    Why.PAYMENT: Offer.PRICED,
    Why.PREREQUISITE: Offer.PREREQUISITE,
    Why.BY_REQUEST: Offer.REQUEST,
    Why.BY_INVITATION: Offer.INVITATION,
    Why.FULL: Offer.FULL,
}


@dataclass(frozen=True, slots=True)
class Box:
    """What the box's template needs."""

    offer: Offer
    enrolment: Enrolment | None
    starts_later: bool
    reason: Reason | None = None


register.simple_tag(selectors.seats_left)


@register.inclusion_tag("enrolments/box.html", takes_context=True)
def enrol_box(context: Any, course: CoursePage) -> dict[str, Any]:
    """The box for the reader of `context`. In a preview (`preview_as`), for whom it is shown as."""
    preview = context.get("preview_as")
    request = context.get("request")
    box = _previewed(course, preview) if preview else _box(course, request.user)
    return {
        "course": course,
        "box": box,
        "preview_as": preview,
        "request": request,
        "user": getattr(request, "user", None),
        "csrf_token": context.get("csrf_token"),
    }


def _previewed(course: CoursePage, preview: str) -> Box:
    by = {Entry.REQUEST: Offer.REQUEST, Entry.INVITATION: Offer.INVITATION}
    visitor = by.get(Entry(course.entry), Offer.VISITOR) if course.is_free else Offer.PRICED
    return Box(Offer.ENROLLED if preview == "student" else visitor, None, _starts_later(course))


def _box(course: CoursePage, user: Any) -> Box:
    enrolment = enrolment_of(course, user)
    offer, reason = _offer(course, user, enrolment)
    return Box(offer, enrolment, _starts_later(course), reason)


def _offer(
    course: CoursePage, user: Any, enrolment: Enrolment | None
) -> tuple[Offer, Reason | None]:
    now = clock.now()
    standing = standing_of_seat(course, enrolment, at=now) if enrolment else None
    if standing and standing.way:
        return Offer.ENROLLED, None
    if is_staff_of(course, user):
        return Offer.STAFF, None
    found = list(standing.reasons if standing else in_the_way(course, user))
    if standing and standing.reasons[0].why == Why.LEFT:
        found = found[1:]
        full = any(one.why == Why.FULL for one in found)
        if enrolment and enrolment.may_undo(now) and not full:
            return Offer.UNDO, standing.reasons[0]
    if found:
        return OFFERS[found[0].why], found[0]
    if standing:
        return Offer.LEFT, None
    return (Offer.OPEN if user.is_authenticated else Offer.VISITOR), None


@register.simple_tag(takes_context=True)
def open_modules(context: Any, details: Any) -> Any:
    """The curriculum of `details` (lms.courses.details) as it is drawn, with what is open to the
    reader of `context` and what opens when. In a preview, and for who has no seat, as it is."""
    request = context.get("request")
    if context.get("preview_as") or request is None or not request.user.is_authenticated:
        return details.modules
    enrolment = enrolment_of(details.course, request.user)
    if enrolment is None or not enrolment.is_active:
        return details.modules
    found = open_lessons(details.course, enrolment, details.curriculum, at=clock.now())
    return [
        {**module, "lessons": [found.drawn(lesson) for lesson in module["lessons"]]}
        for module in details.modules
    ]


@register.simple_tag
def opened_by_plan(course: CoursePage, modules: Any) -> dict[str, int | None] | None:
    """How many lessons of `modules` (of open_modules) are open to the reader of a course that opens
    by plan, and of how many; None for a course that doesn't. `number` is None for who has no seat.
    """
    if not course.opens_by_plan:
        return None
    lessons = [one for module in modules for one in module["lessons"]]
    drawn = any("opens_at" in one or one["state"] == "open" for one in lessons)
    readable = sum(bool(one["url"]) for one in lessons)
    return {"number": readable if drawn else None, "all": len(lessons)}


def _starts_later(course: CoursePage) -> bool:
    return bool(course.starts_on and course.starts_on > clock.now().date())
