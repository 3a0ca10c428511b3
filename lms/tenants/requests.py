"""The request as views get it, for the type checker: with what the middleware has added."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from lms.tenants.models import Provider


class HouseRequest(HttpRequest):
    """`provider` is None on the marketplace; `id` is the request's, for logs and errors."""

    provider: Provider | None
    id: str
    htmx: HtmxDetails
