"""What every request gets: an id, a line in the log, a limit, and errors in the one shape."""

import logging
import re
import time
import uuid
from contextvars import ContextVar
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from lms.common import throttle
from lms.common.errors import DomainError, TooManyRequests, error_response
from lms.common.hybrid import HybridMiddleware

logger = logging.getLogger(__name__)
requests = logging.getLogger("fledge.requests")

# Arguments of addresses that open something to whoever has them.
SECRET_ARGUMENTS = frozenset({"key", "token", "uidb36", "signature", "code"})
LONGEST_PATH = 300
# Health checks come from one address, and a page has dozens of pictures.
UNCOUNTED = ("/healthz", "/media/")

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

# The request that is being answered, for what is written about it; None in tasks and commands.
request_in_hand: ContextVar[HttpRequest | None] = ContextVar("request_in_hand", default=None)


class RequestMiddleware(HybridMiddleware):
    """Give the request an `id`, a proxy's X-Request-ID when it looks like one; answer with it, and
    write one line to the log: who asked for what, in whose house, and how long it took. Say as well
    what the page may ask of a device, unless its view has.
    """

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        self._name(request)
        token = request_in_hand.set(request)
        try:
            return self._mark(request, self.get_response(request), started)
        finally:
            request_in_hand.reset(token)

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        self._name(request)
        token = request_in_hand.set(request)
        try:
            return self._mark(request, await self.get_response(request), started)
        finally:
            request_in_hand.reset(token)

    def _name(self, request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]

    def _mark(
        self, request: HttpRequest, response: HttpResponseBase, started: float
    ) -> HttpResponseBase:
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        fields = {
            "method": request.method,
            "path": loggable_path(request),
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000),
            # Only of who was looked up anyway: a log line is not worth a query.
            "user": getattr(getattr(request, "_cached_user", None), "pk", None),
            "provider": getattr(getattr(request, "provider", None), "slug", None),
            "request_id": request.id,  # type: ignore[attr-defined]
        }
        requests.info(" ".join(f"{name}=%s" for name in fields), *fields.values(), extra=fields)
        return response


def loggable_path(request: HttpRequest) -> str:
    """The path, without its query and without the secrets that some addresses carry. Quoted: a path
    may hold line ends, and each would be a line of the log."""
    path = request.path
    matched = request.resolver_match
    for name, value in (matched.kwargs if matched else {}).items():
        if name in SECRET_ARGUMENTS and value:
            path = path.replace(str(value), "…")
    return quote(path[:LONGEST_PATH], safe="/…@:+,;=~!$&'()*")


class RateLimitMiddleware(HybridMiddleware):
    """Refuse whoever asks more often than a person can: 429, whatever the address.

    Signed-in people are counted each for themselves, since a whole school may share one address;
    visitors by their address. Pages from the cache and static files cost nothing and don't count.
    """

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        return _too_many(request) or self.get_response(request)

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(_too_many)(request) or await self.get_response(request)


def _too_many(request: HttpRequest) -> HttpResponseBase | None:
    """Counts the request; the refusal of one too many."""
    if request.path.startswith(UNCOUNTED):
        return None
    # Without the cookie nobody is looked up: pages for visitors touch no session.
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    try:
        if user and user.is_authenticated:
            throttle.count("requests", str(user.pk), limit=settings.FLEDGE_REQUESTS_PER_PERSON)
        else:
            limit = settings.FLEDGE_REQUESTS_PER_ADDRESS
            throttle.count("requests", throttle.address_of(request), limit=limit)
    except TooManyRequests as refused:
        return error_response(request, refused)
    return None


class ErrorMiddleware(HybridMiddleware):
    """Answer a DomainError raised by a view. Everything else goes to the handlers in `views`."""

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return await self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if not isinstance(exception, DomainError):
            return None
        logger.info("refused: %s %s", exception.code, exception.reason, extra={"request": request})
        return error_response(request, exception)
