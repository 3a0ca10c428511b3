"""A course at the desk of those who work in it: the one check behind every desk's selectors."""

from dataclasses import dataclass
from typing import Any

from lms.common.errors import NotFound
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can

from .models import CoursePage


@dataclass(frozen=True, slots=True)
class Desk:
    """A course of somebody who works there; `sets` says whether they may set what the desk is for,
    too."""

    course: CoursePage
    sets: bool


def course_at_desk(
    user: Any, course_id: int, *, host: Provider | None, works: Code, sets: Code
) -> Desk:
    """A course for one who may do there what `works` says. Raises NotFound."""
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    if course is None or (host is not None and course.provider_id != host.pk):
        raise NotFound
    if not can(user, works, course):
        raise NotFound
    return Desk(course, can(user, sets, course))
