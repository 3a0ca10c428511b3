"""The design system's own promises: what any page may rely on."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from config.gallery import gallery

ROOT = Path(settings.ROOT)
STYLE_SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
# Sides of the screen instead of sides of the text; `text-align: left` is right for code.
PHYSICAL = re.compile(r"\b(margin|padding|border|inset)-(left|right)\b|(?<=[\s;{])(left|right)\s*:")


@pytest.fixture
def visitors_gallery(rf, db):
    request = rf.get("/_gallery/")
    request.user = AnonymousUser()
    return gallery(request).content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500])
def test_an_error_page_needs_no_database_and_no_request(status):
    assert f"{status}" in render_to_string(f"{status}.html")


@pytest.mark.parametrize("path", STYLE_SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_names_sides_of_the_text_not_of_the_screen(path):
    assert PHYSICAL.search(path.read_text()) is None


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_a_component_says_what_it_is_for(path):
    assert path.read_text().startswith("{% comment %}")


def test_a_visitors_page_holds_no_csrf_token(visitors_gallery):
    assert "csrf" not in visitors_gallery.lower()


def test_no_component_carries_an_inline_style_or_handler(visitors_gallery):
    assert re.search(r"\s(style|on[a-z]+)=", visitors_gallery) is None


def test_no_component_carries_an_inline_script(visitors_gallery):
    scripts = re.findall(r"<script([^>]*)>", visitors_gallery)
    assert all("src=" in attributes for attributes in scripts)
