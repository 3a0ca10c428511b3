"""Every address of the site, read from the URL resolver."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

OURS = ("config", "home", "search", "lms", "demo")


@dataclass(frozen=True)
class Route:
    """`name` is qualified by its namespaces, or "" where the address has none."""

    name: str
    pattern: str
    arguments: frozenset[str]
    ours: bool


def routes(resolver: Any = None, prefix: str = "", namespace: str = "") -> Iterator[Route]:
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, pattern, inner)
        elif isinstance(entry, URLPattern):
            yield Route(
                name=f"{namespace}{entry.name}" if entry.name else "",
                pattern=pattern,
                arguments=frozenset(entry.pattern.converters) | _named_groups(entry),
                ours=_module(entry.callback).split(".")[0] in OURS,
            )


def _named_groups(entry: URLPattern) -> frozenset[str]:
    regex = getattr(entry.pattern, "regex", None)
    return frozenset(regex.groupindex) if regex else frozenset()


def _module(callback: Any) -> str:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", callback)
    return getattr(view, "__module__", "")
