"""The way from the Wagtail admin to who asks to join."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.tenants.house import HouseMenuItem
from lms.tenants.permissions import Code


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return HouseMenuItem(
        _("Getting in"),
        reverse_lazy("admissions_desk:pending"),
        name="admissions",
        icon_name="group",
        order=253,
        code=Code.MANAGE_STUDENTS,
    )
