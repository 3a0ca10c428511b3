"""Writes: asking to join a course, and deciding about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from lms.common.errors import Conflict, Forbidden, PaymentRequired
from lms.common.states import IllegalMove, StaleMove, move
from lms.courses.models import CoursePage, Entry
from lms.enrolments.errors import ClassFull, MembersOnly, SeatWithdrawn
from lms.enrolments.models import Enrolment
from lms.events import emit
from lms.tenants.limits import LimitReached
from lms.tenants.permissions import Code, may_enter, require
from lms.tenants.scope import provider_scope

from . import events, seats, selectors
from .errors import AlreadyEnrolled, AskedLately, NotByRequest
from .models import JoinRequest
from .states import APPROVE, DECLINE, WITHDRAW, Asked

# One who was declined asks again after this.
PAUSE = timedelta(days=1)


@dataclass(slots=True)
class Decided:
    """What became of requests that were decided together. Those in `left` still wait: `why` says
    for what."""

    done: list[JoinRequest] = field(default_factory=list)
    left: list[JoinRequest] = field(default_factory=list)
    why: Any = ""


@transaction.atomic
def ask(course: CoursePage, student: Any, *, note: str, at: datetime) -> JoinRequest:
    """Ask for a seat in a course that is on request; whoever has asked already has asked once.

    Raises EnrolmentClosed, MembersOnly, NotByRequest, PaymentRequired, AlreadyEnrolled,
    SeatWithdrawn, SeatExpired, AskedLately.
    """
    seats.require_open(course)
    if not may_enter(student, course.provider):
        raise MembersOnly
    if course.entry != Entry.REQUEST:
        raise NotByRequest
    if not course.is_free:
        raise PaymentRequired(details={"price": str(course.price)})
    with provider_scope(course.provider_id):
        seat = Enrolment.objects.filter(course=course, student=student).first()
        if seat is not None and seat.is_active:
            raise AlreadyEnrolled
        selectors.refuse_ended(course, student, at=at)
        last = selectors.last_request(student, course)
        if last is not None and last.state == Asked.PENDING:
            return last
        declined = last.decided_at if last is not None and last.state == Asked.DECLINED else None
        if declined is not None and at < declined + PAUSE:
            raise AskedLately
        try:
            with transaction.atomic():
                row = JoinRequest.objects.create(
                    course=course, student=student, note=note, created_at=at
                )
        except IntegrityError:  # another tab came first
            return JoinRequest.objects.get(course=course, student=student, state=Asked.PENDING)
        emit(events.ASKED, row, actor=student, course=course.pk)
    return row


@transaction.atomic
def withdraw(request: JoinRequest, *, student: Any, at: datetime) -> None:
    """Take one's own request back. Raises Forbidden, IllegalMove once it is decided."""
    if request.student_id != student.pk:
        raise Forbidden
    with provider_scope(request.provider_id):
        row = JoinRequest.objects.get(pk=request.pk)
        if row.state == Asked.WITHDRAWN:
            return
        move(row, WITHDRAW, decided_at=at)
        emit(events.UNASKED, row, actor=student, course=row.course_id)


@transaction.atomic
def approve(request: JoinRequest, *, reply: str = "", actor: Any, at: datetime) -> Enrolment:
    """Let the student in. Raises Forbidden, IllegalMove or StaleMove where it is decided already,
    and what `admit` raises: the request then still waits."""
    require(actor, Code.MANAGE_STUDENTS, request)
    course = CoursePage.objects.select_related("provider").get(pk=request.course_id)
    with provider_scope(request.provider_id):
        row = JoinRequest.objects.select_related("student").get(pk=request.pk)
        if row.state == Asked.PENDING:
            seats.enter(course, row.student, at=at)
        move(row, APPROVE, decided_at=at, decided_by=actor, reply=reply)
        seat = seats.admit(course, row.student, actor=actor, at=at, renews=True)
        emit(events.APPROVED, row, actor=actor, course=course.pk)
    return seat


@transaction.atomic
def decline(request: JoinRequest, *, reply: str = "", actor: Any, at: datetime) -> None:
    """Raises Forbidden, IllegalMove or StaleMove where it is decided already."""
    require(actor, Code.MANAGE_STUDENTS, request)
    with provider_scope(request.provider_id):
        row = JoinRequest.objects.get(pk=request.pk)
        move(row, DECLINE, decided_at=at, decided_by=actor, reply=reply)
        emit(events.REFUSED, row, actor=actor, course=row.course_id)


def decide(
    rows: Iterable[JoinRequest], *, approved: bool, reply: str = "", actor: Any, at: datetime
) -> Decided:
    """Decide several, each for itself, those who asked first first. What somebody else has decided
    meanwhile is passed over; where there is no seat left, requests stay. Raises Forbidden."""
    outcome = Decided()
    for row in sorted(rows, key=lambda one: (one.created_at, one.pk)):
        try:
            if approved:
                approve(row, reply=reply, actor=actor, at=at)
            else:
                decline(row, reply=reply, actor=actor, at=at)
        except (IllegalMove, StaleMove):
            continue
        except (ClassFull, LimitReached, SeatWithdrawn, Conflict) as refused:
            outcome.left.append(row)
            outcome.why = refused.message
        else:
            outcome.done.append(row)
    return outcome
