"""What the worker does: examine large uploads, scan, and every hour look for what is left over."""

import logging
from datetime import timedelta
from typing import Any

from django_q.models import Schedule
from django_q.tasks import schedule

from lms.common import clock
from lms.gateways.scanner import ScannerFailed
from lms.tenants.models import Provider
from lms.tenants.tasks import in_provider_scope

from . import actions, direct, playing
from .models import Media, Playable, Upload

logger = logging.getLogger(__name__)

AGAIN = timedelta(minutes=2)


@in_provider_scope
def check(provider_id: Any, upload_id: Any) -> None:
    """Examine one upload. One that has been discarded meanwhile is nobody's error."""
    upload = Upload.objects.select_related("blob").filter(pk=upload_id).first()
    if upload is not None:
        actions.check_upload(upload)


@in_provider_scope
def scan(provider_id: Any, upload_id: Any) -> None:
    """Scan one upload. Where the scanner is down, try again soon, and with the hourly sweep."""
    upload = Upload.objects.select_related("blob").filter(pk=upload_id).first()
    if upload is None:
        return
    try:
        actions.scan_upload(upload)
    except ScannerFailed as failed:
        logger.warning("%s waits: the scanner failed (%s).", upload_id, failed)
        if upload.finished_at and clock.now() - upload.finished_at < actions.PATIENCE:
            schedule(
                "lms.files.tasks.scan",
                str(provider_id),
                str(upload_id),
                schedule_type=Schedule.ONCE,
                next_run=clock.now() + AGAIN,
            )


@in_provider_scope
def prepare(provider_id: Any, playable_id: Any) -> None:
    """Prepare one recording. One that has been removed meanwhile is nobody's error."""
    row = Playable.objects.filter(pk=playable_id).first()
    if row is not None:
        playing.prepare(row)


@in_provider_scope
def read_media(provider_id: Any, media_id: Any) -> None:
    """Learn what content an author's recording has, and have that prepared."""
    media = Media.objects.select_related("collection").filter(pk=media_id).first()
    if media is not None:
        playing.read_media(media, at=clock.now())


def sweep_recordings() -> int:
    """Every five minutes, at every provider: see `playing.sweep`."""
    return sum(playing.sweep(provider, at=clock.now()) for provider in Provider.objects.all())


def sweep() -> int:
    """Every hour, at every provider and in the store: see `actions.sweep` and `direct.sweep`."""
    at = clock.now()
    removed = sum(actions.sweep(provider, at=at) for provider in Provider.objects.all())
    return removed + direct.sweep(at=at)
