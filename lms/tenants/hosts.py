"""Which house a host name belongs to: the marketplace, a provider's site, or nobody."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Site

from lms.common.errors import wants_json
from lms.common.hosts import host_name
from lms.tenants.models import Provider
from lms.tenants.scope import unfenced
from lms.tenants.states import State

# Addresses that are no pages, or are worked in with the session of one host.
_STAYS = (
    "/api/", "/brand.css", "/cms/", "/django-admin/", "/documents/", "/healthz", "/internal/",
    "/jsi18n/", "/language/", "/media/", "/static/",
)  # fmt: skip
# A site changed in another process is noticed after this long; in this one, at once.
SECONDS_KEPT = 5.0
# Names come from clients; forgetting everything bounds the memory they can take.
NAMES_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class House:
    """`provider` is None for the marketplace, and may be one that has closed. `site_values` are the
    fields of the Wagtail Site."""

    site_values: tuple[Any, ...]
    provider: Provider | None

    def site(self) -> Site:
        """A Site instance of one's own: Wagtail hangs pages on it, which go stale."""
        names = [field.attname for field in Site._meta.concrete_fields]
        return Site.from_db(None, names, self.site_values)


_known: dict[tuple[str, str], tuple[float, House | None]] = {}


def house_of(request: HttpRequest) -> House | None:
    """The house the request's Host header names, or None: Wagtail would fall back to the default
    site, and anybody's domain would show the marketplace."""
    return house_at(host_name(request), request.get_port())


def house_at(host: str, port: str = "") -> House | None:
    """The house at a host name in lower case, without port and final dot; remembered."""
    key = (host, port)
    now = time.monotonic()
    if (entry := _known.get(key)) and entry[0] > now:
        return entry[1]
    with unfenced("remembered for everybody"):
        house = _find(*key)
    if len(_known) >= NAMES_KEPT:
        _known.clear()
    _known[key] = (now + SECONDS_KEPT, house)
    return house


def forget() -> None:
    """Look every host up again."""
    _known.clear()


def is_marketplace_name(host: str, default: Site) -> bool:
    return host in marketplace_names() | {default.hostname}


def marketplace_names() -> set[str]:
    """The names the settings give the marketplace."""
    base = urlsplit(settings.FLEDGE_BASE_URL).hostname or ""
    return {base, *settings.FLEDGE_MARKETPLACE_HOSTS}


def may_have_certificate(name: str) -> bool:
    """Whether somebody is at home at `name`: the marketplace, or an open house."""
    if not name.isprintable():  # PostgreSQL takes no NUL
        return False
    is_public = "." in name and not name.rpartition(".")[2].isdigit()
    return is_public and house_at(name) is not None


def main_address(request: HttpRequest, house: House) -> str:
    """Where a page of `house` should be asked for instead: at the main address of its provider.
    Empty for what stays where it is: programs, forms, parts of pages, previews, and the admin."""
    provider = house.provider
    if provider is None or not provider.hostname or provider.hostname == host_name(request):
        return ""
    if request.method not in ("GET", "HEAD") or "HX-Request" in request.headers:
        return ""
    if request.path.startswith(_STAYS) or wants_json(request):
        return ""
    if getattr(request, "is_dummy", False):  # Wagtail's, for a preview
        return ""
    return provider_origin(provider) + request.get_full_path()


def provider_origin(provider: Provider, *, own_domain: bool = True) -> str:
    """Scheme, host and port of a provider's own site: at its main address, or without `own_domain`
    at the one it came with."""
    base = urlsplit(settings.FLEDGE_BASE_URL)
    if own_domain and provider.hostname:
        port = f":{base.port}" if base.port else ""
        return f"{base.scheme}://{provider.hostname}{port}"
    return f"{base.scheme}://{provider.slug}.{base.netloc}"


def _find(host: str, port: str) -> House | None:
    if not host:
        return None
    sites = list(Site.objects.filter(hostname=host).select_related("root_page"))
    if not sites:
        default = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        if default is None or not is_marketplace_name(host, default):
            return None
        sites = [default]
    site = next((site for site in sites if str(site.port) == port), sites[0])
    provider_id = getattr(site.root_page.specific, "provider_id", None)
    provider = None
    if provider_id is not None:
        provider = Provider.objects.select_related("logo").get(pk=provider_id)
        if provider.status not in (State.OPEN, State.CLOSED):
            return None
    elif not site.is_default_site:
        return None
    values = tuple(getattr(site, field.attname) for field in Site._meta.concrete_fields)
    return House(values, provider)
