"""Recordings for every browser: asked for, made by the worker, found, served, and removed.

The original is never touched. What is made of it is made once for a school and a content, by
`ffmpeg`, and found by that content's SHA-256. docs/decisions/0011 says why so.
"""

import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_q.tasks import async_task

from lms.common import clock
from lms.common.errors import NotFound
from lms.common.states import StaleMove, move
from lms.events import SYSTEM, emit
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope

from . import events, ffmpeg
from .errors import LinkEnded
from .ffmpeg import Unplayable
from .models import (
    Blob,
    Media,
    Playable,
    PlayableFile,
    Upload,
    house_of,
    media_stored,
)
from .states import COMPLETE, FAIL, RESUME, RETRY, START, Failure, Making, State

logger = logging.getLogger(__name__)

SALT = "lms.files.playing"
# Long enough to watch a lecture to its end, with a break.
LASTING = timedelta(hours=6)
MOST_ATTEMPTS = 3
# Who is not heard of for so long has died.
PATIENCE = timedelta(minutes=5)
# What is asked for and not begun for so long is asked for again.
OVERLOOKED = timedelta(hours=1)
LONGEST_TASK = 12 * 3600  # seconds
BATCH = 100
PIECE = 1024 * 1024  # bytes
RECORDED = re.compile(r"(audio|video)/")


# --- Asking ---------------------------------------------------------------------------------------


def queue(task: str, *told: str) -> None:
    """Have the worker do it: a cluster of its own, where the operator has one for recordings."""
    options: dict[str, Any] = {"timeout": LONGEST_TASK}
    if settings.FLEDGE_RECORDINGS_QUEUE:
        options["cluster"] = settings.FLEDGE_RECORDINGS_QUEUE
    async_task(f"lms.files.tasks.{task}", *told, q_options=options)


def ask_for(provider_id: Any, sha256: str, *, at: datetime) -> Playable:
    """Have the recording with that content prepared, unless it is already. In the scope."""
    row, new = Playable.objects.get_or_create(
        provider_id=provider_id, sha256=sha256, defaults={"asked_at": at, "touched_at": at}
    )
    Blob.objects.filter(provider_id=provider_id, sha256=sha256).update(playable=row)
    if new:
        _queue_soon(row)
    return row


def ask_for_upload(upload: Upload, *, at: datetime) -> None:
    """The same for what somebody sent, if it is a recording that is ready and used. In scope."""
    if upload.attached_at and upload.is_ready and RECORDED.match(upload.content_type):
        ask_for(upload.provider_id, upload.blob.sha256, at=at)  # type: ignore[union-attr]


def read_media(media: Media, *, at: datetime) -> None:
    """Learn what content an author's recording has, and ask for that. In the scope."""
    with media.file.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    house = house_of(media.collection)
    changed = Media.objects.filter(pk=media.pk, file=media.file.name).update(sha256=found)
    if changed:
        ask_for(house, found, at=at)


@transaction.atomic
def try_again(row: Playable, *, actor: Any, at: datetime) -> None:
    """Somebody wants it once more. One that has not failed stays as it is."""
    with provider_scope(row.provider_id):
        if row.is_failed:
            with suppress(StaleMove):
                move(row, RETRY, failure="", percent=0, attempts=0, asked_at=at, touched_at=at)
                emit(events.RETRIED, row, actor=actor)
                _queue_soon(row)


def _queue_soon(row: Playable) -> None:
    told = (str(row.provider_id), str(row.pk))
    transaction.on_commit(lambda: queue("prepare", *told))


@receiver(media_stored)
def _stored(instance: Media, **kwargs: Any) -> None:
    if house := house_of(instance.collection):
        told = (str(house), str(instance.pk))
        transaction.on_commit(lambda: queue("read_media", *told))


# --- Making ---------------------------------------------------------------------------------------


def prepare(row: Playable) -> None:
    """Make what every browser plays. Its state says how that went; whoever comes second finds it
    under way. In the scope.

    What goes wrong on our side is raised, and taken up again by the sweep.
    """
    if row.state != Making.WAITING or not ffmpeg.is_installed():
        return
    original = _original(row)
    if original is None:
        row.delete()
        return
    now = clock.now()
    try:
        move(row, START, percent=0, attempts=row.attempts + 1, touched_at=now)
    except StaleMove:
        return
    folder = settings.FILE_UPLOAD_TEMP_DIR
    try:
        with _on_disk(original) as path, tempfile.TemporaryDirectory(dir=folder) as made:
            _make(row, path, Path(made))
    except Unplayable as problem:
        logger.warning("%s can't be prepared: %s", row.pk, problem)
        _fail(row, problem.failure)
    except _Left:
        logger.info("%s is no longer ours to prepare.", row.pk)


class _Left(Exception):
    """The row is gone, or somebody else has taken it up."""


def _make(row: Playable, path: str, folder: Path) -> None:
    found = ffmpeg.probe(path)
    tell = _Teller(row)
    measured = ffmpeg.loudness(path, found, lambda part: tell(20 * part))
    peaks = ffmpeg.peaks(path, found)
    made = ffmpeg.convert(path, folder, found, measured, lambda part: tell(20 + 75 * part))
    tell(95)
    _clear(row)
    stored: list[PlayableFile] = []
    try:
        for one in made:
            kept = PlayableFile(
                provider_id=row.provider_id,
                playable=row,
                name=one.name,
                content_type=one.content_type,
                size=(folder / one.name).stat().st_size,
            )
            with (folder / one.name).open("rb") as stream:
                kept.file.save(one.name, File(stream), save=False)
            stored.append(kept)
        with transaction.atomic():
            tell(99)
            try:
                move(
                    row,
                    COMPLETE,
                    percent=100,
                    touched_at=clock.now(),
                    kind=found.kind,
                    seconds=round(found.seconds, 3),
                    width=found.width,
                    height=found.height,
                    loudness=float(measured["input_i"]) if measured else None,
                    peaks=peaks,
                    names=[one.name for one in made],
                )
            except StaleMove as gone:
                raise _Left from gone
            PlayableFile.objects.bulk_create(stored)
            # Authors may type how long it is; most don't.
            unknown = _media_of(row).filter(duration=0)
            unknown.update(duration=found.seconds, width=found.width, height=found.height)
    except BaseException:
        for kept in stored:
            kept.file.storage.delete(str(kept.file.name))
        raise


class _Teller:
    """Writes how far it is; now and then, since that tells too that the worker lives."""

    def __init__(self, row: Playable) -> None:
        self.row = row

    def __call__(self, percent: float) -> None:
        mine = Playable.objects.filter(
            pk=self.row.pk, state=Making.WORKING, attempts=self.row.attempts
        )
        if not mine.update(percent=min(99, int(percent)), touched_at=clock.now()):
            raise _Left


def _fail(row: Playable, failure: Failure) -> None:
    with suppress(StaleMove), transaction.atomic():
        move(row, FAIL, failure=failure.value, touched_at=clock.now())
        emit(events.UNPLAYABLE, row, actor=SYSTEM, failure=failure.value)


def _clear(row: Playable) -> None:
    """What an attempt that died has left behind: files without rows."""
    storage, folder = storages["private"], f"playable/{row.pk}"
    with suppress(FileNotFoundError):
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")


def _original(row: Playable) -> Any:
    """The stored file; None once nothing has that content any more."""
    blob = Blob.objects.filter(sha256=row.sha256).first()
    media = None if blob else _media_of(row).first()
    return blob.file if blob else media.file if media else None


def _media_of(row: Playable) -> Any:
    """Authors' recordings with that content in the provider's collections."""
    houses = Provider.objects.filter(pk=row.provider.pk, collection__isnull=False)
    path = houses.values_list("collection__path", flat=True).first()
    rows = Media.objects.filter(sha256=row.sha256)
    return rows.filter(collection__path__startswith=path) if path else rows.none()


@contextmanager
def _on_disk(file: Any) -> Iterator[str]:
    """A path of its bytes: its own on a disk of ours, else a copy's."""
    try:
        yield file.storage.path(file.name)
        return
    except NotImplementedError:
        pass
    folder = settings.FILE_UPLOAD_TEMP_DIR
    with tempfile.NamedTemporaryFile(dir=folder, prefix="recording-") as copy:
        with file.storage.open(file.name) as stream:
            shutil.copyfileobj(stream, copy, PIECE)
        copy.flush()
        yield copy.name


# --- Finding --------------------------------------------------------------------------------------


def of_media(media: Iterable[Media], provider_id: Any) -> dict[str, Playable]:
    """{SHA-256: what was made of it} of authors' recordings of a provider's: one query, none where
    nothing is known of them. What people sent has it as `upload.blob.playable`."""
    wanted = {one.sha256 for one in media if one.sha256}
    if not wanted:
        return {}
    with provider_scope(provider_id):
        return {row.sha256: row for row in Playable.objects.filter(sha256__in=wanted)}


def made_of(provider_id: Any) -> Any:
    """For a query of Media, in the provider's scope: the row of what was made of each."""
    return Playable.objects.filter(provider_id=provider_id, sha256=OuterRef("sha256"))


# --- Serving --------------------------------------------------------------------------------------


def key_of(row: Playable, *, at: datetime, lasting: timedelta = LASTING) -> str:
    """The key that opens what was made of one recording until then: for who may play it now."""
    until = int((at + lasting).timestamp())
    return signing.dumps([str(row.provider_id), str(row.pk), until], salt=SALT)


def opened(key: str, *, at: datetime) -> tuple[UUID, UUID]:
    """(provider id, playable id) of a key. Raises NotFound for one that is not ours, LinkEnded."""
    try:
        provider_id, playable_id, until = signing.loads(key, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    if at.timestamp() >= until:
        raise LinkEnded
    return UUID(provider_id), UUID(playable_id)


def playable_of(key: str, *, host: Any, at: datetime) -> Playable:
    """The row a key opens, on the school's own host or the marketplace. Raises NotFound,
    LinkEnded."""
    provider_id, playable_id = opened(key, at=at)
    if host is not None and host.pk != provider_id:
        raise NotFound
    with provider_scope(provider_id):
        row = Playable.objects.select_related("provider").filter(pk=playable_id).first()
    if row is None or not row.provider.is_open:
        raise NotFound
    return row


def made_file(key: str, name: str, *, host: Any, at: datetime) -> PlayableFile:
    """One file a key opens: one query, for a film comes in hundreds of pieces. Raises NotFound,
    LinkEnded."""
    provider_id, playable_id = opened(key, at=at)
    if host is not None and host.pk != provider_id:
        raise NotFound
    with provider_scope(provider_id):
        rows = PlayableFile.objects.select_related("provider")
        row = rows.filter(playable=playable_id, name=name).first()
    if row is None or not row.provider.is_open:
        raise NotFound
    return row


def answer(request: HttpRequest, sha256: str, provider_id: Any) -> HttpResponseBase | None:
    """For one who has been found to be allowed to play a recording and asks `?as=` a file of what
    was made of it: the way there. None where the original is asked for.

    Raises NotFound where there is no such file.
    """
    name = request.GET.get("as", "")
    if not name:
        return None
    with provider_scope(provider_id):
        row = Playable.objects.filter(sha256=sha256, state=Making.DONE).first() if sha256 else None
    if row is None or name not in row.names:
        raise NotFound
    response = redirect("files:made", key_of(row, at=clock.now()), name)
    response["Cache-Control"] = "private, no-store"
    return response


def again_url(row: Playable) -> str:
    return reverse("files:again", args=[key_of(row, at=clock.now())])


def progress_url(row: Playable) -> str:
    return reverse("files:progress", args=[key_of(row, at=clock.now())])


# --- Removing and looking after -------------------------------------------------------------------


@receiver(post_delete, sender=Blob)
@receiver(post_delete, sender=Media)
def _content_gone(sender: Any, instance: Any, **kwargs: Any) -> None:
    """What was made of a recording goes with the last that has its content."""
    house = instance.provider_id if sender is Blob else house_of(instance.collection)
    if house is not None and instance.sha256:
        with provider_scope(house):
            row = Playable.objects.filter(provider_id=house, sha256=instance.sha256).first()
            if row is not None and _original(row) is None:
                row.delete()


def sweep(provider: Provider, *, at: datetime) -> int:
    """Ask for what nobody asked for, and take up again what a worker that died has left; how many
    were. In no scope."""
    taken = 0
    with provider_scope(provider):
        dead = Playable.objects.filter(state=Making.WORKING, touched_at__lt=at - PATIENCE)
        for row in dead.order_by("touched_at")[:BATCH]:
            if row.attempts >= MOST_ATTEMPTS:
                _fail(row, Failure.CRASHED)
                continue
            with suppress(StaleMove), transaction.atomic():
                move(row, RESUME, percent=0, touched_at=at)
                _queue_soon(row)
                taken += 1
        idle = Playable.objects.filter(state=Making.WAITING, touched_at__lt=at - OVERLOOKED)
        for row in idle.order_by("touched_at")[:BATCH]:
            if _original(row) is None:
                row.delete()
                continue
            Playable.objects.filter(pk=row.pk, state=Making.WAITING).update(touched_at=at)
            _queue_soon(row)
            taken += 1
        taken += _ask_for_forgotten(provider, at)
    return taken


def _ask_for_forgotten(provider: Provider, at: datetime) -> int:
    """Recordings of before there was this, and those whose task was lost."""
    sent = Upload.objects.filter(
        state=State.READY,
        attached_at__lt=at - OVERLOOKED,
        content_type__regex=f"^{RECORDED.pattern}",
        blob__playable=None,
    )
    asked = 0
    for upload in sent.select_related("blob")[:BATCH]:
        ask_for_upload(upload, at=at)
        asked += 1
    if provider.collection_id:
        path = Provider.objects.values_list("collection__path", flat=True).get(pk=provider.pk)
        rows = Media.objects.filter(collection__path__startswith=path, sha256="")
        for key in rows.filter(created_at__lt=at - OVERLOOKED).values_list("pk", flat=True)[:BATCH]:
            queue("read_media", str(provider.pk), str(key))
            asked += 1
    return asked
