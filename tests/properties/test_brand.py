"""P99: logo, colours and name of a provider apply across its site, and nobody else's do."""

import re
import string

import pytest
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from home import actions
from home.rules import Style, brand_css
from lms.common.colours import contrast, from_oklch, oklch, text_on
from lms.events import SYSTEM
from lms.tenants.models import Font, Provider
from lms.tenants.rules import (
    lifted,
    suggested_accent,
    suggested_primary,
    trouble_of_accent,
    trouble_of_primary,
)
from tests.cast import forget_cached, fresh_rows
from tests.lms.certificates.making import course, school
from tests.pictures import picture

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
names = st.text(string.ascii_letters + "ÄÉșعلم<&'\"", min_size=3, max_size=20).map(
    lambda name: f"Z{name}Z"
)


@pytest.fixture
def houses(db):
    acme, globex = school(), school("globex")
    for house in (acme, globex):
        course(house, title="Night Sky")
        course(house, title="Day Sky")
    return acme, globex


def style_of(page: str, visitor: Client) -> str:
    (address,) = re.findall(r'<link rel="stylesheet" href="(/brand\.css[^"]*)">', page)
    return visitor.get(address.replace("&amp;", "&")).content.decode()


@pytest.mark.django_db
@given(
    name=names,
    other=names,
    primary=colours,
    accent=colours,
    font=st.sampled_from(Font.values),
    logo=st.booleans(),
)
def test_p099_the_brand_of_a_provider_applies_across_its_site(
    houses, name, other, primary, accent, font, logo
):
    if name in other or other in name:
        return
    with fresh_rows():
        forget_cached()
        acme, globex = (Provider.objects.get(pk=house.pk) for house in houses)
        visitor = Client(HTTP_HOST="acme.localhost")
        # The last one leads to the sign-in page: the way in is the school's, too.
        paths = [
            "/",
            "/courses/",
            "/night-sky/",
            "/terms/",
            "/verify/",
            "/account/login/",
            "/learn/",
        ]
        for path in paths[:4]:  # what is kept of before must not be shown after
            visitor.get(path)
        pictures = {house: picture(f"{house.slug}.png") for house in (acme, globex)}
        for house, called, colour in ((acme, name, primary), (globex, other, accent)):
            values = {
                "name": called,
                "primary_colour": colour,
                "accent_colour": accent,
                "heading_font": font,
                "terms": "# Rules",
                "favicon": pictures[house],
                "logo": pictures[house] if logo else None,
            }
            actions.change_brand(house, values, actor=SYSTEM)
        css = brand_css(Style(primary, accent, heading_font=font))
        logos = {house: pictures[house].get_rendition("max-440x96|format-webp|preserve-svg").url
                 for house in (acme, globex)}  # fmt: skip
        for path in paths:
            answer = visitor.get(path, follow=True)
            assert answer.status_code == 200, path
            page = answer.content.decode()
            assert escape(name) in page, path
            assert escape(other) not in page, path
            assert style_of(page, visitor) == css
            assert (logos[acme] in page) is logo
            assert logos[globex] not in page
            assert pictures[acme].get_rendition("fill-32x32|format-png").url in page
        lost = visitor.get("/nowhere/").content.decode()
        assert escape(name) in lost
        assert escape(other) not in lost
        assert style_of(lost, visitor) == css
        assert visitor.get("/manifest.webmanifest").json()["name"] == name


@given(colour=colours)
def test_p099_a_suggested_colour_can_be_read_in_both_themes(colour):
    primary, accent = suggested_primary(colour), suggested_accent(colour)
    assert trouble_of_primary(primary) is None
    assert trouble_of_accent(accent) is None
    for fill in (primary, lifted(primary)):
        assert contrast(text_on(primary), fill) >= 4.5
    if trouble_of_primary(colour) is None:
        assert primary == colour


@given(colour=colours)
def test_p099_a_colour_survives_the_way_to_oklch_and_back(colour):
    back = from_oklch(*oklch(colour))
    pairs = zip(_channels(colour), _channels(back), strict=True)
    assert all(abs(one - other) <= 1 for one, other in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
