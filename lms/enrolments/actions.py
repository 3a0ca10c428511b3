"""Writes: giving seats and taking them back. One row per (course, student), for ever.

Lock order: the enrolment, then the course's Seats row. Every action enters the provider's scope
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
from lms.events import SYSTEM, emit
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from lms.tenants.permissions import Code, may_enter, require
from lms.tenants.scope import provider_scope

from . import events
from .errors import ClassFull, EnrolmentClosed, GroupExists, MembersOnly, SeatWithdrawn
from .models import Enrolment, Group, GroupMember, Seats
from .states import LEAVE, REMOVE, RESTORE, RETURN, State


@transaction.atomic
def enrol(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """A seat in a free, published course, for a newcomer or for one who had left.

    Whoever has a seat keeps it: enrolling twice changes nothing. Raises EnrolmentClosed,
    PaymentRequired, ClassFull, SeatWithdrawn, and MembersOnly where the course is a portal's.
    """
    if not may_enter(student, course.provider):
        raise MembersOnly
    with provider_scope(course.provider_id):
        has_seat = Enrolment.objects.filter(
            course=course, student=student, state=State.ACTIVE
        ).exists()
    if not has_seat:
        if not (course.live and course.provider.is_open):
            raise EnrolmentClosed
        if not course.is_free:
            raise PaymentRequired(details={"price": str(course.price)})
    return grant(course, student, actor=actor, at=at)


@transaction.atomic
def grant(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """A seat in `course`, whatever it costs: the caller has seen to that.

    The student becomes a member of the provider. Whoever has a seat keeps it. Raises ClassFull,
    and SeatWithdrawn for one whom the provider removed.
    """
    add_member(provider=course.provider, user=student, role=Role.STUDENT, actor=actor, at=at)
    with provider_scope(course.provider_id):
        enrolment, created = Enrolment.objects.get_or_create(
            provider_id=course.provider_id,
            course=course,
            student=student,
            defaults={"state": State.ACTIVE, "enrolled_at": at},
        )
        if created:
            _take_seat(course)
            emit(events.ENROLLED, enrolment, actor=actor, course=course.pk)
        elif enrolment.state == State.REMOVED:
            raise SeatWithdrawn
        elif enrolment.state == State.LEFT:
            move(enrolment, RETURN, ended_at=None)
            _take_seat(course)
            emit(events.RETURNED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def grant_many(
    course: CoursePage, students: Sequence[Any], *, actor: Any, at: datetime
) -> dict[Any, str]:
    """Seats for many members of the provider, as far as there are any: {student id: what came of
    it}, one of "given", "had" (already), "full", and "withdrawn" for one whom the provider removed.

    The caller has seen to who may, and that they are members.
    """
    with provider_scope(course.provider_id):
        rows = Enrolment.objects.filter(course=course, student__in=students)
        known = {row.student_id: row for row in rows.select_for_update(no_key=True)}
        Seats.objects.get_or_create(course=course, defaults={"taken": 0})
        seats = Seats.objects.select_for_update(no_key=True).get(course=course)
        answers: dict[Any, str] = {}
        fresh: list[Enrolment] = []
        taken = seats.taken
        limit = CoursePage.objects.values_list("enrolment_limit", flat=True).get(pk=course.pk)
        for student in students:
            row = known.get(student.pk)
            if row is not None and row.state != State.LEFT:
                answers[student.pk] = "had" if row.is_active else "withdrawn"
            elif limit is not None and taken >= limit:
                answers[student.pk] = "full"
            else:
                taken += 1
                answers[student.pk] = "given"
                if row is None:
                    fresh.append(Enrolment(course=course, student=student, enrolled_at=at))
                else:
                    move(row, RETURN, ended_at=None)
                    emit(events.RETURNED, row, actor=actor, course=course.pk)
        for row in Enrolment.objects.bulk_create(fresh):
            emit(events.ENROLLED, row, actor=actor, course=course.pk)
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
        for row in unused:
            emit(events.TAKEN_BACK, row, actor=actor, course=course.pk)
        Enrolment.objects.filter(pk__in=[row.pk for row in unused]).delete()
        number = len(unused)
        Seats.objects.filter(course=course, taken__gte=number).update(taken=F("taken") - number)
        learners_changed(course.pk)
    return {row.student_id for row in unused}


@transaction.atomic
def leave(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """Give the seat up; progress and hours stay on record. Raises NotFound, IllegalMove."""
    if actor is not SYSTEM and actor != student:
        raise Forbidden
    with provider_scope(course.provider_id):
        enrolment = _enrolment(course, student)
        move(enrolment, LEAVE, ended_at=at)
        _free_seat(course)
        emit(events.LEFT, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def remove(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """Take a student's seat away. For the provider's people who manage students.

    Raises Forbidden, NotFound, IllegalMove.
    """
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        enrolment = _enrolment(course, student)
        move(enrolment, REMOVE, ended_at=at)
        _free_seat(course)
        emit(events.REMOVED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


@transaction.atomic
def restore(course: CoursePage, student: Any, *, actor: Any, at: datetime) -> Enrolment:
    """Give a removed student a seat again. Raises Forbidden, NotFound, IllegalMove, ClassFull."""
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        enrolment = _enrolment(course, student)
        move(enrolment, RESTORE, ended_at=None)
        _take_seat(course)
        emit(events.RESTORED, enrolment, actor=actor, course=course.pk)
        learners_changed(course.pk)
    return enrolment


# --- Groups ---------------------------------------------------------------------------------------


@transaction.atomic
def save_group(
    course: CoursePage,
    *,
    name: str,
    members: Iterable[Enrolment],
    actor: Any,
    group: Group | None = None,
) -> Group:
    """Make a group of `members` (seats of `course`), or give `group` this name and these members.

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


def _take_seat(course: CoursePage) -> None:
    """One conditional UPDATE decides a race for the last seat.

    The limit is read first and compared on the row itself: PostgreSQL looks at a row again after
    waiting for its lock, but not at a sub-query. Raises ClassFull.
    """
    seats, _created = Seats.objects.get_or_create(
        provider_id=course.provider_id, course=course, defaults={"taken": 0}
    )
    limit = CoursePage.objects.values_list("enrolment_limit", flat=True).get(pk=course.pk)
    rows = Seats.objects.filter(pk=seats.pk)
    if limit is not None:
        rows = rows.filter(taken__lt=limit)
    if rows.update(taken=F("taken") + 1) != 1:
        raise ClassFull(details={"limit": limit})


def _free_seat(course: CoursePage) -> None:
    Seats.objects.filter(course=course, taken__gt=0).update(taken=F("taken") - 1)
