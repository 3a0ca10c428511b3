"""The real Domain Name System, asked through dnspython."""

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import dns.exception
import dns.nameserver
import dns.resolver

from . import Addresses, NameServerFailed, NameServerTimedOut, NoSuchName


class DnsResolver:
    """Asks `servers` ("192.0.2.1" or "192.0.2.1:5353"), or those this machine is set up with.

    `timeout` is in seconds for each question. Nothing is remembered: somebody waits for a change.
    """

    def __init__(self, servers: Sequence[str] = (), timeout: float = 4.0) -> None:
        self.servers = [_name_server(text) for text in servers]
        self.timeout = timeout

    def texts(self, name: str) -> list[str]:
        answer = self._ask(name, "TXT")
        return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]

    def addresses(self, name: str) -> Addresses:
        answers = [self._ask(name, kind) for kind in ("A", "AAAA")]
        canonical = answers[0].canonical_name.to_text(omit_final_dot=True).lower()
        return Addresses(canonical, frozenset(row.address for answer in answers for row in answer))

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        with _told_apart(name):
            asking = dns.resolver.Resolver(configure=not self.servers)
            if self.servers:
                asking.nameservers = self.servers
            return asking.resolve(
                f"{name}.", kind, raise_on_no_answer=False, lifetime=self.timeout, search=False
            )


@contextmanager
def _told_apart(name: str) -> Iterator[None]:
    try:
        yield
    except dns.resolver.NXDOMAIN as error:
        raise NoSuchName(name) from error
    except dns.exception.Timeout as error:
        raise NameServerTimedOut(name) from error
    except dns.exception.DNSException as error:
        raise NameServerFailed(name) from error


def _name_server(text: str) -> dns.nameserver.Nameserver:
    """Raises ValueError for what is no address."""
    # A bare IPv6 address has colons, and no port.
    given = urlsplit(f"//[{text}]" if text.count(":") > 1 and "]" not in text else f"//{text}")
    address = ipaddress.ip_address(given.hostname or "")
    return dns.nameserver.Do53Nameserver(str(address), given.port or 53)
