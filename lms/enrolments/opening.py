"""What apps above this one know of the lessons of one who has a seat.

open_by(selectors.opened)  # in the app's AppConfig.ready
done_by(selectors.done)
"""

from collections.abc import Callable, Collection

from .models import Enrolment

# The ids of the lessons that are open to a student; asked only of courses that open by plan.
# The ids of the lessons they have done; asked only of courses whose lessons open in order.
Source = Callable[[Enrolment], Collection[int]]

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


def opened(enrolment: Enrolment) -> frozenset[int] | None:
    """The ids of the lessons that plans open to the student; None for all. `enrolment.course` is at
    hand for whoever asks."""
    if not enrolment.course.opens_by_plan:
        return None
    return frozenset().union(*(source(enrolment) for source in _plans))


def done(enrolment: Enrolment) -> frozenset[int] | None:
    """The ids of the lessons the student has done; None where their order does not matter."""
    if not enrolment.course.in_order:
        return None
    return frozenset().union(*(source(enrolment) for source in _done))
