"""A middleware that stands in both chains, with threads and with coroutines, and adapts neither."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase


class HybridMiddleware(ABC):
    """Subclasses write both ways of answering, `answer` and `answer_async`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        self._waits = iscoroutinefunction(get_response)
        if self._waits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._waits:
            return self.answer_async(request)
        return self.answer(request)

    @abstractmethod
    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """Within a thread."""

    @abstractmethod
    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        """Within a loop."""
