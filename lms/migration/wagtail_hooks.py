from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.tenants.house import HouseMenuItem
from lms.tenants.permissions import Code

from .views import PeopleListsView, PeopleListView, PeopleReportView, PeopleSampleView


@hooks.register("register_admin_urls")
def people_urls() -> list[Any]:
    patterns = [
        path("", PeopleListsView.as_view(), name="index"),
        path("sample.csv", PeopleSampleView.as_view(), name="sample"),
        path("<int:list_id>/", PeopleListView.as_view(), name="list"),
        path("<int:list_id>/report.csv", PeopleReportView.as_view(), name="report"),
    ]
    return [path("people/lists/", include((patterns, "people_lists")))]


@hooks.register("register_school_menu_item")
def people_item() -> MenuItem:
    return HouseMenuItem(
        _("People by list"),
        reverse("people_lists:index"),
        code=Code.MANAGE_MEMBERS,
        name="people-lists",
        icon_name="group",
        order=350,
    )
