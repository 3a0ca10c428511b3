"""A portal's own site: nothing of it is shown to anybody but the members.

The gate stands before the views, so what is added to the site tomorrow is closed as well. Open are
only `DOORS`: what leads to signing in, and what is about no course of the house.
"""

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control

from lms.common.errors import SignInRequired, error_response, wants_json
from lms.common.hybrid import HybridMiddleware

from .permissions import may_enter

# How the routes of open addresses begin. The authors' desk has a door of its own, and renditions of
# pictures have names nobody guesses: they may be served by another server altogether.
DOORS = (
    "account/",
    "cms/",
    "django-admin/",
    "_util/login/",
    "media/",
    "calendars/",  # whoever holds the secret address (lms.planner)
    "brand",  # colours, icon, logo
    "favicon.ico",
    "manifest.webmanifest",
    "teach/invitations/",
    "healthz",
    "internal/",
    "robots.txt",
    "language/",
    "jsi18n/",
    "terms/",
    "privacy/",
    "verify/",  # whoever holds a certificate's code may check it
    "verify-certificate/",
)


class PortalMiddleware(HybridMiddleware):
    """On a portal's host: visitors are sent to sign in, and those who are no members are refused.

    What members get is kept by no cache they share.
    """

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_closed(request):
            return self.get_response(request)
        return _refusal(request) or _private(self.get_response(request))

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_closed(request):
            return await self.get_response(request)
        refusal = await sync_to_async(_refusal)(request)
        return refusal or _private(await self.get_response(request))


def _is_closed(request: HttpRequest) -> bool:
    """Whether the address is for members. By its route, not its path: a page may be called like the
    beginning of an open address."""
    provider = request.provider  # type: ignore[attr-defined]
    if provider is None or not provider.is_portal:
        return False
    try:
        return not resolve(request.path_info).route.startswith(DOORS)
    except Resolver404:
        return True  # an old address may lead on to a page, and tell its name


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    """What somebody gets who may not enter; None for members."""
    provider, user = request.provider, request.user  # type: ignore[attr-defined]
    if may_enter(user, provider):
        return None
    response: HttpResponseBase
    if user.is_authenticated:
        response = render(request, "tenants/members_only.html", status=403)
    elif wants_json(request):
        return error_response(request, SignInRequired())
    else:
        response = redirect_to_login(request.get_full_path(), "account_login")
    return _private(response)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    response.public_page = False  # type: ignore[attr-defined]
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True, no_cache=True)
    return response
