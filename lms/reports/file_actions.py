"""Writes: asking for a report as a file, making it, letting it end; reports sent regularly.

They run in the provider's scope.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import translation
from django_q.tasks import async_task

from lms.common import clock
from lms.common.states import StaleMove, move
from lms.courses.models import CoursePage
from lms.events import SYSTEM, emit
from lms.tenants.permissions import Code, can, require

from . import events, learning, rules, writing
from .errors import NotStaff, TooManyFiles
from .learning import Ask
from .models import By, Export, Mailing, Recipient
from .rules import Span
from .states import AGAIN, FAIL, FINISH, MAKE, RETRY, State

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
MOST_WAITING = 5  # of one person


@transaction.atomic
def ask(
    course: CoursePage,
    *,
    actor: Any,
    span: Span,
    zone: str,
    by: str,
    format: str,
    at: datetime,
    group: int | None = None,
    words: str = "",
) -> Export:
    """Have a report made for `actor`. Raises Forbidden, and TooManyFiles for who has several still
    unmade."""
    require(actor, Code.VIEW_PROGRESS, course)
    mine = Export.objects.filter(user=actor, state__in=[State.WAITING, State.MAKING])
    if mine.count() >= MOST_WAITING:
        raise TooManyFiles
    export = Export.objects.create(
        provider=course.provider,
        course=course,
        user=actor,
        first=span.first,
        last=span.last,
        time_zone=zone,
        group_id=group,
        words=words,
        by=by,
        format=format,
        asked_at=at,
        touched_at=at,
        ends_at=at + KEPT,
    )
    told = {"by": by, "format": format, "first": str(span.first), "last": str(span.last)}
    emit(events.EXPORT_ASKED, export, actor=actor, course=course.pk, **told)
    transaction.on_commit(partial(_queue, export))
    return export


def _queue(export: Export) -> None:
    async_task("lms.reports.tasks.make_export", str(export.provider_id), str(export.pk))


def make(export: Export) -> State:
    """Write the file; how it stands then. Of two workers one does it; of who may not see the
    figures any more nothing is made. What goes wrong is logged, and tried again later as often as
    `rules` say, before it has failed."""
    try:
        move(export, MAKE, touched_at=clock.now(), done=0, attempts=export.attempts + 1)
    except StaleMove:
        return State.MAKING
    if not can(export.user, Code.VIEW_PROGRESS, export.course):
        return give_up(export, at=clock.now())
    try:
        name = _write(export)
    except Exception:
        logger.exception("Report %s could not be made.", export.pk)
        return give_up(export, at=clock.now(), for_good=rules.is_last(export.attempts))
    storage: Any = Export._meta.get_field("file").storage
    now = clock.now()
    try:
        with transaction.atomic():
            move(export, FINISH, file=name, touched_at=now, ends_at=now + KEPT)
            emit(events.EXPORT_MADE, export, actor=SYSTEM)
    except StaleMove:  # another worker began anew, or nobody wants it any more
        storage.delete(name)
        return State.MAKING
    return State.READY


def give_up(export: Export, *, at: datetime, for_good: bool = True) -> State:
    """It was not made: it waits to be tried again, or has failed. How it stands then."""
    try:
        move(export, FAIL if for_good else RETRY, touched_at=at)
    except StaleMove:
        return State.MAKING
    return State(export.state)


@transaction.atomic
def again(export: Export, *, actor: Any, at: datetime) -> None:
    """Have one that failed tried anew, as if it had just been asked for. Raises Forbidden,
    IllegalMove, StaleMove."""
    require(actor, Code.VIEW_PROGRESS, export.course)
    move(export, AGAIN, attempts=0, touched_at=at, ends_at=at + KEPT)
    emit(events.EXPORT_ASKED, export, actor=actor, course=export.course_id)
    transaction.on_commit(partial(_queue, export))


def _write(export: Export) -> str:
    asked = asked_of(export)
    rows = Export.objects.filter(pk=export.pk, state=State.MAKING)
    if export.by in (By.STUDENT, By.HOMEWORK):
        rows.update(total=learning.seats_of(asked).count())
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        rows.update(done=done, touched_at=clock.now())

    storage: Any = Export._meta.get_field("file").storage
    with (
        translation.override(export.user.language),
        writing.written(asked, by=export.by, format=export.format, progress=progress) as path,
        path.open("rb") as file,
    ):
        return storage.save(f"reports/{export.pk}.{export.format}", File(file))


def asked_of(export: Export) -> Ask:
    return Ask(
        export.course,
        export.span,
        export.time_zone,
        now=clock.now(),
        group=export.group_id,
        words=export.words,
    )


def revive(*, at: datetime) -> list[Export]:
    """Have those made that nobody was told to make, that went wrong a while ago, or whose workers
    have died. Returns those that have failed for good."""
    failed = []
    for export in Export.objects.filter(
        state=State.MAKING, touched_at__lte=at - rules.GIVEN_UP
    ).select_related("course__provider__logo", "user"):
        stands = give_up(export, at=at, for_good=rules.is_last(export.attempts))
        if stands == State.FAILED:
            failed.append(export)
        elif stands == State.WAITING:  # for long enough by now
            _queue(export)
    for export in waiting(at):
        Export.objects.filter(pk=export.pk).update(touched_at=at)
        _queue(export)
    return failed


def waiting(at: datetime) -> list[Export]:
    """The unfinished in scope whose time to be made has come and that no worker is at."""
    rows = Export.objects.filter(state=State.WAITING, touched_at__lte=at - min(rules.TRIED_AGAIN))
    return [one for one in rows if rules.next_try(one.attempts, one.touched_at) <= at]


def drop_ended(*, at: datetime) -> int:
    """Delete files whose time is over, with their rows; returns how many."""
    ended = list(Export.objects.filter(ends_at__lte=at)[:500])
    for export in ended:
        drop(export)
    return len(ended)


@transaction.atomic
def drop(export: Export) -> None:
    """The row goes, and its file with it."""
    export.delete()


# --- Regularly ------------------------------------------------------------------------------------


@transaction.atomic
def set_up(
    course: CoursePage,
    values: Mapping[str, Any],
    people: Iterable[Any],
    *,
    actor: Any,
    at: datetime,
) -> Mailing:
    """Have a report sent regularly; `values` are fields of Mailing. Raises Forbidden, and NotStaff
    where one of `people` may not see the figures."""
    require(actor, Code.VIEW_PROGRESS, course)
    people = list(people)
    if not people or not all(can(one, Code.VIEW_PROGRESS, course) for one in people):
        raise NotStaff
    mailing = Mailing(provider=course.provider, course=course, created_by=actor, **values)
    mailing.next_at = rules.next_run(mailing.rhythm, mailing.weekday, mailing.time_zone, at)
    mailing.full_clean(exclude=["provider"])
    mailing.save()
    for one in people:
        Recipient.objects.create(provider=course.provider, mailing=mailing, user=one)
    emit(events.MAILING_CREATED, mailing, actor=actor, course=course.pk)
    return mailing


@transaction.atomic
def pause(mailing: Mailing, *, actor: Any, at: datetime) -> None:
    require(actor, Code.VIEW_PROGRESS, mailing)
    if Mailing.objects.filter(pk=mailing.pk, paused_at=None).update(paused_at=at):
        emit(events.MAILING_PAUSED, mailing, actor=actor)


@transaction.atomic
def resume(mailing: Mailing, *, actor: Any, at: datetime) -> None:
    """Send it again from the next time on; what was missed is not made up for."""
    require(actor, Code.VIEW_PROGRESS, mailing)
    following = rules.next_run(mailing.rhythm, mailing.weekday, mailing.time_zone, at)
    paused = Mailing.objects.filter(pk=mailing.pk, paused_at__isnull=False)
    if paused.update(paused_at=None, next_at=following):
        emit(events.MAILING_RESUMED, mailing, actor=actor)


@transaction.atomic
def remove(mailing: Mailing, *, actor: Any) -> None:
    """What was made of it already is kept; what was not is made no more."""
    require(actor, Code.VIEW_PROGRESS, mailing)
    emit(events.MAILING_REMOVED, mailing, actor=actor)
    Export.objects.filter(mailing=mailing).exclude(state=State.READY).delete()
    mailing.delete()


@transaction.atomic
def stop(recipient: Recipient, *, at: datetime) -> None:
    """They are sent it no more. Who may: whoever holds the link from their message."""
    if Recipient.objects.filter(pk=recipient.pk, stopped_at=None).update(stopped_at=at):
        emit(events.MAILING_STOPPED, recipient, actor=recipient.user)


@transaction.atomic
def send(mailing: Mailing, *, at: datetime) -> list[Export]:
    """Have the report made for each of its recipients who may still see it, once, and move on to
    the next time. Called again or at once by two, it does nothing more."""
    following = rules.next_run(mailing.rhythm, mailing.weekday, mailing.time_zone, at)
    due = Mailing.objects.filter(
        pk=mailing.pk, next_at=mailing.next_at, next_at__lte=at, paused_at=None
    )
    if not due.update(next_at=following):
        return []
    day = learning.day_in(mailing.next_at, mailing.time_zone)
    span = rules.span_before(mailing.rhythm, day)
    made = []
    people = mailing.recipients.filter(stopped_at=None, user__is_active=True)
    for recipient in people.select_related("user"):
        if not can(recipient.user, Code.VIEW_PROGRESS, mailing):
            continue
        export, created = Export.objects.get_or_create(
            provider_id=mailing.provider_id,  # type: ignore[misc]
            mailing=mailing,
            user=recipient.user,
            first=span.first,
            defaults={
                "course_id": mailing.course_id,
                "last": span.last,
                "time_zone": mailing.time_zone,
                "group_id": mailing.group_id,
                "by": mailing.by,
                "format": mailing.format,
                "asked_at": at,
                "touched_at": at,
                "ends_at": at + KEPT,
            },
        )
        if created:
            transaction.on_commit(partial(_queue, export))
            made.append(export)
    return made
