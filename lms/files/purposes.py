"""What uploads are for. Each app that takes files registers its purposes, and who may read them:

register(Purpose("homework", kinds=EVERYTHING, largest=…, may_begin=…))

@register_reader("homework")
def _may_read(user, upload): …
"""

from collections import defaultdict
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


Reader = Callable[[Any, Any], bool]

_purposes: dict[str, Purpose] = {}
_readers: dict[str, list[Reader]] = defaultdict(list)


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


def register_reader(name: str) -> Callable[[Reader], Reader]:
    """Have `reader(user, upload)` say who, besides its owner, may read an upload of that purpose.
    It is asked in the scope of the upload's provider."""

    def register_one(reader: Reader) -> Reader:
        if reader not in _readers[name]:
            _readers[name].append(reader)
        return reader

    return register_one


def may_read(user: Any, upload: Any) -> bool:
    """Whether `user` may read `upload`: it is theirs, or one of its readers says so."""
    if not (user.is_authenticated and user.is_active):
        return False
    return upload.owner_id == user.pk or any(
        reader(user, upload) for reader in _readers[upload.purpose]
    )


# What authors store as recordings (lms.files.recording_form).
RECORDING = register(
    Purpose(
        "recording",
        kinds=RECORDINGS,
        largest=LARGEST_RECORDING,
        may_begin=lambda user, provider: can(user, Code.AUTHOR_COURSES, provider),
    )
)
