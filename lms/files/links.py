"""Links that open one upload for a while, for players and whatever else brings no session along.

Whoever holds such a link may read the file until it ends: make one only for who may, and show it to
nobody else. The key is a secret of the address, which the log leaves out.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.common.errors import Gone, NotFound

SALT = "lms.files.links"
# Long enough to watch a lecture to its end, with a break.
LASTING = timedelta(hours=6)


class LinkEnded(Gone):
    code = "LINK_ENDED"
    template = "errors/error.html"
    message = _("This link has ended. Please open the page it stood on again.")


def signed_url(upload: Any, *, at: datetime, lasting: timedelta = LASTING) -> str:
    """The path that opens `upload` until `at` + `lasting`."""
    until = int((at + lasting).timestamp())
    key = signing.dumps([str(upload.provider_id), str(upload.pk), until], salt=SALT)
    return reverse("files:signed", args=[key, upload.name])


def opened(key: str, *, at: datetime) -> tuple[UUID, UUID]:
    """(provider id, upload id) of a key. Raises NotFound for one that is not ours, LinkEnded."""
    try:
        provider_id, upload_id, until = signing.loads(key, salt=SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    if at.timestamp() >= until:
        raise LinkEnded
    return UUID(provider_id), UUID(upload_id)
