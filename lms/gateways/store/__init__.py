"""What a storage can do beyond Django's interface: take a file in parts from a browser, and copy.

The embedded storage, a folder, can do neither: whoever asks for them gets None.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from lms.gateways import GatewayRefused, GatewayUnavailable


class NoSuchParts(GatewayRefused):
    """The store knows of no file in parts by that id: it is whole, was aborted, or never begun."""


class StoreFailed(GatewayUnavailable):
    """The store can't be reached, or did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Part:
    """`number` counts from 1, `size` is in bytes, `tag` is the store's name for its content."""

    number: int
    size: int
    tag: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A file in parts that is not whole yet."""

    name: str
    parts_id: str
    at: datetime


@runtime_checkable
class TakesParts(Protocol):
    """A storage that browsers send the parts of a file to, each to a signed address that ends.

    `direct` says whether the operator wants that. All of these raise StoreFailed; those with a
    `parts_id` NoSuchParts.
    """

    direct: bool

    def begin_parts(self, name: str) -> str:
        """The id of a file in parts that will be called `name`."""

    def part_url(
        self, name: str, parts_id: str, number: int, *, size: int, lasting: timedelta
    ) -> str:
        """Where that part is PUT, with exactly `size` bytes. Asks nobody."""

    def parts(self, name: str, parts_id: str) -> list[Part]:
        """Those that are there, by their number."""

    def join_parts(self, name: str, parts_id: str, parts: list[Part]) -> None:
        """Make them one file."""

    def abort_parts(self, name: str, parts_id: str) -> None:
        """Forget them. One that is not there is fine."""

    def begun_parts(self, folder: str) -> list[Begun]:
        """Whatever is not whole yet below `folder`."""

    def copy(self, source: str, name: str) -> str:
        """Store `source` a second time under a free name like `name`: that name."""


def direct_store(storage: Any) -> TakesParts | None:
    """`storage`, if browsers may send to it themselves."""
    return storage if isinstance(storage, TakesParts) and storage.direct else None
