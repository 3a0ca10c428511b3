"""Reads: nobody gets an upload but by way of these."""

from typing import Any

from lms.common.errors import NotFound

from . import purposes
from .models import Upload


def own_upload(user: Any, upload_id: Any) -> Upload:
    """The upload for the one who sends it, in any state. Raises NotFound."""
    if not (user.is_authenticated and user.is_active):
        raise NotFound
    found = Upload.objects.filter(pk=upload_id, owner_id=user.pk).select_related("blob").first()
    if found is None:
        raise NotFound
    return found


def readable_upload(user: Any, upload_id: Any) -> Upload:
    """A ready upload for one who may read it: its owner, and whoever the app that uses it lets
    (`purposes.register_reader`). Raises NotFound.
    """
    if not user.is_authenticated:
        raise NotFound
    found = Upload.objects.filter(pk=upload_id).select_related("blob", "provider").first()
    if found is None or not found.is_ready or not purposes.may_read(user, found):
        raise NotFound
    return found


def shared_upload(upload_id: Any) -> Upload:
    """A ready upload for whoever holds a link to it, which the caller has verified. Needs its
    provider's scope. Raises NotFound.
    """
    found = Upload.objects.filter(pk=upload_id).select_related("blob", "provider").first()
    if found is None or not found.is_ready or not found.provider.is_open:
        raise NotFound
    return found
