"""Writes: giving seats and taking them back. One row per (course, student), for ever.

Lock order: the course's Seats row, then the enrolment. Every action enters the provider's scope
itself, because a student who enrols is not a member of the house yet.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from lms.common.errors import Forbidden, NotFound, PaymentRequired
from lms.common.states import move
from lms.courses.actions import learners_changed
from lms.courses.models import CoursePage
from lms.events import SYSTEM, emit, emit_many
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from lms.tenants.permissions import Code, may_enter, require
from lms.tenants.scope import provider_scope

from . import doors, events
from .access import missing_before
from .errors import (
    ClassFull,
    EndInThePast,
    EnrolmentClosed,
    GroupExists,
    MembersOnly,
    PrerequisiteMissing,
    SeatExpired,
    SeatWithdrawn,
    TooLateToUndo,
)
from .models import Enrolment, Group, GroupMember, Seats
from .rules import days_later, is_over, told_from_start
from .states import EXPIRE, EXTEND, LEAVE, REMOVE, RESTORE, RETURN, UNDO, State

REASON_LENGTH = 300


@transaction.atomic
def enrol(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """A seat in a free, published course, for a newcomer or for one who had left.

    Whoever has a seat keeps it: enrolling twice changes nothing. Raises EnrolmentClosed,
    PaymentRequired, PrerequisiteMissing, ClassFull, SeatWithdrawn, SeatExpired, EntryByRequest or
    EntryByInvitation where it is not for anybody, and MembersOnly where the course is a portal's.
    """
    if not may_enter(student, course.provider):
        raise MembersOnly
    with provider_scope(course.provider_id):
        states = Enrolment.objects.filter(course=course, student=student)
        state = states.values_list("state", flat=True).first()
    if state == State.REMOVED:
        raise SeatWithdrawn
    if state == State.EXPIRED:
        raise SeatExpired
    if state != State.ACTIVE:
        if not (course.live and course.provider.is_open):
            raise EnrolmentClosed
        if not course.is_free:
            raise PaymentRequired(details={"price": str(course.price)})
        if state is None and (missing := missing_before(course, student)):
            raise PrerequisiteMissing(details={"courses": [one.pk for one in missing]})
        doors.check(course, student)
    return grant(course, student, actor=actor, at=at)


@transaction.atomic
def grant(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """A seat in `course`, whatever it costs: the caller has seen to that.

    The student becomes a member of the provider. Whoever has a seat keeps it, and who comes back
    has it until the day they had before. Raises ClassFull, SeatWithdrawn for one whom the provider
    removed, and SeatExpired for one whose time is up.
    """
    add_member(provider=course.provider, user=student, role=Role.STUDENT, actor=actor, at=at)
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment, created = Enrolment.objects.get_or_create(
            provider_id=course.provider_id,
            course=course,
            student=student,
            defaults={"state": State.ACTIVE, **_fresh(course, at)},
        )
        if created:
            take_seat(course)
            emit(events.ENROLLED, enrolment, actor=actor, course=course.pk)
        elif enrolment.state == State.REMOVED:
            raise SeatWithdrawn
        elif enrolment.state == State.EXPIRED:
            raise SeatExpired
        elif enrolment.state == State.LEFT:
            _refuse_when_over(enrolment, at)
            move(enrolment, RETURN, ended_at=None, end_reason="")
            take_seat(course)
            emit(events.RETURNED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def grant_many(
    course: CoursePage, students: Sequence[Any], *, actor: Any, at: datetime
) -> dict[Any, str]:
    """Seats for many members of the provider, as far as there are any: {student id: what came of
    it}, one of "given", "had" (already), "full", "withdrawn" for one whom the provider removed, and
    "expired" for one whose time is up.

    The caller has seen to who may, and that they are members.
    """
    with provider_scope(course.provider_id):
        seats = hold_seats(course)
        rows = Enrolment.objects.filter(course=course, student__in=students)
        known = {row.student_id: row for row in rows.select_for_update(no_key=True)}
        answers: dict[Any, str] = {}
        fresh: list[Enrolment] = []
        back: list[Enrolment] = []
        taken = seats.taken
        limit = CoursePage.objects.values_list("enrolment_limit", flat=True).get(pk=course.pk)
        for student in students:
            row = known.get(student.pk)
            if row is not None and row.is_active:
                answers[student.pk] = "had"
            elif row is not None and row.state == State.REMOVED:
                answers[student.pk] = "withdrawn"
            elif row is not None and (row.state == State.EXPIRED or _is_over(row, at)):
                answers[student.pk] = "expired"
            elif limit is not None and taken >= limit:
                answers[student.pk] = "full"
            else:
                taken += 1
                answers[student.pk] = "given"
                if row is None:
                    fresh.append(Enrolment(course=course, student=student, **_fresh(course, at)))
                else:
                    move(row, RETURN, ended_at=None, end_reason="")
                    back.append(row)
        Enrolment.objects.bulk_create(fresh)
        for event, some in ((events.RETURNED, back), (events.ENROLLED, fresh)):
            emit_many(event, [(row, {"course": course.pk}) for row in some], actor=actor)
        Seats.objects.filter(pk=seats.pk).update(taken=taken)
        if taken != seats.taken:
            learners_changed(course.pk)
    return answers


@transaction.atomic
def take_back(course: CoursePage, student_ids: Collection[Any], *, actor: Any) -> set[Any]:
    """Undo seats that were given by mistake and never used; returns whose. Their rows go: there is
    nothing on record. Needs the caller to have seen to who may."""
    with provider_scope(course.provider_id):
        rows = Enrolment.objects.select_for_update(no_key=True).filter(
            course=course, student__in=student_ids
        )
        unused = [row for row in rows if row.is_active and not row.is_used]
        deeds = [(row, {"course": course.pk}) for row in unused]
        emit_many(events.TAKEN_BACK, deeds, actor=actor)
        Enrolment.objects.filter(pk__in=[row.pk for row in unused]).delete()
        number = len(unused)
        Seats.objects.filter(course=course, taken__gte=number).update(taken=F("taken") - number)
        learners_changed(course.pk)
    return {row.student_id for row in unused}


@transaction.atomic
def leave(
    course: CoursePage, student: Any, *, actor: Any, at: datetime, reason: str = ""
) -> Enrolment:
    """Give the seat up; progress and hours stay on record. Raises NotFound, IllegalMove."""
    _refuse_others(actor, student)
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment = _enrolment(course, student)
        move(enrolment, LEAVE, ended_at=at, end_reason=_short(reason))
        _free_seat(course)
        emit(events.LEFT, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def undo_leaving(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """Take a seat again that was given up within a day, whether or not newcomers are let in
    or would have to pay.

    Raises NotFound, IllegalMove, TooLateToUndo, SeatExpired, ClassFull.
    """
    _refuse_others(actor, student)
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment = _enrolment(course, student)
        if enrolment.state == State.LEFT:
            _refuse_when_over(enrolment, at)
            if not enrolment.may_undo(at):
                raise TooLateToUndo
        move(enrolment, UNDO, ended_at=None, end_reason="")
        take_seat(course)
        emit(events.LEAVING_UNDONE, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def say_why_left(course: CoursePage, student: Any, *, reason: str) -> None:
    """What a student who has left adds about it. Nothing happens in any other state."""
    with provider_scope(course.provider_id):
        rows = Enrolment.objects.filter(course=course, student=student, state=State.LEFT)
        rows.update(end_reason=_short(reason))


@transaction.atomic
def remove(
    course: CoursePage, student: Any, *, actor: Any, at: datetime, reason: str = ""
) -> Enrolment:
    """Take a student's seat away. For the provider's people who manage students; the student is
    told, with the reason.

    Raises Forbidden, NotFound, IllegalMove.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment = _enrolment(course, student)
        move(enrolment, REMOVE, ended_at=at, end_reason=_short(reason))
        _free_seat(course)
        emit(events.REMOVED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def restore(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """Give a removed student a seat again, with a new term where theirs was up. Raises Forbidden,
    NotFound, IllegalMove, ClassFull."""
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment = _enrolment(course, student)
        term = _term(course, at) if _is_over(enrolment, at) else {}
        move(enrolment, RESTORE, ended_at=None, end_reason="", **term)
        take_seat(course)
        emit(events.RESTORED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


# --- The end of access ----------------------------------------------------------------------------


@transaction.atomic
def extend(
    course: CoursePage, student: Any, *, until: datetime | None, actor: Any, at: datetime
) -> Enrolment:
    """Let a student in until another moment (None: for ever), whatever their groups' dates say. One
    whose access had ended takes a seat again, and so does one who left and whose time is up: by
    themselves they can't come back.

    Raises Forbidden, NotFound, EndInThePast, IllegalMove, ClassFull.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    if until is not None and until <= at:
        raise EndInThePast
    with provider_scope(course.provider_id):
        hold_seats(course)
        enrolment = _enrolment(course, student)
        had_ended = not enrolment.is_active
        comes_back = enrolment.state == State.LEFT and _is_over(enrolment, at)
        move(
            enrolment,
            RETURN if comes_back else EXTEND,
            expires_at=until,
            extended=True,
            expiry_told=told_from_start(until, at),
            ended_at=None,
            end_reason="",
        )
        if had_ended:
            take_seat(course)
            learners_changed(course.pk)
        told = until.isoformat() if until else None
        emit(events.EXTENDED, enrolment, actor=actor, course=course.pk, until=told)
    return enrolment


@transaction.atomic
def renew(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment | None:
    """A seat and a new term for one whose time was up, and whom the school lets in again; None for
    anybody else. The caller has seen to who may. Raises ClassFull."""
    with provider_scope(course.provider_id):
        hold_seats(course)
        row = Enrolment.objects.filter(course=course, student=student).first()
        gone = (State.LEFT, State.EXPIRED)
        if row is None or row.state not in gone or not _is_over(row, at):
            return None
        deed = RETURN if row.state == State.LEFT else EXTEND
        move(row, deed, ended_at=None, end_reason="", **_term(course, at))
        take_seat(course)
        emit(events.RETURNED, row, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return row


@transaction.atomic
def expire(enrolment: Enrolment, *, at: datetime) -> bool:
    """End the access of one whose time is up, and free the seat; whether it was so. Needs the
    provider's scope.

    Held first: a course completed, or an end put off, at the same moment is seen.
    """
    hold_seats(enrolment.course)
    row = Enrolment.objects.select_for_update(no_key=True).filter(pk=enrolment.pk).first()
    if row is None or not row.is_active or not _is_over(row, at):
        return False
    move(row, EXPIRE, ended_at=row.expires_at)
    _free_seat(row.course)
    emit(events.EXPIRED, row, actor=SYSTEM, course=row.course_id)
    learners_changed(row.course_id)
    return True


@transaction.atomic
def end(
    course: CoursePage, student: Any, *, actor: Any, at: datetime, reason: str = ""
) -> Enrolment | None:
    """End a student's access now, because what it was given for is gone; it can be given again.
    Whoever completed the course keeps it (None). One who had left can't take the seat again by
    themselves (None). Needs the caller to have seen to who may."""
    with provider_scope(course.provider_id):
        hold_seats(course)
        row = Enrolment.objects.filter(course=course, student=student).first()
        if row is None or row.completed_at is not None:
            return None
        if row.state == State.LEFT:  # their time is up: leaving can't be undone
            Enrolment.objects.filter(pk=row.pk).update(expires_at=at)
        if not row.is_active:
            return None
        move(row, EXPIRE, expires_at=at, ended_at=at, end_reason=_short(reason))
        _free_seat(course)
        emit(events.ENDED, row, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return row


# --- Groups ---------------------------------------------------------------------------------------


@transaction.atomic
def save_group(
    course: CoursePage,
    *,
    name: str,
    members: Iterable[Enrolment],
    actor: Any,
    group: Group | None = None,
    dates: tuple[datetime | None, datetime | None] | None = None,
) -> Group:
    """Make a group of `members` (seats of `course`), or give `group` this name and these members,
    and its `dates` (start, end) where they are given.

    Seats of other courses are left out. Raises Forbidden, GroupExists.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    wanted = {one.pk for one in members if one.course_id == course.pk}
    with provider_scope(course.provider_id):
        group = group or Group(course=course)
        namesakes = Group.objects.filter(course=course, name=name)
        if any(one.pk != group.pk for one in namesakes):
            raise GroupExists
        group.name = name
        if dates is not None:
            group.starts_at, group.ends_at = dates
        try:
            with transaction.atomic():
                group.save()
        except IntegrityError as raced:  # another tab made it in between
            raise GroupExists from raced
        rows = GroupMember.objects.filter(group=group)
        rows.exclude(enrolment__in=wanted).delete()
        new = wanted - set(rows.values_list("enrolment_id", flat=True))
        GroupMember.objects.bulk_create(GroupMember(group=group, enrolment_id=key) for key in new)
        emit(events.GROUP_CHANGED, group, actor=actor, course=course.pk, new=sorted(map(str, new)))
    return group


@transaction.atomic
def add_to_group(group: Group, members: Iterable[Enrolment], *, actor: Any) -> int:
    """Put seats of the same course into `group`, beside those who are there; returns how many are
    new in it. Seats of other courses are left out. Raises Forbidden."""
    require(actor, Code.MANAGE_STUDENTS, group)
    wanted = {one.pk for one in members if one.course_id == group.course_id}
    with provider_scope(group.provider_id):
        # Held, so that two tabs adding the same student make one row.
        Group.objects.select_for_update(no_key=True).get(pk=group.pk)
        known = GroupMember.objects.filter(group=group, enrolment__in=wanted)
        new = wanted - set(known.values_list("enrolment_id", flat=True))
        GroupMember.objects.bulk_create(GroupMember(group=group, enrolment_id=key) for key in new)
        if new:
            told = {"course": group.course_id, "new": sorted(map(str, new))}
            emit(events.GROUP_CHANGED, group, actor=actor, **told)
    return len(new)


@transaction.atomic
def remove_group(group: Group, *, actor: Any) -> None:
    """The group goes, its students stay. Raises Forbidden."""
    require(actor, Code.MANAGE_STUDENTS, group)
    with provider_scope(group.provider_id):
        emit(events.GROUP_REMOVED, group, actor=actor, name=group.name)
        group.delete()


def _enrolment(course: CoursePage, student: Any) -> Enrolment:
    found = Enrolment.objects.filter(course=course, student=student).first()
    if found is None:
        raise NotFound
    return found


def _refuse_others(actor: Any, student: Any) -> None:
    if actor is not SYSTEM and actor != student:
        raise Forbidden


def _fresh(course: CoursePage, at: datetime) -> dict[str, Any]:
    """What a new seat begins with."""
    return {"enrolled_at": at, **_term(course, at)}


def _term(course: CoursePage, at: datetime) -> dict[str, Any]:
    days = course.access_days
    until = days_later(at, days, course.time_zone) if days else None
    return {"expires_at": until, "expiry_told": told_from_start(until, at)}


def _is_over(row: Enrolment, at: datetime) -> bool:
    return is_over(expires_at=row.expires_at, completed_at=row.completed_at, now=at)


def _refuse_when_over(row: Enrolment, at: datetime) -> None:
    if _is_over(row, at):
        raise SeatExpired


def _short(reason: str) -> str:
    return " ".join(reason.split())[:REASON_LENGTH]


def hold_seats(course: CoursePage) -> Seats:
    """The course's seats, held until the transaction ends: first of all that is locked. Needs the
    scope."""
    Seats.objects.get_or_create(
        provider_id=course.provider_id, course=course, defaults={"taken": 0}
    )
    return Seats.objects.select_for_update(no_key=True).get(course=course)


def take_seat(course: CoursePage) -> None:
    """One conditional UPDATE decides a race for the last seat.

    The limit is read first and compared on the row itself: PostgreSQL looks at a row again after
    waiting for its lock, but not at a sub-query. Raises ClassFull.
    """
    limit = CoursePage.objects.values_list("enrolment_limit", flat=True).get(pk=course.pk)
    rows = Seats.objects.filter(course=course)
    if limit is not None:
        rows = rows.filter(taken__lt=limit)
    if rows.update(taken=F("taken") + 1) != 1:
        raise ClassFull(details={"limit": limit})


def _free_seat(course: CoursePage) -> None:
    Seats.objects.filter(course=course, taken__gt=0).update(taken=F("taken") - 1)
