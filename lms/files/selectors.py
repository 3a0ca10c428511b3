"""Reads: nobody gets an upload but by way of these."""

from typing import Any

from lms.common.errors import NotFound

from .models import Upload


def own_upload(user: Any, upload_id: Any) -> Upload:
    """The upload for the one who sends it, in any state. Raises NotFound."""
    if not (user.is_authenticated and user.is_active):
        raise NotFound
    found = Upload.objects.filter(pk=upload_id, owner_id=user.pk).select_related("blob").first()
    if found is None:
        raise NotFound
    return found


def own_file(user: Any, upload_id: Any) -> Upload:
    """The ready upload of the one who sent it, to look at. Who else may read it, the app that uses
    it knows, and sends it by a view of its own. Raises NotFound."""
    found = own_upload(user, upload_id)
    if not found.is_ready:
        raise NotFound
    return found
