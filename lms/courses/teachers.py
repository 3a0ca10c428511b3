"""Teachers of the public marketplace: who waits for the operators, and what they decide.

Where FLEDGE_APPROVE_TEACHERS is on, a course stands on the marketplace once its teachers were
approved, whatever their school thinks of them; on the school's own site it stands at once. Turning
the setting on or off counts for a course when it is next published, or for all of them after
`manage.py rebuild_listings`; what stands on the marketplace already stays there.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from lms.common.errors import Forbidden
from lms.common.states import move
from lms.events import SYSTEM, emit
from lms.tenants.permissions import is_operator

from . import events
from .models import CourseListing, CoursePage, TeacherApproval, Visibility
from .states import APPROVE, Teacher


def listed_on(course: CoursePage, known: CourseListing | None, *, at: datetime) -> str:
    """The Visibility of a course that is being published: its author's choice, but on the school's
    own site only while one of its teachers waits or was refused. Who is new begins to wait."""
    if course.provider.is_portal:
        return Visibility.PORTAL
    if not settings.FLEDGE_APPROVE_TEACHERS or course.visibility != Visibility.MARKETPLACE:
        return course.visibility
    people = teachers_of(course)
    found = dict(TeacherApproval.objects.filter(user__in=people).values_list("user", "state"))
    if Teacher.REFUSED in found.values():
        return Visibility.PORTAL
    stands_there = known is not None and known.visibility == Visibility.MARKETPLACE
    if stands_there or all(found.get(user.pk) == Teacher.APPROVED for user in people):
        return Visibility.MARKETPLACE
    for user in people:
        if user.pk not in found:
            _ask(user, at)
    return Visibility.PORTAL


def teachers_of(course: CoursePage) -> list[Any]:
    """Who teaches the course: the people it names, or whoever made it. Operators need no leave."""
    named = list(course.instructors.all()) or ([course.owner] if course.owner else [])
    return [user for user in named if not is_operator(user)]


def courses_of(users: Iterable[Any]) -> QuerySet[CoursePage]:
    """The published courses these people teach that are meant for the marketplace."""
    people = [user.pk for user in users]
    taught = Q(instructors__in=people) | Q(owner__in=people, instructors__isnull=True)
    courses = CoursePage.objects.filter(taught, live=True, visibility=Visibility.MARKETPLACE)
    return courses.select_related("provider", "cover", "owner").distinct()


@transaction.atomic
def decide(
    approvals: Iterable[TeacherApproval], transition: str, *, reason: str, actor: Any, at: datetime
) -> None:
    """Approve or refuse teachers, with a reason they are told. For operators.

    Their listings are the caller's to refresh. Raises Forbidden, IllegalMove, StaleMove.
    """
    if not is_operator(actor):
        raise Forbidden
    event = events.TEACHER_APPROVED if transition == APPROVE else events.TEACHER_REFUSED
    for approval in approvals:
        move(approval, transition, reason=reason, decided_by=actor, decided_at=at)
        emit(event, approval, actor=actor, user=str(approval.pk), reason=reason)


def _ask(user: Any, at: datetime) -> None:
    approval, new = TeacherApproval.objects.get_or_create(user=user, defaults={"asked_at": at})
    if new:
        emit(events.TEACHER_WAITS, approval, actor=SYSTEM, user=str(user.pk))
