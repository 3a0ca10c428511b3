"""Writes: standings, what is watched for, who is put off the list of those at risk.

Counting enters the provider's scope itself and needs nobody's leave: it says nothing new.
"""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from lms.common import clock
from lms.common.errors import Conflict, Invalid, NotFound
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group
from lms.events import emit
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events, selectors
from .models import LONGEST_NOTE, Announcement, Dismissal, Note, Snooze, Standing, Watch
from .rules import Thresholds
from .states import PUBLISH, WITHDRAW
from .states import State as Announced

BATCH = 500
KEPT = ["percent", "grade", "worked_at", "due_at", "due_title"]


def count(course: CoursePage, students: Collection[Any] | None = None) -> int:
    """Work out anew how these students (enrolment ids) stand, or all of the course; returns how
    many. Batch by batch, so that memory does not grow with the class."""
    number, last = 0, None
    with provider_scope(course.provider_id):
        rows = Enrolment.objects.filter(course=course).order_by("pk")
        if students is not None:
            rows = rows.filter(pk__in=students)
        while True:
            seats = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
            if seats:
                _save(selectors.standings_of(course, seats, now=clock.now()))
                number, last = number + len(seats), seats[-1].pk
            if len(seats) < BATCH:
                break
        if not number:
            return 0
        watch, _made = Watch.objects.get_or_create(provider_id=course.provider_id, course=course)
        median = selectors.median_of(course.pk)
        if watch.median != median:
            Watch.objects.filter(pk=watch.pk).update(median=median)
    return number


def _save(rows: list[Standing]) -> None:
    try:
        with transaction.atomic():
            _upsert(rows)
    except IntegrityError:  # another worker made one of them in between: now it is there
        _upsert(rows)


def _upsert(rows: list[Standing]) -> None:
    Standing.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["provider", "enrolment"], update_fields=KEPT
    )


def course_changed(course_id: int) -> None:
    """Something changed that counts for everybody in the course: they are counted anew soon."""
    course = CoursePage.objects.filter(pk=course_id).first()
    if course is None:
        return
    with provider_scope(course.provider_id):
        if not Enrolment.objects.filter(course=course).exists():
            return  # nobody to count
        Watch.objects.get_or_create(provider_id=course.provider_id, course=course)
        Watch.objects.filter(course=course, stale_since=None).update(stale_since=clock.now())


def count_changed(watch: Watch) -> None:
    """Count everybody in a course that changed. In the provider's scope."""
    since = watch.stale_since
    count(watch.course)
    # What changed again meanwhile keeps its mark.
    Watch.objects.filter(pk=watch.pk, stale_since=since).update(stale_since=None)


@transaction.atomic
def set_watch(course: CoursePage, limits: Thresholds, *, actor: Any) -> Watch:
    """Say what is watched for in a course. Raises Forbidden."""
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        row, _made = Watch.objects.get_or_create(provider_id=course.provider_id, course=course)
        told = {name: getattr(limits, name) for name in limits.__slots__}
        for name, value in told.items():
            setattr(row, name, value)
        row.save(update_fields=list(told))
        emit(events.WATCH_CHANGED, row, actor=actor, course=course.pk, **told)
    return row


@transaction.atomic
def snooze(
    seat: Enrolment, *, until: datetime | None, note: str, actor: Any, at: datetime
) -> Snooze:
    """Put a student off the list of those at risk: until then, or at all. Raises Forbidden."""
    require(actor, Code.VIEW_STUDENTS, seat)
    with provider_scope(seat.provider_id):
        values = {"until": until, "note": note.strip()[:500], "set_at": at, "set_by": actor}
        row, _made = Snooze.objects.update_or_create(
            provider_id=seat.provider_id,  # type: ignore[misc]
            enrolment=seat,
            defaults=values,
        )
        told = until.isoformat() if until else ""
        emit(events.SNOOZED, seat, actor=actor, course=seat.course_id, until=told)
    return row


@transaction.atomic
def end_snooze(seat: Enrolment, *, actor: Any) -> None:
    """Raises Forbidden."""
    require(actor, Code.VIEW_STUDENTS, seat)
    with provider_scope(seat.provider_id):
        if Snooze.objects.filter(enrolment=seat).delete()[0]:
            emit(events.SNOOZE_ENDED, seat, actor=actor, course=seat.course_id)


# --- Announcements --------------------------------------------------------------------------------


@transaction.atomic
def announce(
    course: CoursePage,
    *,
    title: str,
    text: str,
    group: Group | None = None,
    publish_at: datetime | None = None,
    expires_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> Announcement:
    """Tell a course's students something, now or at `publish_at`. Raises Forbidden, Invalid,
    NotFound for a group of another course."""
    require(actor, Code.MANAGE_STUDENTS, course)
    with provider_scope(course.provider_id):
        row = Announcement(course=course, author=actor, publish_at=publish_at or at)
        _write(row, title=title, text=text, group=group, expires_at=expires_at, at=at)
        row.save()
        told = {"course": course.pk, "title": row.title, "at": row.publish_at.isoformat()}
        emit(events.ANNOUNCED, row, actor=actor, **told)
        if row.publish_at <= at:
            _publish(row)
    return row


@transaction.atomic
def change_announcement(
    row: Announcement,
    *,
    title: str,
    text: str,
    group: Group | None = None,
    publish_at: datetime | None = None,
    expires_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> None:
    """Say it otherwise. Who was told before is not written to again; one that still waits may be
    given another moment. Raises Forbidden, Invalid, NotFound."""
    require(actor, Code.MANAGE_STUDENTS, row)
    with provider_scope(row.provider_id):
        row = Announcement.objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.state == Announced.SCHEDULED:
            row.publish_at = publish_at or at
        else:
            group = row.group  # whom it was sent to stays as it was
        _write(row, title=title, text=text, group=group, expires_at=expires_at, at=at)
        row.save(update_fields=["title", "text", "group", "publish_at", "expires_at", "changed_at"])
        told = {"course": row.course_id, "title": row.title}
        emit(events.ANNOUNCEMENT_CHANGED, row, actor=actor, **told)
        if row.state == Announced.SCHEDULED and row.publish_at <= at:
            _publish(row)


@transaction.atomic
def withdraw_announcement(row: Announcement, *, actor: Any) -> None:
    """Nobody sees it any more. Raises Forbidden, IllegalMove."""
    require(actor, Code.MANAGE_STUDENTS, row)
    with provider_scope(row.provider_id):
        move(row, WITHDRAW)
        told = {"course": row.course_id, "title": row.title}
        emit(events.ANNOUNCEMENT_WITHDRAWN, row, actor=actor, **told)


@transaction.atomic
def republish(row: Announcement, *, actor: Any, at: datetime) -> None:
    """Show a withdrawn announcement again; who was told is not told again. Raises Forbidden,
    IllegalMove."""
    require(actor, Code.MANAGE_STUDENTS, row)
    with provider_scope(row.provider_id):
        move(row, PUBLISH, publish_at=min(row.publish_at, at))
        emit(events.ANNOUNCEMENT_CHANGED, row, actor=actor, course=row.course_id, title=row.title)
        _tell(row)


def publish_due(row: Announcement) -> bool:
    """Publish one whose moment has come; False where another worker did, or it was withdrawn."""
    try:
        with transaction.atomic():
            _publish(row)
    except Conflict:
        return False
    return True


def _publish(row: Announcement) -> None:
    move(row, PUBLISH)
    _tell(row)


def _tell(row: Announcement) -> None:
    task = partial(async_task, "lms.teaching.tasks.tell", str(row.provider_id), row.pk)
    transaction.on_commit(partial(selectors.no_longer_quiet, row.provider_id))
    transaction.on_commit(task)


def _write(row: Announcement, *, at: datetime, **values: Any) -> None:
    group = values["group"]
    if group is not None and group.course_id != row.course_id:
        raise NotFound
    for name, value in values.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.changed_at = at
    if row.expires_at is not None and row.expires_at <= row.publish_at:
        raise Invalid(details={"expires_at": [_("It would end before it begins.")]})
    try:
        row.clean_fields(exclude=["course", "author", "provider", "group"])
    except ValidationError as refused:
        raise Invalid(details=refused.message_dict) from refused


def dismiss(row: Announcement, seat: Enrolment) -> None:
    """Put an announcement away for one student; twice counts once."""
    with provider_scope(row.provider_id):
        Dismissal.objects.get_or_create(
            provider_id=row.provider_id,  # type: ignore[misc]
            announcement=row,
            enrolment=seat,
        )


# --- Notes ----------------------------------------------------------------------------------------


@transaction.atomic
def note(seat: Enrolment, text: str, *, actor: Any, at: datetime) -> Note:
    """Note something about a student, for colleagues. Raises Forbidden, Invalid."""
    require(actor, Code.VIEW_STUDENTS, seat)
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise Invalid(details={"text": [str(LONGEST_NOTE)]})
    with provider_scope(seat.provider_id):
        row = Note.objects.create(enrolment=seat, text=text, author=actor, written_at=at)
        emit(events.NOTED, row, actor=actor, enrolment=str(seat.pk))
    return row


@transaction.atomic
def remove_note(row: Note, *, actor: Any, at: datetime) -> None:
    """Its author's, or those who manage the students. Raises Forbidden."""
    _require_author(row, actor)
    with provider_scope(row.provider_id):
        if Note.objects.filter(pk=row.pk, removed_at=None).update(removed_at=at):
            emit(events.NOTE_REMOVED, row, actor=actor, enrolment=str(row.enrolment_id))


@transaction.atomic
def restore_note(row: Note, *, actor: Any) -> None:
    """Raises Forbidden."""
    _require_author(row, actor)
    with provider_scope(row.provider_id):
        if Note.objects.filter(pk=row.pk, removed_at__isnull=False).update(removed_at=None):
            emit(events.NOTE_RESTORED, row, actor=actor, enrolment=str(row.enrolment_id))


def _require_author(row: Note, actor: Any) -> None:
    require(actor, Code.VIEW_STUDENTS, row)
    if row.author_id != getattr(actor, "pk", None):
        require(actor, Code.MANAGE_STUDENTS, row)
