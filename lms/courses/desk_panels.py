"""What the desk's front page shows. Apps above this one bring their panels.

show(panels.homework, order=30)  # in the app's AppConfig.ready
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

from .models import CoursePage


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the desk, and the courses it is about: `courses` is a query, to be asked within
    a source's own."""

    user: Any
    host: Provider | None
    courses: QuerySet[CoursePage]
    now: datetime

    def where(self, code: Code) -> QuerySet[CoursePage]:
        """The ids of the courses in which the reader may do what `code` says, as a sub-query."""
        rows = self.courses
        if not is_operator(self.user):
            rows = rows.filter(provider_id__in=houses_where(self.user, code))
        return rows.order_by().values("pk")  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a panel. `course` stands below it; `note` says more, `at` when (shown in the
    reader's zone), `number` how many."""

    text: str
    url: str
    course: str = ""
    note: str = ""
    at: datetime | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Some rows of what waits, and `count`, how many there are in all. `url` leads to all of it.
    `empty` is what stands there when nothing waits; a panel without it is left out then."""

    name: str
    title: str
    icon: str
    count: int
    rows: Sequence[Row] = field(default=())
    url: str = ""
    empty: str = ""


# None where the reader has nothing to do with it. Queries must not grow with what there is.
Source = Callable[[Reader], Panel | None]

_sources: dict[Source, int] = {}


def show(source: Source, *, order: int) -> None:
    """Have `source` make a panel of every desk, the lowest `order` first. Naming it twice counts
    once."""
    _sources[source] = order


def panels(reader: Reader) -> list[Panel]:
    """All panels with something to say to the reader."""
    found = (source(reader) for source in sorted(_sources, key=lambda one: _sources[one]))
    return [panel for panel in found if panel is not None and (panel.count or panel.empty)]
