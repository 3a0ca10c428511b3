"""What the content API says of the shop window's pages."""

from typing import Any

from lms.api.serializers import Computed, base_of, expose, image, rich_text
from lms.courses.representation import picture

from .models import InformationPage, MarketplacePage, ProviderPage


def _school(page: ProviderPage, context: dict[str, Any]) -> dict[str, Any]:
    provider = page.provider
    return {
        "name": provider.name,
        "tagline": provider.tagline,
        "logo": picture(provider.logo, base_of(context)) if provider.logo else None,
        "colours": {
            "primary": provider.primary_colour,
            "secondary": provider.secondary_colour,
            "accent": provider.accent_colour,
        },
    }


def declare() -> None:
    """Call once, when the models are there."""
    expose(MarketplacePage, headline=None, introduction=None)
    expose(
        ProviderPage,
        headline=None,
        introduction=rich_text("introduction"),
        banner=image("banner"),
        school=Computed(_school),
    )
    expose(InformationPage, body=rich_text("body"))
