"""A provider's brand as a style sheet, an icon and names of places."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from lms.common.colours import text_on

PLATFORM_COLOUR = "#0b5d66"

_SANS = '"SF Arabic", "Noto Sans Arabic", "Geeza Pro", system-ui, sans-serif'
_SERIF = '"Noto Naskh Arabic", "Traditional Arabic", "Geeza Pro", serif'
# {lms.tenants.models.Font: what stands for it on each system}, Arabic letters included.
FONTS = {
    "clean": f'Helvetica, "Helvetica Neue", Arimo, Arial, "Nimbus Sans", "Noto Sans", {_SANS}',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "Source Sans 3", "DejaVu Sans", '
    f'"Noto Sans", {_SANS}',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Nunito, '
    f'"Arial Rounded MT Bold", "Noto Sans", "Noto Kufi Arabic", {_SANS}',
    "book": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, "Noto Serif", "DejaVu Serif", '
    f"{_SERIF}",
    "classic": '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, '
    f'"Noto Serif", {_SERIF}',
    "slab": f'Rockwell, "Rockwell Nova", "Roboto Slab", "Sitka Small", "DejaVu Serif", {_SERIF}',
}

PLACES = {
    "facebook.com": "Facebook",
    "github.com": "GitHub",
    "instagram.com": "Instagram",
    "linkedin.com": "LinkedIn",
    "t.me": "Telegram",
    "tiktok.com": "TikTok",
    "wa.me": "WhatsApp",
    "x.com": "X",
    "youtube.com": "YouTube",
}


@dataclass(frozen=True, slots=True)
class Style:
    """What a provider sets of the style sheet; empty where it keeps the platform's."""

    primary: str = ""
    accent: str = ""
    heading_font: str = ""
    body_font: str = ""


def brand_css(style: Style) -> str:
    """A provider's whole style sheet; "" where it wears the platform's look."""
    properties = {
        "--brand": style.primary,
        "--brand-contrast": style.primary and text_on(style.primary),
        "--accent": style.accent,
        "--font": FONTS.get(style.body_font, ""),
        "--font-display": FONTS.get(style.heading_font, ""),
    }
    lines = "".join(f" {name}: {value};" for name, value in properties.items() if value)
    return f":root {{{lines} }}\n" if lines else ""


def monogram(name: str, colour: str) -> str:
    """An icon for who has none: the first letter of the name on the colour, as SVG."""
    fill = colour or PLATFORM_COLOUR
    letter = escape(next((character for character in name if character.isalnum()), "·").upper())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
        f'<rect width="48" height="48" rx="11" fill="{fill}"/>'
        f'<text x="24" y="34" text-anchor="middle" font-family="sans-serif" font-size="29" '
        f'font-weight="700" fill="{text_on(fill)}">{letter}</text></svg>\n'
    )


def place_name(address: str) -> str:
    """What an address elsewhere is called: "YouTube", or its host."""
    host = (urlsplit(address).hostname or address).removeprefix("www.")
    return PLACES.get(host, host)
