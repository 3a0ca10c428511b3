"""What apps above this one know of the lessons of those who have a seat, many of them at once.

open_by(selectors.opened)  # in the app's AppConfig.ready
done_by(selectors.done)
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .models import Enrolment

# {enrolment id: the ids of the lessons that are open}; asked only of courses that open by plan.
# {enrolment id: the ids of the lessons done}; asked only of courses whose lessons open in order.
Source = Callable[[Sequence[Enrolment]], Mapping[Any, Collection[int]]]

_plans: list[Source] = []
_done: list[Source] = []


def open_by(source: Source) -> None:
    """Have `source` say which lessons are open, in courses where not all are. Naming it twice
    counts once."""
    if source not in _plans:
        _plans.append(source)


def done_by(source: Source) -> None:
    """Have `source` say which lessons are done. Naming it twice counts once."""
    if source not in _done:
        _done.append(source)


def opened(seats: Sequence[Enrolment]) -> dict[Any, frozenset[int]]:
    """{enrolment id: the ids of the lessons that plans open}, without those to whom all are open.
    The seats' courses are at hand for whoever asks."""
    return _said(_plans, [one for one in seats if one.course.opens_by_plan])


def done(seats: Sequence[Enrolment]) -> dict[Any, frozenset[int]]:
    """{enrolment id: the ids of the lessons done}, without those for whom their order does not
    matter."""
    return _said(_done, [one for one in seats if one.course.in_order])


def _said(sources: Sequence[Source], seats: Sequence[Enrolment]) -> dict[Any, frozenset[int]]:
    told = [source(seats) for source in sources] if seats else []
    return {seat.pk: frozenset().union(*(one.get(seat.pk, ()) for one in told)) for seat in seats}
