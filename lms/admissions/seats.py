"""Writes: the one way by which every way in leads to a seat, and seats held for the waitlist.

A seat that is held counts as taken, so nothing else knows of holding: `Seats.taken` is seats given
and seats held. Lock order: the provider (its places), the course's Seats row, the enrolment, then
rows of this app; who comes by any of these ways waits for the Seats row first.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from lms.common.states import move
from lms.courses import freshness
from lms.courses.models import CoursePage
from lms.enrolments.actions import grant_many, hold_seats, renew, take_seat
from lms.enrolments.errors import ClassFull, EnrolmentClosed, SeatWithdrawn
from lms.enrolments.models import Enrolment, Seats
from lms.events import SYSTEM, emit
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope

from . import events, selectors
from .models import OPEN_PLACES, Invitation, JoinRequest, WaitlistEntry
from .states import EXPIRE, OFFER, SETTLE, Asked, Invited, Waiting


def require_open(course: CoursePage) -> None:
    """Raises EnrolmentClosed where the course or its provider takes nobody."""
    if not (course.live and course.provider.is_open):
        raise EnrolmentClosed


@transaction.atomic
def admit(
    course: CoursePage,
    student: Any,
    *,
    actor: Any,
    at: datetime,
    renews: bool = False,
) -> Enrolment:
    """A seat for one whom the school lets in, whatever the course costs and whoever may enrol by
    themselves; one that is held for them is theirs. `renews`: they are meant by name, and get a new
    term where theirs was up. Other ways of theirs that were open are closed.

    Raises EnrolmentClosed, ClassFull, SeatWithdrawn, SeatExpired, and LimitReached where the
    school's tier has no place left.
    """
    require_open(course)
    with provider_scope(course.provider_id):
        enter(course, student, at=at)
        offered = WaitlistEntry.objects.filter(
            course=course, student=student, state=Waiting.OFFERED
        ).first()
        if offered is not None:  # theirs is held, by whichever way they come
            move(offered, SETTLE, ended_at=at)
            release(course)
        if not (renews and renew(course, student, actor=actor, at=at)):
            answer = grant_many(course, [student], actor=actor, at=at)[student.pk]
            if answer == "full":
                raise ClassFull(details={"limit": course.enrolment_limit})
            if answer not in ("given", "had"):
                selectors.refuse_ended(course, student, at=at)
                raise SeatWithdrawn
        settle(course, student, actor=actor, at=at)
        return Enrolment.objects.get(course=course, student=student)


def enter(course: CoursePage, student: Any, *, at: datetime) -> None:
    """Make the student a member of the school and hold the course's seats until the transaction
    ends: the first step of every way in, before any row of this app is touched. Needs the scope.
    Raises LimitReached.
    """
    add_member(provider=course.provider, user=student, role=Role.STUDENT, actor=SYSTEM, at=at)
    hold_seats(course)


def hold(course: CoursePage) -> None:
    """Keep a seat for somebody who is about to come. Needs the scope. Raises ClassFull."""
    hold_seats(course)
    take_seat(course)
    freshness.changed()


def release(course: CoursePage) -> None:
    """Give a held seat back. Needs the scope."""
    release_in(course.pk)


def release_in(course_id: int) -> None:
    Seats.objects.filter(course=course_id, taken__gt=0).update(taken=F("taken") - 1)
    freshness.changed()


@transaction.atomic
def settle(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> None:
    """Close what `student`, who has a seat now, had open. A seat that was held goes back."""
    with provider_scope(course.provider_id):
        hold_seats(course)
        for row in Invitation.objects.filter(
            course=course, email__in=selectors.addresses_of(student), state=Invited.SENT
        ):
            move(row, SETTLE, answered_at=at, answered_by=student)
        for asked in JoinRequest.objects.filter(
            course=course, student=student, state=Asked.PENDING
        ):
            move(asked, SETTLE, decided_at=at, decided_by=None if actor is SYSTEM else actor)
        for entry in WaitlistEntry.objects.filter(
            course=course, student=student, state__in=OPEN_PLACES
        ):
            was_held = entry.state == Waiting.OFFERED
            move(entry, SETTLE, ended_at=at)
            if was_held:
                release(course)
                offer_seats(course, at=at)


@transaction.atomic
def offer_seats(course: CoursePage, *, at: datetime) -> list[WaitlistEntry]:
    """Offer what seats are free to those who wait, in order; returns to whom. None while the course
    or its provider is closed."""
    course = CoursePage.objects.select_related("provider").get(pk=course.pk)
    if not (course.live and course.provider.is_open):
        return []
    with provider_scope(course.provider_id):
        waiting = WaitlistEntry.objects.filter(course=course, state=Waiting.WAITING)
        if not waiting.exists():
            return []
        seats = hold_seats(course)  # before looking at who waits: one offers after the other
        limit = course.enrolment_limit
        line = waiting.order_by("pk").select_related("student")
        free = None if limit is None else max(0, limit - seats.taken)
        offered = list(line if free is None else line[:free])
        for entry in offered:
            until = at + timedelta(hours=course.offer_hours)
            move(entry, OFFER, offered_at=at, expires_at=until)
            emit(events.OFFERED, entry, actor=SYSTEM, course=course.pk)
        Seats.objects.filter(pk=seats.pk).update(taken=F("taken") + len(offered))
    if offered:
        freshness.changed()  # visitors' pages say whether the class is full
    return offered


@transaction.atomic
def expire_offers(course: CoursePage, *, at: datetime) -> int:
    """Take back the seats nobody answered for, and offer them to the next; returns how many."""
    with provider_scope(course.provider_id):
        hold_seats(course)
        rows = WaitlistEntry.objects.filter(
            course=course, state=Waiting.OFFERED, expires_at__lte=at
        )
        over = list(rows)
        for entry in over:
            move(entry, EXPIRE, ended_at=at)
            release(course)
            emit(events.PASSED, entry, actor=SYSTEM, course=course.pk, why="expired")
        offer_seats(course, at=at)
    return len(over)
