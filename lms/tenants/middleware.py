"""Host → Wagtail Site → Provider → scope."""

from copy import copy
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from lms.common.errors import Gone, NotFound, error_response
from lms.common.hybrid import HybridMiddleware
from lms.tenants import hosts, selectors
from lms.tenants.house import working_house
from lms.tenants.scope import aheld, held, provider_scope, scoped


class UnknownHost(NotFound):
    code = "UNKNOWN_HOST"
    template = "errors/unknown_host.html"
    message = _("There is no site at this address.")


class HouseClosed(Gone):
    """`details["name"]` is the school's."""

    code = "HOUSE_CLOSED"
    template = "errors/house_closed.html"
    message = _("This school has closed.")


class TenantMiddleware(HybridMiddleware):
    """Set `request.provider` (None on the marketplace) and answer inside its scope.

    A host nobody has claimed gets a plain 404, a house that has closed a 410; pages of
    a provider with a main address of its own are sent there. A provider's host is scoped to that
    provider for everybody; the marketplace's hosts to what the signed-in person belongs to, looked
    up only when something private is read, so that pages for visitors touch neither session nor
    members. In the Wagtail admin a fence stands around everybody but operators: around the house
    they work in.
    """

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        scope = self._enter(request)
        if isinstance(scope, HttpResponseBase):
            return scope
        with scope:
            return _hold(self.get_response(request))

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        scope = await sync_to_async(self._enter)(request)
        if isinstance(scope, HttpResponseBase):
            return scope
        with scope:
            return _hold(await self.get_response(request))

    def _enter(self, request: HttpRequest) -> Any:
        """The scope to answer in, or the answer of one who is sent away."""
        house = hosts.house_of(request)
        if house is None:
            return error_response(request, UnknownHost())
        if house.provider is not None and not house.provider.is_open:
            return error_response(request, HouseClosed(details={"name": house.provider.name}))
        if address := hosts.main_address(request, house):
            return _to_main_address(address)
        request._wagtail_site = house.site()  # type: ignore[attr-defined]
        request.provider = copy(house.provider)  # type: ignore[attr-defined]
        if house.provider is not None:
            sender = partial(selectors.sender_of, house.provider)
            request.mail_sender = SimpleLazyObject(sender)  # type: ignore[attr-defined]
        in_admin = request.path.startswith(reverse("wagtailadmin_home"))
        # At once, not when first needed: the person is looked up in a model that the fence hides.
        if in_admin and (fence := self._fence_of(request)):
            return fence
        if house.provider is not None:
            return provider_scope(house.provider)
        return scoped(lambda: selectors.scope_of(user=request.user))

    def _fence_of(self, request: HttpRequest) -> Any:
        return selectors.fence_around(
            user=request.user,
            house=working_house(request),
            host=request.provider,  # type: ignore[attr-defined]
        )


def _to_main_address(address: str) -> HttpResponseBase:
    """For good, as search engines want it; but a browser asks again after an hour, for a school may
    give its domain up."""
    response = HttpResponsePermanentRedirect(address)
    response["Cache-Control"] = "max-age=3600"
    return response


def _hold(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the scope for what a streaming response computes after the middleware has returned."""
    if response.streaming and not isinstance(response, FileResponse):
        hold: Any = aheld if response.is_async else held  # type: ignore[attr-defined]
        response.streaming_content = hold(response.streaming_content)  # type: ignore[attr-defined]
    return response
