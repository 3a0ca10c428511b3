"""How often somebody may do something: counted in fixed windows in the cache."""

import hashlib
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from lms.common.errors import TooManyRequests

MINUTE = 60  # seconds


def client_address(request: HttpRequest) -> str:
    """The client's address, as far as the trusted proxies vouch for it; "" where nobody knows it (a
    socket, a preview made by ourselves)."""
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return ""


def address_of(request: HttpRequest) -> str:
    """The client's address, unreadable; requests of which nobody knows it share one."""
    return hashlib.sha256(client_address(request).encode()).hexdigest()[:32]


def count(deed: str, who: str, *, limit: int, window: int = MINUTE) -> None:
    """One more `deed` by `who`. Raises TooManyRequests after `limit` within `window` seconds."""
    now = int(time.time())
    key = f"throttle:{deed}:{now // window}:{who}"
    cache.add(key, 0, window * 2)
    try:
        done = cache.incr(key)
    except ValueError:
        return  # the cache was emptied in between
    if done > limit:
        raise TooManyRequests(retry_after=window - now % window)
