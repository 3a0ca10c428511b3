"""Large uploads straight from the browser to an object store, in parts; where there is one.

It is the same upload: begun, counted, refused, finished and removed as one in pieces (actions).
Only its bytes come another way, to signed addresses that end. Whole, they are its one piece. The
store says what is there; nothing is believed that the browser says.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import storages
from django.db import transaction

from lms.gateways.store import NoSuchParts, Part, StoreFailed, TakesParts, direct_store
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope

from .actions import KEPT, finish_upload
from .errors import NotUsable, WrongOffset
from .models import Upload, UploadPart
from .rules import part_size
from .states import State

# Smaller ones come through us: their one part would cost three requests more.
DIRECT_FROM = 5 * 1024 * 1024  # bytes
AT_A_TIME = 20  # addresses
LASTING = timedelta(hours=1)  # enough for as many parts on a slow line
# What was begun a moment ago may have no row yet.
YOUNG = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a direct upload is: parts have `part` bytes, the last one what is left; `there` are
    the numbers of those that have come, `urls` says where the next missing ones are PUT."""

    part: int
    there: list[int]
    urls: dict[int, str]


def begin_directly(upload: Upload) -> bool:
    """Let the bytes of a new upload go to the store; False where they have to come to us.

    The store is asked outside of any transaction.
    """
    store = direct_store(storages["private"])
    if store is None or upload.size < DIRECT_FROM:
        return False
    try:
        upload.parts_id = store.begin_parts(upload.whole_name)
    except StoreFailed:
        return False
    with provider_scope(upload.provider_id):
        upload.save(update_fields=["parts_id"])
    return True


def standing(upload: Upload, *, at: datetime) -> Standing:
    """What is there, and where the next parts go. Raises NotUsable for one that is not sent
    directly, or is whole; StoreFailed."""
    store = _store_of(upload)
    try:
        found = _right_parts(store, upload)
    except NoSuchParts:
        if _is_whole(upload):
            return Standing(part_size(upload.size), _numbers(upload), {})
        # The store has tidied up by itself.
        upload.parts_id, found = store.begin_parts(upload.whole_name), []
    upload.offset, upload.expires_at = sum(each.size for each in found), at + KEPT
    with provider_scope(upload.provider_id):
        rows = Upload.objects.filter(pk=upload.pk, state=State.RECEIVING)
        rows.exclude(parts_id="").update(
            parts_id=upload.parts_id, offset=upload.offset, expires_at=upload.expires_at
        )
    there = [each.number for each in found]
    missing = sorted(set(_numbers(upload)) - set(there))[:AT_A_TIME]
    urls = {
        number: store.part_url(
            upload.whole_name,
            upload.parts_id,
            number,
            size=_size_of(upload, number),
            lasting=LASTING,
        )
        for number in missing
    }
    return Standing(part_size(upload.size), there, urls)


def finish_directly(upload: Upload, *, at: datetime) -> Upload:
    """All parts are there: make them one file, and go on as with any other upload. Whoever comes
    second, or again after a crash, goes on from there.

    Raises WrongOffset while some are missing, NotUsable, StoreFailed.
    """
    if upload.state == State.RECEIVING and not upload.parts_id and upload.offset == upload.size:
        return finish_upload(upload, at=at)  # stopped between the two
    store = _store_of(upload)
    try:
        found = _right_parts(store, upload)
        if len(found) != len(_numbers(upload)):
            raise WrongOffset(details={"offset": sum(each.size for each in found)})
        store.join_parts(upload.whole_name, upload.parts_id, found)
    except NoSuchParts:
        pass  # they have been made one before
    if not _is_whole(upload):
        raise WrongOffset(details={"offset": 0})
    with provider_scope(upload.provider_id), transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        if row.state != State.RECEIVING or not row.parts_id:
            raise NotUsable(details={"state": row.state})
        UploadPart.objects.create(
            upload=row,
            provider_id=row.provider_id,
            offset=0,
            size=row.size,
            file=row.whole_name,
        )
        row.offset, row.parts_id = row.size, ""
        row.save(update_fields=["offset", "parts_id"])
    upload.offset, upload.parts_id = row.offset, ""
    return finish_upload(upload, at=at)


def sweep(*, at: datetime) -> int:
    """Have the store forget parts that no upload waits for: those that a process left behind that
    died, or that came after the upload was removed. How many there were."""
    store: Any = storages["private"]
    if not isinstance(store, TakesParts):
        return 0
    begun = [each for each in store.begun_parts("incoming") if each.at < at - YOUNG]
    if not begun:
        return 0
    # Read after the store has answered: what has been begun since is not among those.
    awaited: set[str] = set()
    for provider in Provider.objects.all():
        with provider_scope(provider):
            rows = Upload.objects.filter(state=State.RECEIVING).exclude(parts_id="")
            awaited.update(rows.values_list("parts_id", flat=True))
    left = [each for each in begun if each.parts_id not in awaited]
    for each in left:
        store.abort_parts(each.name, each.parts_id)
    return len(left)


def _store_of(upload: Upload) -> TakesParts:
    store: Any = storages["private"]
    if upload.state != State.RECEIVING or not upload.parts_id or not isinstance(store, TakesParts):
        raise NotUsable(details={"state": upload.state})
    return store


def _right_parts(store: TakesParts, upload: Upload) -> list[Part]:
    """Those of the size they should have; any other is to come once more."""
    wanted = {number: _size_of(upload, number) for number in _numbers(upload)}
    found = store.parts(upload.whole_name, upload.parts_id)
    return [each for each in found if wanted.get(each.number) == each.size]


def _numbers(upload: Upload) -> list[int]:
    return list(range(1, -(-upload.size // part_size(upload.size)) + 1))


def _size_of(upload: Upload, number: int) -> int:
    part = part_size(upload.size)
    return min(part, upload.size - part * (number - 1))


def _is_whole(upload: Upload) -> bool:
    storage = storages["private"]
    return storage.exists(upload.whole_name) and storage.size(upload.whole_name) == upload.size
