"""What the front pages list."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from home import selectors
from home.branding import brand_of, style_url
from home.models import ProviderPage
from home.selectors import Brand
from lms.courses.details import absolute
from lms.tenants.hosts import provider_origin
from lms.tenants.house import working_house
from search.query import Query
from search.selectors import page_of

register = template.Library()

# Raw HTML is written out as text; the library refuses addresses that run scripts.
_COMMONMARK = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
)


@register.simple_tag(takes_context=True)
def front_page(context: Any) -> selectors.Front:
    """The marketplace's lists."""
    return selectors.front()


@register.simple_tag(takes_context=True)
def school_page(context: Any, page: ProviderPage) -> dict[str, Any]:
    """What a provider's page lists, on the marketplace or on its own site."""
    if (found := page.__dict__.get("_shown")) is None:
        found = page.__dict__["_shown"] = _school(context.get("request"), page)
    return found


@register.simple_tag(takes_context=True)
def market_structured_data(context: Any) -> dict[str, Any]:
    """schema.org's WebSite, with the search that search engines may offer."""
    base = settings.FLEDGE_BASE_URL
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": context["site_brand"].name,
        "url": base + "/",
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{base}/courses/?q={{words}}",
            "query-input": "required name=words",
        },
    }


@register.simple_tag(takes_context=True)
def desk_brand(context: Any) -> Brand | None:
    """The brand of the house one is working in; None for those without a desk."""
    request = context.get("request")
    house = working_house(request) if request and request.user.is_authenticated else None
    return brand_of(house) if house else None


@register.simple_tag(takes_context=True)
def school_style(context: Any, provider: Any) -> SafeString:
    """The link to a style sheet: of the site, and on the marketplace of the school a page is
    about."""
    url = context.get("brand_css_url")
    if context["site_brand"].is_marketplace and provider:
        url = style_url(brand_of(provider), of=provider)
    return format_html('<link rel="stylesheet" href="{}">', url) if url else SafeString()


@register.simple_tag(takes_context=True)
def school_logo(context: Any, provider: Any) -> str:
    """The address of a school's logo on the marketplace; its own site has it in the header."""
    return brand_of(provider).logo_url if context["site_brand"].is_marketplace else ""


@register.filter
def legal(text: str) -> SafeString:
    """A school's own words as a page: CommonMark, without HTML and pictures."""
    tokens = _COMMONMARK.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):  # below the page's own
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return SafeString(_COMMONMARK.renderer.render(tokens, _COMMONMARK.options, {}))


@register.simple_tag
def provider_address(provider: Any) -> str:
    """Where a provider's own site stands."""
    return provider_origin(provider) + "/"


@register.simple_tag
def person_structured_data(person: Any) -> dict[str, Any]:
    """schema.org's Person."""
    data = {"@context": "https://schema.org", "@type": "Person", "name": person.name}
    if person.headline:
        data["jobTitle"] = person.headline
    if person.picture_url:
        data["image"] = absolute(person.picture_url)
    return data


def _school(request: Any, page: ProviderPage) -> dict[str, Any]:
    provider = page.provider
    host = getattr(request, "provider", None)
    query = Query.parse(request.GET.dict()).only_page() if request else Query()
    listings = selectors.school_listings(provider, host)
    found = page_of(listings, query)
    path = request.path if request else "/"
    own_url = provider_origin(provider) + "/"
    headline = page.headline or provider.tagline or page.title
    return {
        "page": found,
        "previous_url": query.url(path, before=found.previous) if found.previous else "",
        "next_url": query.url(path, after=found.next) if found.next else "",
        "instructors": selectors.instructors_at(provider, host),
        "categories": selectors.facets(host).categories if host else [],
        "headline": headline,
        "lead": provider.tagline if host is None or provider.tagline != headline else "",
        "eyebrow": _("School") if host is None else (page.title if page.title != headline else ""),
        "own_url": own_url,
        "canonical": own_url,
        "structured_data": {
            "@context": "https://schema.org",
            "@type": "EducationalOrganization",
            "name": provider.name,
            "url": own_url,
            "description": provider.tagline,
        },
    }
