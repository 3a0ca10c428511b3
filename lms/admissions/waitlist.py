"""Writes: joining the line for a full course, and answering the offer of a seat."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from lms.common.errors import Forbidden, PaymentRequired
from lms.common.states import move
from lms.courses.models import CoursePage, Entry
from lms.enrolments.access import missing_before
from lms.enrolments.actions import hold_seats
from lms.enrolments.errors import ClassFull, MembersOnly, PrerequisiteMissing
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import is_full
from lms.events import emit
from lms.tenants.permissions import may_enter
from lms.tenants.scope import provider_scope

from . import events, seats, selectors
from .errors import AlreadyEnrolled, NoOffer, NotByWaitlist, SeatIsFree
from .models import WaitlistEntry
from .states import ACCEPT, DECLINE, LEAVE, TAKE_BACK, Waiting


@transaction.atomic
def join(course: CoursePage, student: Any, *, at: datetime) -> WaitlistEntry:
    """A place at the end of the line. Whoever stands there keeps their place.

    For courses that anybody may enrol in, and for those who are invited. Raises EnrolmentClosed,
    MembersOnly, PaymentRequired, NotByWaitlist, AlreadyEnrolled, SeatWithdrawn, SeatExpired,
    PrerequisiteMissing, SeatIsFree.
    """
    seats.require_open(course)
    invited = selectors.open_invitation(student, course, at=at) is not None
    if not invited:
        if not may_enter(student, course.provider):
            raise MembersOnly
        if course.entry != Entry.OPEN:
            raise NotByWaitlist
        if not course.is_free:
            raise PaymentRequired(details={"price": str(course.price)})
    with provider_scope(course.provider_id):
        hold_seats(course)
        seat = Enrolment.objects.filter(course=course, student=student).first()
        if seat is not None and seat.is_active:
            raise AlreadyEnrolled
        selectors.refuse_ended(course, student, at=at)
        if known := selectors.open_entry(student, course):
            return known
        if not invited and seat is None and (missing := missing_before(course, student)):
            raise PrerequisiteMissing(details={"courses": [one.pk for one in missing]})
        if not (is_full(course) or selectors.anybody_waits(course)):
            raise SeatIsFree
        try:
            with transaction.atomic():
                entry = WaitlistEntry.objects.create(course=course, student=student, joined_at=at)
        except IntegrityError:  # another tab came first
            return WaitlistEntry.objects.get(pk=selectors.open_entry(student, course).pk)  # type: ignore[union-attr]
        emit(events.QUEUED, entry, actor=student, course=course.pk)
        seats.offer_seats(course, at=at)
    return entry


def accept(entry: WaitlistEntry, *, student: Any, at: datetime) -> Enrolment:
    """Take the seat that is held. Raises Forbidden, NoOffer after the time to answer, and what
    `admit` raises: after ClassFull, where the limit was lowered meanwhile, they wait again at their
    place."""
    try:
        return _accept(entry, student, at)
    except ClassFull:
        _take_back(entry)
        raise


@transaction.atomic
def leave(entry: WaitlistEntry, *, student: Any, at: datetime) -> None:
    """Leave the line, or decline the seat that is offered: it goes to the next. Repeating it
    changes nothing. Raises Forbidden."""
    course = _own(entry, student)
    with provider_scope(course.provider_id):
        hold_seats(course)
        row = WaitlistEntry.objects.get(pk=entry.pk)
        if row.state == Waiting.WAITING:
            move(row, LEAVE, ended_at=at)
            emit(events.UNQUEUED, row, actor=student, course=course.pk)
        elif row.state == Waiting.OFFERED:
            move(row, DECLINE, ended_at=at)
            seats.release(course)
            emit(events.PASSED, row, actor=student, course=course.pk, why="declined")
            seats.offer_seats(course, at=at)


@transaction.atomic
def _accept(entry: WaitlistEntry, student: Any, at: datetime) -> Enrolment:
    course = _own(entry, student)
    invited = selectors.open_invitation(student, course, at=at) is not None
    if not (invited or may_enter(student, course.provider)):
        raise MembersOnly  # was one when they joined the line
    with provider_scope(course.provider_id):
        seats.enter(course, student, at=at)
        row = WaitlistEntry.objects.get(pk=entry.pk)
        if row.state == Waiting.ACCEPTED:
            return Enrolment.objects.get(course=course, student=student)
        if row.state != Waiting.OFFERED or row.expires_at is None or at >= row.expires_at:
            raise NoOffer
        move(row, ACCEPT, ended_at=at)
        seats.release(course)  # theirs to take: the seats are held until this is done
        seat = seats.admit(course, student, actor=student, at=at)
        emit(events.TAKEN, row, actor=student, course=course.pk)
    return seat


@transaction.atomic
def _take_back(entry: WaitlistEntry) -> None:
    course = entry.course
    with provider_scope(entry.provider_id):
        hold_seats(course)
        row = WaitlistEntry.objects.get(pk=entry.pk)
        if row.state == Waiting.OFFERED:
            move(row, TAKE_BACK, offered_at=None, expires_at=None)
            seats.release(course)


def _own(entry: WaitlistEntry, student: Any) -> CoursePage:
    if entry.student_id != student.pk:
        raise Forbidden
    return CoursePage.objects.select_related("provider").get(pk=entry.course_id)
