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
        _("Desk"),
        reverse_lazy("teaching:index"),
        name="desk",
        icon_name="desktop",
        order=245,
        code=Code.VIEW_STUDENTS,
    )
