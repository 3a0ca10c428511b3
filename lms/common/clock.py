"""The one clock. Actions read it once and pass the moment on, so one deed carries one timestamp."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_stopped_at: ContextVar[datetime | None] = ContextVar("stopped_at", default=None)


def now() -> datetime:
    """The current moment in UTC, timezone-aware."""
    return _stopped_at.get() or datetime.now(UTC)


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (timezone-aware, any zone) inside the block, tasks started in it
    included. Blocks nest.

    Raises ValueError for a naive `moment`.
    """
    if moment.tzinfo is None:
        raise ValueError("The clock needs a timezone-aware moment.")
    token = _stopped_at.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _stopped_at.reset(token)


@contextmanager
def later(**delta: float) -> Iterator[None]:
    """Hold the clock at now plus `timedelta(**delta)`: `with later(days=3): …`."""
    with stopped_at(now() + timedelta(**delta)):
        yield
