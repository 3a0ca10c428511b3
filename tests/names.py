"""A Domain Name System for tests."""

from lms.gateways import gateway
from lms.gateways.resolver import Addresses, NoSuchName


class FakeResolver:
    """Knows what it is told: `txt` and `a`, by name. An exception is raised instead."""

    def __init__(self):
        self.txt = {}
        self.a = {}
        self.asked = []

    def texts(self, name):
        return self._answer(self.txt, name)

    def addresses(self, name):
        found = self._answer(self.a, name)
        return found if isinstance(found, Addresses) else Addresses(name, frozenset(found))

    def _answer(self, known, name):
        self.asked.append(name)
        if name not in known:
            raise NoSuchName(name)
        if isinstance(known[name], Exception):
            raise known[name]
        return known[name]


def fresh_names() -> FakeResolver:
    """The resolver behind the port, knowing nothing."""
    gateway.cache_clear()
    return gateway("resolver")
