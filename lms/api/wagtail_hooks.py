from collections.abc import Iterator
from typing import Any

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button
from wagtail.models import Page

from lms.courses.tree import provider_id_at
from lms.tenants.house import HouseMenuItem

from .selectors import preview_url
from .views import FrontEndView, preview


@hooks.register("register_admin_urls")
def urls() -> list[Any]:
    return [
        path("headless/", FrontEndView.as_view(), name="headless"),
        path("headless/preview/<int:page_id>/", preview, name="headless_preview"),
    ]


@hooks.register("register_school_menu_item")
def menu_item() -> MenuItem:
    return HouseMenuItem(
        _("Your own front end"), reverse("headless"), name="headless", icon_name="code", order=800
    )


@hooks.register("register_page_header_buttons")
def preview_button(
    page: Page, user: Any, view_name: str, next_url: str | None = None
) -> Iterator[Button]:
    """Beside Wagtail's own: the draft as the school's own front end shows it."""
    if view_name != "edit" or not page.permissions_for_user(user).can_edit():
        return
    if preview_url(provider_id_at(page)):
        yield Button(
            _("Preview in your front end"),
            reverse("headless_preview", args=[page.pk]),
            icon_name="view",
            priority=5,
            attrs={"target": "_blank", "rel": "noreferrer"},
        )
