"""Writing the audit: every event but the routine ones, in the transaction of the deed itself."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from lms.common.middleware import request_in_hand
from lms.common.throttle import client_address
from lms.events import SYSTEM, Happened, record_with

from .models import AuditEntry
from .scope import provider_scope

AT_ONCE = 500  # rows of an INSERT

# (what a browser says of itself, what people call it), the telling ones first.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def record(many: Sequence[Happened]) -> None:
    """Write down what happened at a house, by whom and from where."""
    houses: dict[Any, list[AuditEntry]] = {}
    for one in many:
        if one.provider_id is None or one.event.routine:
            continue
        entry = _entry(
            one.provider_id,
            one.event.name,
            None if one.actor is SYSTEM else one.actor,
            about=in_words(one.row),
            course_id=_course_of(one),
            data={key: value for key, value in one.data.items() if key != "provider"},
        )
        houses.setdefault(one.provider_id, []).append(entry)
    for provider_id, entries in houses.items():
        with provider_scope(provider_id):
            AuditEntry.objects.bulk_create(entries, batch_size=AT_ONCE)


def add_entry(provider_id: Any, event: str, actor: Any, **fields: Any) -> None:
    """An entry of now, with where the request in hand comes from. `actor` None: nobody we know."""
    with provider_scope(provider_id):
        _entry(provider_id, event, actor, **fields).save()


def _entry(provider_id: Any, event: str, actor: Any, **fields: Any) -> AuditEntry:
    return AuditEntry(
        provider_id=provider_id,
        event=event,
        person_id=actor and actor.pk,
        person_name=_person(actor) if actor else "",
        **fields,
        **_whence(),
    )


def in_words(row: Model) -> str:
    """What a deed was done to: a person by name, anything else as it calls itself."""
    person = getattr(row, "user", None) or getattr(row, "student", None)
    return (_person(person) if person else str(row))[:255]


def agent_in_words(agent: str) -> str:
    """The browser and system a User-Agent header names: "Firefox, Windows"."""
    names = (
        next((name for sign, name in known if sign in agent), "") for known in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, names))


def _person(user: Any) -> str:
    return (user.get_full_name() or user.email)[:255]


def _course_of(happened: Happened) -> int | None:
    course = happened.data.get("course", getattr(happened.row, "course_id", None))
    return course if isinstance(course, int) else None


def _whence() -> dict[str, Any]:
    request = request_in_hand.get()
    if request is None:
        return {}
    address = client_address(request) or None
    agent = agent_in_words(request.headers.get("User-Agent", ""))
    return {"address": address, "agent": agent, "request_id": request.id}  # type: ignore[attr-defined]


record_with(record)
