"""What a course's page says to its reader: what they may do about it, and what is open to them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import template

from lms.common import clock
from lms.courses.details import CourseDetails, modules_of
from lms.courses.models import CoursePage
from lms.enrolments import opening
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import enrolment_of, is_full, is_staff_of
from lms.enrolments.states import State

register = template.Library()


class Offer(StrEnum):
    """What the box shows. A course's cached page for visitors only ever shows VISITOR states."""

    ENROLLED = "enrolled"
    STAFF = "staff"
    REMOVED = "removed"
    UNPUBLISHED = "unpublished"
    PRICED = "priced"
    FULL = "full"
    LEFT = "left"
    VISITOR = "visitor"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Box:
    """What the box's template needs."""

    offer: Offer
    enrolment: Enrolment | None
    starts_later: bool


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


@dataclass(frozen=True, slots=True)
class ByPlan:
    """The lessons of a course that opens them by plan. `number` of them are open to the reader;
    None for who has no seat."""

    modules: list[dict[str, Any]]
    number: int | None


@register.simple_tag(takes_context=True)
def opened_by_plan(context: Any, course: CoursePage, details: CourseDetails) -> ByPlan | None:
    """The course's lessons as they are open to the reader; None where all are to who has a seat.
    Two queries, for those who have a seat."""
    if not course.opens_by_plan:
        return None
    user = getattr(context.get("request"), "user", None)
    seat = None if user is None or context.get("preview_as") else enrolment_of(course, user)
    if seat is None or not seat.is_active:
        return ByPlan(details.modules, None)
    seat.course = course  # at hand: no query for it
    opened = opening.opened(seat) or frozenset()
    readable = [one for one in details.curriculum.lessons if one.free_preview or one.id in opened]
    return ByPlan(modules_of(course, details.curriculum, opened), len(readable))


def _previewed(course: CoursePage, preview: str) -> Box:
    visitor = Offer.PRICED if not course.is_free else Offer.VISITOR
    return Box(Offer.ENROLLED if preview == "student" else visitor, None, _starts_later(course))


def _box(course: CoursePage, user: Any) -> Box:
    enrolment = enrolment_of(course, user)
    return Box(_offer(course, user, enrolment), enrolment, _starts_later(course))


def _offer(course: CoursePage, user: Any, enrolment: Enrolment | None) -> Offer:
    state = enrolment.state if enrolment else None
    if state == State.ACTIVE:
        return Offer.ENROLLED
    if is_staff_of(course, user):
        return Offer.STAFF
    if state == State.REMOVED:
        return Offer.REMOVED
    if not course.live:
        return Offer.UNPUBLISHED
    if not course.is_free:
        return Offer.PRICED
    if is_full(course):
        return Offer.FULL
    if state == State.LEFT:
        return Offer.LEFT
    return Offer.OPEN if user.is_authenticated else Offer.VISITOR


def _starts_later(course: CoursePage) -> bool:
    return bool(course.starts_on and course.starts_on > clock.now().date())
