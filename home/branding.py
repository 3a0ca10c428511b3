"""What a site is called and how it looks, remembered until somebody changes it."""

import base64
import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.courses import freshness
from lms.courses.details import absolute
from lms.tenants.models import Provider
from lms.tenants.selectors import logo_of, rendition_url

from .models import InformationPage, MarketplacePage
from .rules import Style, brand_css, monogram, place_name
from .selectors import Brand

TOUCH_ICONS = (180, 192, 512)  # pixels


def brand_of(provider: Provider | None) -> Brand:
    """The marketplace's brand, or a provider's."""
    if provider is None:
        brand = freshness.kept("home.brand.marketplace", _marketplace)
        return brand if brand.tagline else _with_tagline(brand)
    return freshness.kept(f"home.brand.{provider.pk}", lambda: _provider(provider.pk))


def style_version(css: str) -> str:
    """Changes when the style sheet does, so that it may be kept for ever."""
    return hashlib.sha256(css.encode()).hexdigest()[:12]


def style_url(brand: Brand, of: Provider | None = None) -> str:
    """Where the brand's style sheet is; "" for the platform's look. `of`: on the marketplace, whose
    pages wear one school's colours only where they are about it."""
    css = brand_css(brand.style)
    if not css:
        return ""
    query = {"of": of.slug} if of else {}
    return f"{reverse('brand_css')}?{urlencode({**query, 'v': style_version(css)})}"


def drawn_from(provider: Provider) -> Brand:
    """The brand its fields make, saved or not."""
    icon, icon_type, touch_icons = _icons(provider)
    drawn = provider.logo is not None and provider.logo.is_svg()  # which nobody shares
    logo = "" if drawn else rendition_url(provider.logo, "max-1200x630|format-png")
    shared = logo or touch_icons.get(TOUCH_ICONS[-1], "")
    return Brand(
        name=provider.name,
        tagline=provider.tagline,
        logo_url=logo_of(provider),
        footer_text=provider.footer_text,
        is_marketplace=False,
        is_portal=provider.is_portal,
        contact_email=provider.contact_email,
        terms_url=reverse("home:terms") if provider.terms else "",
        privacy_url=reverse("home:privacy") if provider.privacy else "",
        style=Style(
            primary=provider.primary_colour,
            accent=provider.accent_colour or provider.secondary_colour,
            heading_font=provider.heading_font,
            body_font=provider.body_font,
        ),
        icon=icon,
        icon_type=icon_type,
        touch_icons=touch_icons,
        image=absolute(shared) if shared else "",
        links=[(place_name(line), line) for line in provider.links.split()],
    )


def data_url(text: str, kind: str) -> str:
    """Text as an address, for what is too small or too new to have one."""
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def _provider(pk: Any) -> Brand:
    return drawn_from(Provider.objects.select_related("logo", "favicon").get(pk=pk))


def _icons(provider: Provider) -> tuple[str, str, dict[int, str]]:
    """Address and type of the icon, and the larger ones: of the picture, or of the first letter."""
    picture = provider.favicon
    if picture is not None and picture.is_svg():
        if drawn := rendition_url(picture, "original|preserve-svg"):
            return drawn, "image/svg+xml", {}
    elif picture is not None:
        squares = {
            side: rendition_url(picture, f"fill-{side}x{side}|format-png")
            for side in (32, *TOUCH_ICONS)
        }
        if all(squares.values()):
            return squares.pop(32), "image/png", squares
    letter = monogram(provider.name, provider.primary_colour)
    return data_url(letter, "image/svg+xml"), "image/svg+xml", {}


def _marketplace() -> Brand:
    page = MarketplacePage.objects.first()
    slugs: set[str] = set()
    if page:
        pages = InformationPage.objects.child_of(page).live()
        slugs = set(pages.filter(slug__in=["terms", "privacy"]).values_list("slug", flat=True))
    return Brand(
        name=page.title if page else settings.WAGTAIL_SITE_NAME,
        tagline=page.introduction if page else "",
        logo_url="",
        footer_text="",
        is_marketplace=True,
        is_portal=False,
        contact_email="",
        terms_url=reverse("home:terms") if "terms" in slugs else "",
        privacy_url=reverse("home:privacy") if "privacy" in slugs else "",
        style=Style(),
        icon=static("img/favicon.svg"),
        icon_type="image/svg+xml",
        touch_icons={},
        image="",
        links=[],
    )


def _with_tagline(brand: Brand) -> Brand:
    return replace(brand, tagline=_("Courses from independent schools, in one place."))
