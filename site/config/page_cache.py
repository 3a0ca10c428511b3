"""Whole pages, kept for visitors until anything public changes.

Nothing a visitor's page shows depends on who asks: no session, no token, no name. So one copy a
host, address and language serves everybody; it is kept under `lms.courses.freshness.mark()` and
never found again once that mark has changed, so an edit shows at once.
"""

import hashlib
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import get_language_from_request
from wagtail.views import serve

from lms.common.hybrid import HybridMiddleware
from lms.courses import freshness
from lms.tenants.models import Provider
from lms.tenants.states import State

# Whatever else stands in an address (utm_source, fbclid …) changes nothing on the page.
PARAMETERS = frozenset(
    ["q", "category", "level", "language", "price", "pace", "sort", "after", "before", "p"]
)
PUBLIC_METHODS = ("GET", "HEAD")
LONGEST_KEY = 500
LARGEST_PAGE = 512 * 1024
HEADERS_LEFT_OUT = ("set-cookie", "x-request-id", "date")


# The mark it was made under, its ETag, headers and body.
Kept = tuple[str, str, list[tuple[str, str]], bytes]


class PageCacheMiddleware(HybridMiddleware):
    """Answers visitors from the cache `pages`.

    Kept are Wagtail's pages and views marked `freshness.public_page`, which may still refuse
    (`response.public_page = False`).
    """

    def __init__(self, get_response: Any) -> None:
        self.seconds: int = settings.FLEDGE_PAGE_CACHE_SECONDS
        if not self.seconds:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request)
        if key is None:
            return self.get_response(request)
        mark, kept = self._find(key)
        if kept is not None:
            return answer(request, kept)
        return self._keep(request, key, mark, self.get_response(request))

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request)
        if key is None:
            return await self.get_response(request)
        mark, kept = await self._find_async(key)
        if kept is not None:
            return answer(request, kept)
        response = await self.get_response(request)
        return await sync_to_async(self._keep)(request, key, mark, response)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        request.public_page = view is serve or getattr(view, "public_page", False)  # type: ignore[attr-defined]

    def _find(self, key: str) -> tuple[str, Kept | None]:
        mark = freshness.mark()
        kept = caches["pages"].get(key)
        return mark, kept if kept is not None and kept[0] == mark else None

    async def _find_async(self, key: str) -> tuple[str, Kept | None]:
        if isinstance(caches["pages"], LocMemCache):
            return self._find(key)  # no slower than the way to another thread
        return await sync_to_async(self._find)(key)

    def _keep(
        self, request: HttpRequest, key: str, mark: str, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Keep what everybody may see, under the mark read before it was made."""
        if not may_keep(request, response) or not _is_public(request):
            return response
        content = response.content  # type: ignore[attr-defined]
        response["ETag"] = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
        response["Cache-Control"] = "no-cache"  # browsers ask each time, and mostly get a 304
        headers = [
            (name, value)
            for name, value in response.items()
            if name.lower() not in HEADERS_LEFT_OUT
        ]
        kept = (mark, response["ETag"], headers, content)
        caches["pages"].set(key, kept, self.seconds)
        return answer(request, kept)


def key_of(request: HttpRequest) -> str | None:
    """What the page hangs on; None where it is not for everybody."""
    cookies = request.COOKIES
    if (
        request.method not in PUBLIC_METHODS
        or settings.SESSION_COOKIE_NAME in cookies
        or "messages" in cookies
        or "HTTP_AUTHORIZATION" in request.META
    ):
        return None
    meta = request.META
    parts = [
        request.scheme,
        meta.get("HTTP_HOST", ""),
        request.path_info,
        get_language_from_request(request),
        # Just what django_htmx takes for yes: a made-up value gets a whole page, not a part.
        meta.get("HTTP_HX_REQUEST") == "true" and "part",
        meta.get("HTTP_HX_HISTORY_RESTORE_REQUEST") == "true" and "whole",
        meta.get("HTTP_ACCEPT", "").startswith("application/json") and "json",
    ]
    if meta.get("QUERY_STRING"):
        known = sorted((name, request.GET[name]) for name in request.GET if name in PARAMETERS)
        parts += [f"{name}={value}" for name, value in known if value]
    text = "\n".join(part or "" for part in parts)
    if len(text) > LONGEST_KEY:
        return None
    return "page." + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def may_keep(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether this answer is for everybody, and worth keeping."""
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and request.method == "GET"
        and getattr(request, "public_page", False)
        and getattr(response, "public_page", True)
        and "no-store" not in response.get("Cache-Control", "")
        and "private" not in response.get("Cache-Control", "")
        and len(response.content) <= LARGEST_PAGE  # type: ignore[attr-defined]
    )


def _is_public(request: HttpRequest) -> bool:
    """Whether the host's house is still open to everybody. Asked of the database: this process may
    remember for some seconds a house that another one has closed or made a portal, and what was
    made of that memory must not be kept under the new mark."""
    provider = getattr(request, "provider", None)
    if provider is None:
        return True
    return Provider.objects.filter(pk=provider.pk, status=State.OPEN, is_portal=False).exists()


def answer(request: HttpRequest, kept: Kept) -> HttpResponse:
    """The kept page, or 304 where the reader has it already."""
    _mark, etag, headers, content = kept
    if etag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")):
        response: HttpResponse = HttpResponseNotModified()
        wanted = ("etag", "cache-control", "vary", "content-language")
        headers = [(name, value) for name, value in headers if name.lower() in wanted]
    else:
        response = HttpResponse(content)
    for name, value in headers:
        response.headers[name] = value
    return response
