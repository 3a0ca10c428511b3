"""Whether a lesson is open to one who has a seat. Apps above this one may hold lessons back.

open_by(selectors.opened)  # in the app's AppConfig.ready
"""

from collections.abc import Callable, Collection

from .models import Enrolment

# The ids of the lessons that are open to a student; asked only of courses that open by plan.
Source = Callable[[Enrolment], Collection[int]]

_sources: list[Source] = []


def open_by(source: Source) -> None:
    """Have `source` say which lessons are open, in courses where not all are. Naming it twice
    counts once."""
    if source not in _sources:
        _sources.append(source)


def opened(enrolment: Enrolment) -> frozenset[int] | None:
    """The ids of the lessons that are open to the student; None for all. Free previews are open to
    everybody and not among them. `enrolment.course` is at hand for whoever asks."""
    if not enrolment.course.opens_by_plan:
        return None
    return frozenset().union(*(source(enrolment) for source in _sources))
