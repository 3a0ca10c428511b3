"""Writes: an upload begins, grows, is put together, examined, used and removed.

Pieces are stored one file each, in whatever storage there is, because object stores can't append;
a row per piece, unique by its offset, decides who was first. No lock is held while bytes move.
Every action enters the provider's scope itself: on the marketplace somebody is in several.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from wagtail.models import ModelLogEntry

from lms.common import clock
from lms.common.errors import Forbidden, Invalid, TooLarge
from lms.common.states import StaleMove, move
from lms.events import SYSTEM, emit
from lms.gateways import gateway
from lms.gateways.store import TakesParts
from lms.tenants.limits import require_room
from lms.tenants.models import Limit, Provider
from lms.tenants.scope import provider_scope

from . import events, playing, purposes
from .errors import NotUsable, WrongOffset
from .formats import endings, format_of
from .models import Blob, Upload, UploadPart
from .rules import clean_name
from .states import ACCEPT, CLEAR, FINISH, QUARANTINE, REFUSE, Refusal, State
from .validation import Refused, examine, scan

logger = logging.getLogger(__name__)

# What nobody goes on with, or uses for anything, is kept this long.
KEPT = timedelta(hours=24)
# Examined while the sender waits; larger ones by the worker.
AT_ONCE = 16 * 1024 * 1024  # bytes
PIECE = 256 * 1024  # bytes read at a time
# The states in which something may begin to use an upload: it may still be looked at.
USABLE = (State.CHECKING, State.QUARANTINED, State.READY)


@transaction.atomic
def begin_upload(
    *,
    owner: Any,
    provider: Provider,
    purpose: str,
    name: str,
    size: int,
    at: datetime,
    declared_type: str = "",
) -> Upload:
    """An upload of `size` bytes to come. All of its room is taken from now on.

    Raises NotFound for an unknown purpose, Forbidden, Invalid, TooLarge, LimitReached.
    """
    meant = purposes.purpose_of(purpose)
    if not meant.may_begin(owner, provider):
        raise Forbidden
    name = clean_name(name)
    claimed = format_of(name)
    if claimed is None or claimed.kind not in meant.kinds:
        text = _("Files of this type can't be sent here. Possible are: %(endings)s.")
        raise Invalid(text % {"endings": ", ".join(endings(meant.kinds))})
    if size <= 0:
        raise Invalid(Refusal.EMPTY.label)
    if size > meant.largest:
        raise TooLarge(details={"limit": meant.largest})
    require_room(provider.pk, Limit.STORAGE, adding=size, actor=owner)
    with provider_scope(provider):
        return Upload.objects.create(
            provider_id=provider.pk,
            owner=owner,
            purpose=purpose,
            name=name,
            declared_type=declared_type[:255],
            size=size,
            created_at=at,
            expires_at=at + KEPT,
        )


def append_chunk(upload: Upload, *, offset: int, chunk: File, at: datetime) -> Upload:
    """Add the bytes of `chunk`, which belong at `offset`. An empty one changes nothing.

    Raises WrongOffset where other bytes belong, or others came first; TooLarge for more than the
    upload has; NotUsable once it is whole.
    """
    size = chunk.size
    with provider_scope(upload.provider_id):
        _require_next(Upload.objects.get(pk=upload.pk), offset, size)
        if not size:
            return upload
        part = UploadPart(upload=upload, provider_id=upload.provider_id, offset=offset, size=size)
        part.file.save("", chunk, save=False)
        try:
            with transaction.atomic():
                row = Upload.objects.select_for_update().get(pk=upload.pk)
                _require_next(row, offset, size)
                part.save(force_insert=True)
                row.offset, row.expires_at = offset + size, at + KEPT
                row.save(update_fields=["offset", "expires_at"])
        except BaseException as problem:
            part.file.storage.delete(str(part.file.name))
            if isinstance(problem, IntegrityError):
                raise WrongOffset(details={"offset": offset}) from problem
            raise
    upload.offset, upload.expires_at = row.offset, row.expires_at
    return upload


def _require_next(upload: Upload, offset: int, size: int) -> None:
    if upload.state != State.RECEIVING or upload.parts_id:
        raise NotUsable(details={"state": upload.state})
    if upload.offset != offset:
        raise WrongOffset(details={"offset": upload.offset})
    if offset + size > upload.size:
        raise TooLarge(details={"limit": upload.size})


def finish_upload(upload: Upload, *, at: datetime) -> Upload:
    """All bytes are there: have them examined, at once where that is quick, else by the worker.

    Raises WrongOffset while some are missing, IllegalMove where it has been finished before.
    """
    with provider_scope(upload.provider_id):
        if upload.state == State.RECEIVING and (upload.offset != upload.size or upload.parts_id):
            raise WrongOffset(details={"offset": upload.offset})
        with transaction.atomic():
            move(upload, FINISH, finished_at=at, expires_at=at + KEPT)
            emit(events.UPLOADED, upload, actor=upload.owner, purpose=upload.purpose)
        if upload.size <= AT_ONCE:
            check_upload(upload)
        else:
            told = (str(upload.provider_id), str(upload.pk))
            transaction.on_commit(lambda: async_task("lms.files.tasks.check", *told))
    return upload


def receive_whole(
    file: File, *, owner: Any, provider: Provider, purpose: str, at: datetime
) -> Upload:
    """An upload that came as one form field, without a script: the same steps at once.

    Raises what `begin_upload` does.
    """
    upload = begin_upload(
        owner=owner,
        provider=provider,
        purpose=purpose,
        name=file.name or "",
        size=file.size,
        declared_type=getattr(file, "content_type", "") or "",
        at=at,
    )
    append_chunk(upload, offset=0, chunk=file, at=at)
    return finish_upload(upload, at=at)


@dataclass(frozen=True, slots=True)
class Given:
    """What a form brought: whole files, and ids of uploads sent before."""

    files: tuple[File, ...] = ()
    ids: tuple[str, ...] = ()


def take_in(
    given: Given, *, owner: Any, provider: Provider, purpose: str, at: datetime
) -> list[Upload]:
    """The uploads a form brought, all of them whole: those of its ids, then its files.

    Raises Invalid for one that was refused (`details`: {its name: [why]}), NotUsable for an id that
    is not `owner`'s or not whole, and what `begin_upload` does.
    """
    with provider_scope(provider):
        rows = Upload.objects.filter(owner=owner, purpose=purpose).select_related("blob")
        known = rows.in_bulk(given.ids)
    asked = [known.get(UUID(one)) for one in given.ids]
    found = [row for row in asked if row is not None and row.state != State.RECEIVING]
    if len(found) != len(asked):
        raise NotUsable
    for file in given.files:
        found.append(receive_whole(file, owner=owner, provider=provider, purpose=purpose, at=at))
    if refused := {row.name: [row.get_refusal_display()] for row in found if row.refusal}:
        name, (why,) = next(iter(refused.items()))
        raise Invalid(f"{name}: {why}", details=refused)
    return found


def check_upload(upload: Upload) -> None:
    """Put a whole upload together, examine it and keep it, or refuse it. Its state says which.

    Whoever does it second finds it done. Needs the provider's scope.
    """
    if upload.state != State.CHECKING:
        return
    with _assembled(upload) as (file, sha256):
        try:
            kinds = purposes.purpose_of(upload.purpose).kinds
            content_type = examine(file, upload.name, kinds=kinds)
        except Refused as refused:
            _refuse(upload, refused.refusal)
            return
        with suppress(StaleMove):
            _keep(upload, file, sha256, content_type)


def _keep(upload: Upload, file: File, sha256: str, content_type: str) -> None:
    """Give it the provider's file with this content: one that is there, or this one."""
    stored = ""
    known = Blob.objects.filter(sha256=sha256).exists()
    field = Blob._meta.get_field("file")
    storage = field.storage
    try:
        if not known:
            named = field.generate_filename(Blob(), str(upload.pk))
            if (whole := getattr(file, "whole", "")) and isinstance(storage, TakesParts):
                stored = storage.copy(whole, named)  # its bytes go nowhere
            else:
                stored = storage.save(named, file, max_length=field.max_length)
        with transaction.atomic():
            # Locked, so that nobody takes it away as unused in between.
            blob = Blob.objects.select_for_update().filter(sha256=sha256).first()
            if blob is None and stored:
                blob = Blob.objects.create(
                    provider_id=upload.provider_id, sha256=sha256, size=upload.size, file=stored
                )
            if blob is not None:
                waits = gateway("scanner").finds_viruses
                step = QUARANTINE if waits else ACCEPT
                move(upload, step, blob=blob, content_type=content_type)
                _forget_parts(upload)
                playing.ask_for_upload(upload, at=clock.now())
                if waits:
                    told = (str(upload.provider_id), str(upload.pk))
                    transaction.on_commit(lambda: async_task("lms.files.tasks.scan", *told))
    except IntegrityError:
        blob = None  # somebody else stored the same at the same moment
        upload.refresh_from_db()
    finally:
        if stored and not Blob.objects.filter(file=stored).exists():
            storage.delete(stored)
    if blob is None:
        file.seek(0)
        _keep(upload, file, sha256, content_type)


def scan_upload(upload: Upload) -> None:
    """Have the scanner look at an upload that waits for it, and let it go or refuse it.

    Needs the provider's scope. Raises ScannerFailed, and it waits on.
    """
    if upload.state != State.QUARANTINED:
        return
    try:
        with upload.file.open("rb") as file:
            scan(file)
    except Refused as refused:
        _refuse(upload, refused.refusal)
    else:
        with suppress(StaleMove), transaction.atomic():
            move(upload, CLEAR)
            playing.ask_for_upload(upload, at=clock.now())


def _refuse(upload: Upload, refusal: Refusal) -> None:
    with suppress(StaleMove), transaction.atomic():
        blob = upload.blob
        move(upload, REFUSE, refusal=refusal.value, blob=None)
        _forget_parts(upload)
        _drop_unused(blob)
        emit(events.REFUSED, upload, actor=SYSTEM, refusal=refusal.value)
        if refusal == Refusal.INFECTED:
            emit(events.INFECTED, upload, actor=SYSTEM, name=upload.name)


@transaction.atomic
def attach_upload(upload: Upload, *, owner: Any, purpose: str, at: datetime) -> Upload:
    """Something uses it from now on, and so keeps it: `owner`'s upload for `purpose`, once.

    It may still be examined. Raises NotUsable, Forbidden.
    """
    with provider_scope(upload.provider_id):
        rows = Upload.objects.select_for_update(of=("self",)).select_related("blob")
        row = rows.get(pk=upload.pk)
        if row.owner_id != owner.pk:
            raise Forbidden
        if row.purpose != purpose or row.state not in USABLE or row.attached_at is not None:
            raise NotUsable(details={"state": row.state})
        row.attached_at = at
        row.save(update_fields=["attached_at"])
        playing.ask_for_upload(row, at=at)
    return row


@transaction.atomic
def discard_upload(upload: Upload, *, actor: Any) -> None:
    """Its owner does without it, before anything uses it. Raises Forbidden, NotUsable."""
    with provider_scope(upload.provider_id):
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            return
        if actor is not SYSTEM and row.owner_id != actor.pk:
            raise Forbidden
        if row.attached_at is not None:
            raise NotUsable(details={"state": row.state})
        remove_upload(row)


@transaction.atomic
def remove_upload(upload: Upload) -> None:
    """Remove it for good, with its bytes where nothing else has the same. What used it is gone;
    the caller has seen to who may. Needs the provider's scope.
    """
    blob = upload.blob
    _forget_parts(upload)
    # Wagtail's log repeats its name.
    kind = ContentType.objects.get_for_model(Upload)
    ModelLogEntry.objects.filter(content_type=kind, object_id=str(upload.pk)).update(label="")
    upload.delete()
    _drop_unused(blob)


def _drop_unused(blob: Blob | None) -> None:
    """Remove a file that no upload points to, with its row. Needs a transaction."""
    if blob is None:
        return
    row = Blob.objects.select_for_update().filter(pk=blob.pk).first()
    if row is None or row.uploads.exists():
        return
    row.delete()


def _forget_parts(upload: Upload) -> None:
    """Remove the pieces, once the transaction stands."""
    folder = upload.folder
    upload.parts.all().delete()
    transaction.on_commit(lambda: _empty(storages["private"], folder))


def _empty(storage: Storage, folder: str) -> None:
    """Delete what lies in `folder`: pieces, and those of which a process that died wrote no row."""
    with suppress(FileNotFoundError):
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)  # on disk; an object store has no folders


class Assembled(File):
    """A file on this machine's disk, which a storage on the same disk may take as it is. `whole` is
    what the storage calls it, where it was one piece."""

    whole = ""

    def temporary_file_path(self) -> str:
        return str(self.name)


@contextmanager
def _assembled(upload: Upload) -> Iterator[tuple[File, str]]:
    """The pieces as one temporary file, and its SHA-256. Raises ValueError where one is missing."""
    digest, position = hashlib.sha256(), 0
    folder = settings.FILE_UPLOAD_TEMP_DIR
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as whole:
        try:
            parts = list(upload.parts.order_by("offset"))
            for part in parts:
                if part.offset != position:
                    break
                with part.file.open("rb") as stream:
                    while piece := stream.read(PIECE):
                        digest.update(piece)
                        whole.write(piece)
                        position += len(piece)
            if position != upload.size:
                raise ValueError(f"{upload.pk}: {position} of {upload.size} bytes are there.")
            whole.flush()
            whole.seek(0)
            file = Assembled(whole, name=whole.name)
            if len(parts) == 1:
                file.whole = str(parts[0].file.name)
            yield file, digest.hexdigest()
        finally:
            Path(whole.name).unlink(missing_ok=True)


# --- What the worker looks after ------------------------------------------------------------------

# Examined and scanned within this time, if the worker lives.
PATIENCE = timedelta(minutes=15)
BATCH = 200


def sweep(provider: Provider, *, at: datetime) -> int:
    """Remove what nobody went on with or used, and take up again what a worker left; how many were
    removed."""
    removed = 0
    with provider_scope(provider):
        unused = Upload.objects.filter(attached_at=None, expires_at__lt=at)
        for upload in unused.select_related("blob")[:BATCH]:
            with suppress(ProtectedError), transaction.atomic():
                row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
                if row is not None and row.attached_at is None and row.expires_at < at:
                    remove_upload(row)
                    removed += 1
        for blob in Blob.objects.filter(uploads=None, created_at__lt=at - KEPT)[:BATCH]:
            with transaction.atomic():
                _drop_unused(blob)
        tasks = {State.CHECKING: "lms.files.tasks.check", State.QUARANTINED: "lms.files.tasks.scan"}
        waiting = Upload.objects.filter(state__in=tasks, finished_at__lt=at - PATIENCE)
        for pk, state in waiting.values_list("pk", "state")[:BATCH]:
            async_task(tasks[State(state)], str(provider.pk), str(pk))
    return removed
