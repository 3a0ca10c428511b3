"""The site's own addresses, and the floor: a bare Django view that returns given bytes."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import *  # noqa: F403
from config.urls import urlpatterns as site_urlpatterns

_bodies: dict[str, bytes] = {}


def same_bytes(request: HttpRequest, name: str) -> HttpResponse:
    """The bytes in <data>/bench/<name>, kept in memory."""
    if name not in _bodies:
        _bodies[name] = (settings.DATA_DIR / "bench" / name).read_bytes()
    return HttpResponse(_bodies[name])


urlpatterns = [path("_bench/<slug:name>", same_bytes), *site_urlpatterns]
