"""The way from the Wagtail admin to the desk."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.tenants.house import HouseMenuItem
from lms.tenants.permissions import Code


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return HouseMenuItem(
        _("Homework"),
        reverse_lazy("homework_desk:index"),
        name="homework",
        icon_name="list-ul",
        order=250,
        code=Code.MARK_HOMEWORK,
    )
