"""Views of the installation as a whole: health, robots, brand, public files, error pages."""

import base64
import mimetypes
from pathlib import Path

from django.conf import settings
from django.contrib.sitemaps import views as sitemap_views
from django.db import connection
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils._os import safe_join
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.sitemaps import sitemaps_of
from home.branding import brand_of, style_version
from home.rules import PLATFORM_COLOUR
from home.rules import brand_css as css_of
from home.selectors import may_author
from lms.courses.freshness import public_page
from lms.tenants.hosts import may_have_certificate
from lms.tenants.models import Provider
from lms.tenants.states import State

CANVAS = "#fbfaf8"  # static/css/foundation.css has it too


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Who may see it: anybody. 200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_safe
def tls_check(request: HttpRequest) -> HttpResponse:
    """Who may see it: the proxy, which knows FLEDGE_TLS_CHECK_TOKEN or asks from this machine, at a
    name of the marketplace. 200 where it may get a certificate for `?domain=`, else 404.
    """
    if request.provider is not None or not _is_our_proxy(request):  # type: ignore[attr-defined]
        raise Http404
    name = request.GET.get("domain", "").lower()
    if not may_have_certificate(name):
        raise Http404
    return HttpResponse("yes", content_type="text/plain")


def _is_our_proxy(request: HttpRequest) -> bool:
    if known := settings.FLEDGE_TLS_CHECK_TOKEN:
        return constant_time_compare(request.GET.get("token", ""), known)
    # A visitor's request comes through the proxy, which says so.
    passed_on = {"X-Forwarded-For", "Forwarded"} & set(request.headers)
    return not passed_on and request.META["REMOTE_ADDR"] in ("127.0.0.1", "::1")


@require_safe
@cache_control(public=True, max_age=3600)
def media(request: HttpRequest, path: str) -> FileResponse:
    """A public upload. Who may see it: anybody; originals of pictures, which may say where they
    were taken, authors only.

    Uploads are never run in our origin: no scripts (CSP sandbox), no guessing of types.
    """
    if path.startswith("original_images/") and not may_author(request.user):
        raise Http404
    try:
        file = Path(safe_join(settings.MEDIA_ROOT, path)).open("rb")  # noqa: SIM115 - FileResponse closes it
    except (OSError, ValueError) as missing:
        raise Http404 from missing
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    response = FileResponse(file, content_type=kind)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@public_page
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Who may see it: anybody. What search engines may read, and where the map is."""
    host = request.provider  # type: ignore[attr-defined]
    if host is not None and host.is_portal:
        return HttpResponse(
            "User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8"
        )
    lines = ["User-agent: *"]
    lines += [f"Disallow: {path}" for path in ("/account/", "/cms/", "/learn/", "/enrol/")]
    lines += [f"Disallow: {reverse('search:catalogue')}?*q=", ""]
    lines += [f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_page
@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """Who may see it: anybody. This host's addresses, in parts when many."""
    maps = sitemaps_of(request)
    many = sum(part.paginator.num_pages for part in maps.values()) > len(maps)
    if many:
        return sitemap_views.index(request, maps, sitemap_url_name="sitemap_part")
    return sitemap_views.sitemap(request, maps)


@public_page
@require_safe
def sitemap_part(request: HttpRequest, section: str) -> HttpResponseBase:
    """Who may see it: anybody. One part of a long sitemap (`?p=2`)."""
    return sitemap_views.sitemap(request, sitemaps_of(request), section=section)


@require_safe
def brand_css(request: HttpRequest) -> HttpResponse:
    """Who may see it: anybody. A provider's colours and type, kept for ever under their version:
    the site's own, on the marketplace those of the open school `?of=` names.
    """
    provider = request.provider  # type: ignore[attr-defined]
    if provider is None and "of" in request.GET:
        slug = request.GET["of"]
        provider = get_object_or_404(Provider, slug=slug, status=State.OPEN)
    css = css_of(brand_of(provider).style)
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    current = request.GET.get("v") == style_version(css)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


@public_page
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Who may see it: anybody. How the site is called and drawn on a home screen.

    https://www.w3.org/TR/appmanifest/
    """
    brand = brand_of(request.provider)  # type: ignore[attr-defined]
    icons = [{"src": brand.icon, "type": brand.icon_type, "sizes": "any"}] + [
        {"src": url, "type": "image/png", "sizes": f"{side}x{side}"}
        for side, url in brand.touch_icons.items()
    ]
    found = {
        "name": brand.name,
        "description": brand.tagline,
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": CANVAS,
        "theme_color": brand.style.primary or PLATFORM_COLOUR,
        "icons": icons,
    }
    return JsonResponse(found, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def brand_picture(request: HttpRequest, name: str) -> HttpResponse:
    """Who may see it: anybody. The site's icon or logo at an address that never changes, for pages
    that may ask the database nothing, and for browsers that ask for /favicon.ico.
    """
    brand = brand_of(request.provider)  # type: ignore[attr-defined]
    address = brand.icon if name == "icon" else brand.logo_url
    if not address:
        raise Http404
    if address.startswith("data:"):
        drawn = base64.b64decode(address.partition(",")[2])
        return HttpResponse(drawn, content_type=brand.icon_type)
    return redirect(address)
