"""Whether somebody may take a seat by themselves. Apps above this one may hold seats for others.

guard_with(guard)  # in the app's AppConfig.ready
"""

from collections.abc import Callable
from typing import Any

from lms.courses.models import CoursePage, Entry

from .errors import EntryByInvitation, EntryByRequest

# Raises a DomainError for one who may not. Whom the school lets in is not asked about.
Guard = Callable[[CoursePage, Any], None]

_guards: list[Guard] = []


def guard_with(guard: Guard) -> None:
    """Have `guard` asked before somebody takes a seat. Naming it twice counts once."""
    if guard not in _guards:
        _guards.append(guard)


def check(course: CoursePage, student: Any) -> None:
    """Raises EntryByRequest, EntryByInvitation, and what the guards raise."""
    if course.entry == Entry.REQUEST:
        raise EntryByRequest
    if course.entry == Entry.INVITATION:
        raise EntryByInvitation
    for guard in _guards:
        guard(course, student)
