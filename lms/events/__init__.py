"""What can happen: the vocabulary, the log of it, and who may react once it is certain.

from lms.events import Event, emit, subscribe, SYSTEM
"""

from lms.events.emitting import (
    SYSTEM,
    Happened,
    emit,
    emit_many,
    record_with,
    subscribe,
    subscribe_to_many,
    unsubscribe,
)
from lms.events.vocabulary import Event, UndeclaredEvent, declared

__all__ = [
    "SYSTEM",
    "Event",
    "Happened",
    "UndeclaredEvent",
    "declared",
    "emit",
    "emit_many",
    "record_with",
    "subscribe",
    "subscribe_to_many",
    "unsubscribe",
]
