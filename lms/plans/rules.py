"""Lesson plans, decided without a database."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How a student stands with a step; each stands in exactly one way."""

    DONE = "done"
    LATER = "later"  # it opens at a time still to come
    OVERDUE = "overdue"
    OPEN = "open"


def standing(
    *, done: bool, opens_at: datetime | None, due_at: datetime | None, now: datetime
) -> Standing:
    """What is done is done, whatever the dates say; the due moment itself is on time."""
    if done:
        return Standing.DONE
    if opens_at is not None and opens_at > now:
        return Standing.LATER
    return Standing.OVERDUE if due_at is not None and due_at < now else Standing.OPEN


def next_step(standings: Sequence[Standing]) -> int | None:
    """The place of the first step that can be done now; None where nothing can."""
    for place, one in enumerate(standings):
        if one in (Standing.OPEN, Standing.OVERDUE):
            return place
    return None


def moved(count: int, place: int, by: int) -> list[int]:
    """The order of `count` steps after the one at `place` has moved by so many; no further than
    to the ends."""
    order = list(range(count))
    if 0 <= place < count:
        order.insert(max(0, min(count - 1, place + by)), order.pop(place))
    return order
