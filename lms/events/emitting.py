"""emit() writes the log inside the deed's transaction; subscribers hear of it after the commit."""

import contextvars
import functools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from wagtail.log_actions import get_active_log_context, log, registry

from lms.events.vocabulary import Event, require_declared

logger = logging.getLogger(__name__)

AT_ONCE = 500  # rows of an INSERT


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
# Hears once of all that was emitted together, in order.
HandlerOfMany = Callable[[Sequence[Happened]], None]

_handlers: dict[str, list[Handler]] = defaultdict(list)
_handlers_of_many: dict[str, list[HandlerOfMany]] = defaultdict(list)
_recorders: list[HandlerOfMany] = []


def record_with(recorder: HandlerOfMany) -> HandlerOfMany:
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


def subscribe_to_many(event: Event, handler: HandlerOfMany) -> HandlerOfMany:
    """`subscribe`, for who does with one call what many rows need: hears of them together where
    they were emitted together, and of one alone as a list of one. Raises UndeclaredEvent."""
    handlers = _handlers_of_many[require_declared(event).name]
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
    emit_many(event, [(row, data)], actor=actor)


def emit_many(event: Event, deeds: Iterable[tuple[Model, dict[str, Any]]], *, actor: Any) -> None:
    """`emit` for many rows, each with its data: as many entries in the log, written together.

    Raises what `emit` raises.
    """
    require_declared(event)
    if actor is not SYSTEM and getattr(actor, "pk", None) is None:
        raise TypeError(f"{event.name}: name the actor, or SYSTEM.")
    many = [_happened(event, row, actor, data) for row, data in deeds]
    if not many:
        return
    _log(event, many, None if actor is SYSTEM else actor)
    for recorder in _recorders:
        recorder(many)
    context = contextvars.copy_context()
    using = many[0].row._state.db

    def on_commit(handler: Any, told: Any) -> None:
        # A context can't be entered twice at once: a handler may emit, so each has its own copy.
        tell = functools.partial(context.copy().run, _tell, handler, told, event)
        transaction.on_commit(tell, using=using)

    for one in many:
        for handler in tuple(_handlers[event.name]):
            on_commit(handler, one)
    for handler_of_many in tuple(_handlers_of_many[event.name]):
        on_commit(handler_of_many, many)


def _happened(event: Event, row: Model, actor: Any, data: dict[str, Any]) -> Happened:
    provider_id = getattr(row, "provider_id", None)
    logged = {**data, **({"provider": str(provider_id)} if provider_id else {})}
    return Happened(event, row, actor, provider_id, logged)


def _log(event: Event, many: Sequence[Happened], user: Any) -> None:
    """What `wagtail.log_actions.log` writes. That asks the database of each entry whether its user
    and its kind of row exist; both are at hand here, and so all are written in one query."""
    # The package is an installed app itself: it is imported before there are models.
    from django.contrib.contenttypes.models import ContentType
    from wagtail.models import ModelLogEntry

    context = get_active_log_context()
    entries = []
    for one in many:
        if registry.get_log_model_for_instance(one.row) is not ModelLogEntry:
            log(one.row, event.name, user=user, data=one.data)
            continue
        kind = ContentType.objects.get_for_model(one.row, for_concrete_model=False)
        entry = ModelLogEntry(
            content_type=kind,
            object_id=str(one.row.pk),
            label=ModelLogEntry.objects.get_instance_title(one.row),
            action=event.name,
            timestamp=timezone.now(),
            data=one.data,
            user=user or context.user,
            uuid=context.uuid,
        )
        entries.append(entry)
    ModelLogEntry.objects.bulk_create(entries, batch_size=AT_ONCE)


def _tell(handler: Callable[[Any], None], told: Any, event: Event) -> None:
    try:
        handler(told)
    except Exception:
        logger.exception("%s failed on %s", handler, event.name)
