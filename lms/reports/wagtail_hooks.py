from typing import Any

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.tenants.house import HouseMenuItem
from lms.tenants.permissions import Code

from .views import FiguresCSV, FiguresView


@hooks.register("register_admin_urls")
def urls() -> list[Any]:
    return [
        path("figures/", FiguresView.as_view(), name="figures"),
        path("figures/csv/", FiguresCSV.as_view(), name="figures_csv"),
    ]


@hooks.register("register_school_menu_item")
def menu_item() -> MenuItem:
    return HouseMenuItem(
        _("Figures"),
        reverse("figures"),
        name="figures",
        icon_name="table",
        order=100,
        code=Code.VIEW_PROGRESS,
    )
