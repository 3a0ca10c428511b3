"""Writes: a download of one's data, and the erasure of an account after its grace period."""

import logging
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django_q.tasks import async_task

from lms.accounts.actions import shut
from lms.accounts.models import User
from lms.common import clock
from lms.common.errors import Forbidden
from lms.common.mail import REFUSED
from lms.common.states import StaleMove, move
from lms.events import SYSTEM, emit
from lms.tenants.scope import every_tenant

from . import events, notifications, writing
from .errors import AskedOften, IsOperator, OnlyOwner
from .models import FOLDER, DataExport, Erasure
from .selectors import erasure_of, sole_schools
from .states import (
    BEGIN,
    DONE,
    FAIL,
    MAKE,
    RETRY,
    TAKE_BACK,
    Packed,
    State,
)

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
EXPORTS_A_DAY = 3  # of those that were made
# A worker that says nothing for so long has died; who was tried for so long is given up.
SILENCE = timedelta(minutes=15)
TRIED_FOR = timedelta(hours=2)
TELLS_EVERY = 1.0  # seconds between two notes of how far it is


# --- A download of one's data ---------------------------------------------------------------------


@transaction.atomic
def ask_for_export(person: User, *, at: datetime) -> DataExport:
    """Have the person's data packed; what is being packed already is returned.

    Raises AskedOften.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    mine = DataExport.objects.filter(person=person)
    if running := mine.filter(state__in=(Packed.WAITING, Packed.MAKING)).first():
        return running
    lately = mine.filter(asked_at__gt=at - DAY).exclude(state=Packed.FAILED)
    if lately.count() >= EXPORTS_A_DAY:
        first = lately.earliest("asked_at").asked_at
        raise AskedOften(retry_after=int((first + DAY - at).total_seconds()) + 1)
    export = DataExport.objects.create(
        person=person,
        asked_at=at,
        touched_at=at,
        ends_at=at + timedelta(days=settings.FLEDGE_EXPORT_DAYS),
    )
    emit(events.EXPORT_ASKED, export, actor=person)
    _queue(export)
    return export


def _queue(export: DataExport) -> None:
    key = str(export.pk)
    transaction.on_commit(lambda: async_task("lms.privacy.tasks.make_export", key))


def make_export(export: DataExport) -> bool:
    """Pack it; whether it is ready now. Of two workers one does it. What goes wrong is raised, and
    the export has failed."""
    try:
        move(export, MAKE, touched_at=clock.now(), done=0)
    except StaleMove:
        return False
    name = ""
    storage: Any = DataExport._meta.get_field("file").storage
    try:
        with tempfile.TemporaryFile() as file:
            with every_tenant("one's own data, at whichever schools"):
                _write(export, file)
            size = file.tell()
            file.seek(0)
            name = storage.save(f"{FOLDER}/{export.pk}.zip", File(file))
        now = clock.now()
        ends_at = now + timedelta(days=settings.FLEDGE_EXPORT_DAYS)
        with transaction.atomic():
            move(export, DONE, file=name, size=size, touched_at=now, ends_at=ends_at)
            emit(events.EXPORT_MADE, export, actor=SYSTEM)
    except Exception as problem:
        if name:
            storage.delete(name)
        if isinstance(problem, StaleMove):  # it took so long that another began anew
            return False
        with suppress(StaleMove):
            move(export, FAIL, touched_at=clock.now())
        raise
    with suppress(*REFUSED):
        notifications.tell_export_ready(export)
    return True


def _write(export: DataExport, file: Any) -> None:
    rows = DataExport.objects.filter(pk=export.pk, state=Packed.MAKING)
    rows.update(total=writing.parts_of(export.person), touched_at=clock.now())
    done, told = 0, time.monotonic()

    def packed() -> None:
        nonlocal done, told
        done += 1
        if time.monotonic() - told >= TELLS_EVERY:
            told = time.monotonic()
            rows.update(done=done, touched_at=clock.now())

    writing.write(export.person, file, packed=packed)


@transaction.atomic
def note_download(export: DataExport, *, actor: User) -> None:
    """Somebody is about to be sent it. Raises Forbidden for whose data it is not."""
    if export.person_id != actor.pk:
        raise Forbidden
    emit(events.EXPORT_DOWNLOADED, export, actor=actor)


def revive(*, at: datetime) -> None:
    """Take up what workers that died have left; give up what was tried for long enough."""
    still = DataExport.objects.filter(
        state__in=(Packed.WAITING, Packed.MAKING), touched_at__lte=at - SILENCE
    )
    for export in still:
        with suppress(StaleMove), transaction.atomic():
            if export.asked_at <= at - TRIED_FOR:
                move(export, FAIL, touched_at=at)
                continue
            if export.state == Packed.MAKING:
                move(export, RETRY, touched_at=at)
            else:
                DataExport.objects.filter(pk=export.pk).update(touched_at=at)
            _queue(export)


def drop_ended(*, at: datetime) -> int:
    """Delete downloads whose time is over, and files of which no row knows; how many there were."""
    ended = DataExport.objects.filter(ends_at__lte=at).exclude(
        state__in=(Packed.WAITING, Packed.MAKING)
    )
    gone = 0
    for export in ended[:500]:
        export.delete()
        gone += 1
    return gone + _drop_orphans(at)


def _drop_orphans(at: datetime) -> int:
    storage = storages["private"]
    try:
        names = storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return 0
    paths = [f"{FOLDER}/{name}" for name in names]
    known = set(DataExport.objects.exclude(file="").values_list("file", flat=True))
    # Younger ones may be about to get their row's word.
    stray = [
        path
        for path in paths
        if path not in known and storage.get_modified_time(path) <= at - 2 * SILENCE
    ]
    for path in stray:
        storage.delete(path)
    return len(stray)


# --- Erasure --------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_erasure(person: User, *, actor: User, at: datetime, reason: str = "") -> Erasure:
    """Have an account erased when the grace period is over; what was asked for already is returned.

    For the person, and for operators on their behalf. The person is told, with a way back. Raises
    Forbidden, IsOperator, OnlyOwner.
    """
    if actor.pk != person.pk and not actor.is_superuser:
        raise Forbidden
    row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if known := erasure_of(row):
        return known
    if row.is_superuser:
        raise IsOperator
    if row.erased_at is not None:
        raise Forbidden
    if schools := sole_schools(row):
        raise OnlyOwner([school.name for school in schools])
    due_at = at + timedelta(days=settings.FLEDGE_ERASURE_DAYS)
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                person=row, asked_at=at, asked_by=actor, reason=reason, due_at=due_at
            )
    except IntegrityError:  # another tab came first
        return Erasure.objects.get(person=row, state__in=(State.WAITING, State.ERASING))
    _say_leaves_on(person, due_at)
    emit(events.ERASURE_ASKED, erasure, actor=actor, reason=reason)
    transaction.on_commit(lambda: _tell(notifications.tell_erasure_asked, erasure))
    return erasure


@transaction.atomic
def take_back(erasure: Erasure, *, actor: Any) -> None:
    """The person stays: they say so themselves, signed in or by the link of the mail (`actor` is
    the person either way), or an operator. Raises Forbidden, IllegalMove once it has begun,
    StaleMove.
    """
    if actor.pk != erasure.person_id and not actor.is_superuser:
        raise Forbidden
    move(erasure, TAKE_BACK)
    _say_leaves_on(erasure.person, None)
    emit(events.ERASURE_TAKEN_BACK, erasure, actor=actor)
    transaction.on_commit(lambda: _tell(notifications.tell_taken_back, erasure))


def begin_due(*, at: datetime) -> list[Erasure]:
    """Those whose grace period is over: from here on there is no way back. Who became the only one
    to manage a school waits on, and is told once."""
    begun = []
    for erasure in Erasure.objects.filter(state=State.WAITING, due_at__lte=at):
        if schools := sole_schools(erasure.person):
            _hold(erasure, [school.name for school in schools], at=at)
            continue
        with suppress(StaleMove), transaction.atomic():
            move(erasure, BEGIN)
            _tell(notifications.tell_begun, erasure)
            shut(erasure.person)
            emit(events.ERASURE_BEGUN, erasure, actor=SYSTEM)
            begun.append(erasure)
    return begun


def _hold(erasure: Erasure, schools: list[str], *, at: datetime) -> None:
    rows = Erasure.objects.filter(pk=erasure.pk, state=State.WAITING, held_at=None)
    if rows.update(held_at=at):
        _tell(lambda one: notifications.tell_held(one, schools), erasure)


def _say_leaves_on(person: User, due_at: datetime | None) -> None:
    User.objects.filter(pk=person.pk).update(leaves_on=due_at)
    person.leaves_on = due_at


def _tell(mail: Any, erasure: Erasure) -> None:
    """An address that takes no mail keeps nobody from leaving."""
    try:
        mail(erasure)
    except REFUSED:
        logger.warning("erasure %s: the person's address was refused", erasure.pk)
