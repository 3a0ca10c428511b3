"""The way from the Wagtail admin to the plans at the desk."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.tenants.house import HouseMenuItem
from lms.tenants.permissions import Code


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    return HouseMenuItem(
        _("Lesson plans"),
        reverse_lazy("plans_desk:index"),
        name="plans",
        icon_name="tasks",
        order=255,
        code=Code.SET_PLANS,
    )
