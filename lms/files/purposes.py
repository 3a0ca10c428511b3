"""What uploads are for. Each app that takes files registers its purposes:

register(Purpose("homework", kinds=EVERYTHING, largest=…, may_begin=…))
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lms.common.errors import NotFound
from lms.tenants.permissions import Code, can

from .formats import RECORDINGS, Kind, endings
from .validation import LARGEST_RECORDING


@dataclass(frozen=True, slots=True)
class Purpose:
    """`largest` is in bytes. `may_begin(user, provider)` says who may send such a file to whom."""

    name: str
    kinds: frozenset[Kind]
    largest: int
    may_begin: Callable[[Any, Any], bool]

    @property
    def accept(self) -> str:
        """For a file field: ".gif,.jpg,…"."""
        return ",".join(f".{ending}" for ending in endings(self.kinds))


_purposes: dict[str, Purpose] = {}


def register(purpose: Purpose) -> Purpose:
    """Make `purpose` known. Raises ValueError for a name that is taken."""
    if _purposes.setdefault(purpose.name, purpose) != purpose:
        raise ValueError(f"Two purposes are called {purpose.name!r}.")
    return purpose


def purpose_of(name: str) -> Purpose:
    """The purpose called `name`. Raises NotFound."""
    if name not in _purposes:
        raise NotFound
    return _purposes[name]


def largest() -> int:
    """What the most generous purpose takes, in bytes."""
    return max((each.largest for each in _purposes.values()), default=0)


# What authors store as recordings (lms.files.recording_form).
RECORDING = register(
    Purpose(
        "recording",
        kinds=RECORDINGS,
        largest=LARGEST_RECORDING,
        may_begin=lambda user, provider: can(user, Code.AUTHOR_COURSES, provider),
    )
)
