"""Declaring events. Each app's `events.py` says what can happen in it:

ENROLLED = Event("enrolments.enrolled", _("A student took a seat in a course."))
"""

import re

from django.utils.functional import Promise

NAME = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")

_declared: dict[str, "Event"] = {}


class UndeclaredEvent(LookupError):
    """No app declares this event."""


class Event:
    """Something that can happen: `app.past_participle` and its meaning in a sentence.

    What is `routine` happens all day as people learn, and is no matter of security: it is logged,
    and stays out of the house's audit.

    Raises ValueError for a malformed name, or one that is taken.
    """

    __slots__ = ("meaning", "name", "routine")

    def __init__(self, name: str, meaning: str | Promise, *, routine: bool = False) -> None:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not of the form app.past_participle.")
        if name in _declared:
            raise ValueError(f"Two events are called {name!r}.")
        self.name = name
        self.meaning = meaning
        self.routine = routine
        _declared[name] = self

    def __repr__(self) -> str:
        return f"<Event {self.name}>"


def declared() -> list[Event]:
    """Every event, by name."""
    return [_declared[name] for name in sorted(_declared)]


def require_declared(event: Event) -> Event:
    """`event` itself. Raises UndeclaredEvent when it is not what its name was declared as."""
    if not isinstance(event, Event) or _declared.get(event.name) is not event:
        raise UndeclaredEvent(repr(event))
    return event
