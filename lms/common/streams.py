"""Answers that are sent as they are made, in memory that does not grow with them."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse


def streamed(
    request: HttpRequest, parts: Iterator[str], *, at_once: int = 1, **headers: Any
) -> StreamingHttpResponse:
    """The parts one after another, so many `at_once`; `headers` are the response's arguments."""
    content: Any = parts
    if hasattr(request, "scope"):  # ASGI: Django would read a plain iterator to its end first
        content = _in_steps(parts, at_once)
    return StreamingHttpResponse(content, **headers)


async def _in_steps(parts: Iterator[str], at_once: int) -> AsyncIterator[str]:
    def several() -> str:
        return "".join(islice(parts, at_once))

    while part := await sync_to_async(several)():
        yield part
