"""A mark that changes whenever anything the public pages show has changed.

Pages and figures are kept under it, so nothing old is ever found again after an edit. Processes
that share a cache (Redis) share the mark there; those that don't (local memory: the web server
and the worker of one machine) share it as a file's timestamp, which costs a microsecond to read.
"""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import transaction

from lms.tenants.scope import unfenced

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
KEY = "courses.freshness"


def mark() -> str:
    """What to keep derived things under. Read it before reading the database."""
    if not isinstance(caches["default"], LocMemCache):
        return caches["default"].get(KEY) or _renew()
    try:
        return f"{_file().stat().st_mtime_ns:x}"
    except FileNotFoundError:
        return _renew()


def changed() -> None:
    """Something public has changed.

    Told at once, for whoever reads inside this transaction, and again when the transaction is
    committed, for whoever read the old rows in between.
    """
    _renew()
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(_renew)


def kept(name: str, find: Callable[[], T], seconds: int = 600) -> T:
    """What `find` returns, remembered under `name` until something public changes."""
    key = f"{name}:{mark()}"
    found = caches["default"].get(key)
    if found is None:
        with unfenced("remembered for everybody"):
            found = find()
        caches["default"].set(key, found, seconds)
    return found


def public_page(view: View) -> View:
    """Mark a view whose answer to a visitor changes only when the mark does: it may be kept."""
    view.public_page = True  # type: ignore[attr-defined]
    return view


def _file() -> Path:
    return settings.DATA_DIR / "freshness"


def _renew() -> str:
    if not isinstance(caches["default"], LocMemCache):
        token = secrets.token_hex(8)
        caches["default"].set(KEY, token, timeout=None)
        return token
    path, now = _file(), time.time_ns()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, ns=(now, now))
    return f"{now:x}"
