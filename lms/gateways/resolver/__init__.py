"""What the Domain Name System says about a name."""

from dataclasses import dataclass
from typing import Protocol

from lms.gateways import GatewayRefused, GatewayUnavailable


class NoSuchName(GatewayRefused):
    """There is no such name (NXDOMAIN)."""


class NameServerFailed(GatewayUnavailable):
    """The name servers in charge answered with an error (SERVFAIL, REFUSED, DNSSEC)."""


class NameServerTimedOut(GatewayUnavailable):
    """No name server answered in time."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a name leads: the last name of its aliases (itself without one), and IP addresses."""

    canonical: str
    found: frozenset[str] = frozenset()


class Resolver(Protocol):
    """Names are in lower case, in ASCII, without a final dot. Every question has a time limit, and
    raises NoSuchName, NameServerFailed or NameServerTimedOut."""

    def texts(self, name: str) -> list[str]:
        """The TXT records of `name`; empty where it has none."""

    def addresses(self, name: str) -> Addresses:
        """The A and AAAA records of `name`, aliases followed."""
