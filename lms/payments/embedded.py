"""The embedded gateway's own part that needs a worker: it tells us what happened, over HTTP, as an
outside company would."""

import logging
import urllib.request
from urllib.error import URLError

from django.conf import settings
from django.urls import reverse

from . import selectors

logger = logging.getLogger(__name__)


def send_notice(ref: str) -> bool:
    """Post a signed notice of a payment to ourselves; whether it was taken. One that is lost is
    found by the reconciler."""
    port = selectors.gateway_called("embedded")
    headers, body = port.signed_notice(ref)  # type: ignore[attr-defined]
    url = settings.FLEDGE_BASE_URL + reverse("payments:notice", args=["embedded"])
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, data=body, headers={**headers, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except URLError as failed:
        logger.warning("The test gateway's notice was not taken: %s", failed)
        return False
