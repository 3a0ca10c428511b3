"""emit() writes the log inside the deed's transaction; subscribers hear of it after the commit."""

import contextvars
import functools
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from wagtail.log_actions import log

from lms.events.vocabulary import Event, require_declared

logger = logging.getLogger(__name__)


class System:
    """The actor of what nobody did: clocks, tasks, imports."""

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM = System()


@dataclass(frozen=True)
class Happened:
    """What a subscriber is told. `actor` is a User or SYSTEM; `data` is what was logged."""

    event: Event
    row: Model
    actor: Any
    provider_id: UUID | None
    data: dict[str, Any]


Handler = Callable[[Happened], None]

_handlers: dict[str, list[Handler]] = defaultdict(list)
_recorders: list[Handler] = []


def record_with(recorder: Handler) -> Handler:
    """Call `recorder` within the transaction of every deed: what it writes stands or falls with
    the deed, and its failure undoes it."""
    if recorder not in _recorders:
        _recorders.append(recorder)
    return recorder


def subscribe(event: Event, handler: Handler) -> Handler:
    """Call `handler` after the commit of each deed that emits `event`.

    For what may fail without undoing the deed: a failure is logged, and nobody else is kept from
    hearing. It runs in the emitter's context: same tenant scope, request id, language and clock.
    Subscribing twice counts once. Raises UndeclaredEvent.
    """
    handlers = _handlers[require_declared(event).name]
    if handler not in handlers:
        handlers.append(handler)
    return handler


def unsubscribe(event: Event, handler: Handler) -> None:
    """Undo `subscribe`."""
    if handler in _handlers[event.name]:
        _handlers[event.name].remove(handler)


def emit(event: Event, row: Model, *, actor: Any, **data: Any) -> None:
    """Log that `event` happened to `row`, in this transaction, and tell subscribers on commit.

    `actor` is the User who did it, or SYSTEM. `data` is JSON-serialisable and holds no secrets;
    the row's provider is added to it. Outside a transaction the log entry stands at once.

    Raises UndeclaredEvent, and TypeError when nobody is named as the actor.
    """
    require_declared(event)
    if actor is not SYSTEM and getattr(actor, "pk", None) is None:
        raise TypeError(f"{event.name}: name the actor, or SYSTEM.")
    provider_id = getattr(row, "provider_id", None)
    logged = {**data, **({"provider": str(provider_id)} if provider_id else {})}
    log(row, event.name, user=None if actor is SYSTEM else actor, data=logged)
    happened = Happened(event, row, actor, provider_id, logged)
    for recorder in _recorders:
        recorder(happened)
    context = contextvars.copy_context()
    for handler in tuple(_handlers[event.name]):
        # A context can't be entered twice at once: a handler may emit, so each has its own copy.
        tell = functools.partial(context.copy().run, _tell, handler, happened)
        transaction.on_commit(tell, using=row._state.db)


def _tell(handler: Handler, happened: Happened) -> None:
    try:
        handler(happened)
    except Exception:
        logger.exception("%s failed on %s", handler, happened.event.name)
