"""Who was asked to a course and has no seat yet, for its roster. Apps above this one say who.

invite_by(selectors.invitations)  # in the app's AppConfig.ready
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.courses.models import CoursePage


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody on a roster without a seat: invited, asking for one, or waiting. `status` is said in
    words; `url` leads to where something can be done about it."""

    name: str
    email: str
    status: str
    at: datetime
    url: str = ""


# (how many match, some of them: `[first:first + most]`), the newest first. `words` are looked for
# in names and addresses.
Source = Callable[[CoursePage, str, int, int], tuple[int, list[Invited]]]

_sources: list[Source] = []


def invite_by(source: Source) -> None:
    """Have `source` say who was invited. Naming it twice counts once."""
    if source not in _sources:
        _sources.append(source)


def has_sources() -> bool:
    return bool(_sources)


def invited(course: CoursePage, words: str, first: int, most: int) -> tuple[int, list[Any]]:
    """The sum over all sources, one after another."""
    total = 0
    found: list[Any] = []
    for source in _sources:
        count, rows = source(course, words, max(0, first - total), most - len(found))
        total += count
        found += rows
    return total, found
