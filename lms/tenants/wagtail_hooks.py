from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .domain_views import DomainsView
from .house import HouseMenuItem, house_switcher, school_submenu
from .permissions import Code
from .team_views import (
    ApproveView,
    InvitationsView,
    InvitationView,
    InviteView,
    PersonView,
    RemoveView,
    TeamView,
    UndoView,
)
from .views import PlanView, PortalView


@hooks.register("register_admin_menu_item")
def school_item() -> MenuItem:
    return school_submenu()


@hooks.register("register_admin_menu_item")
def switcher_item() -> MenuItem:
    return house_switcher()


@hooks.register("register_admin_urls")
def house_urls() -> list[Any]:
    return [
        path("plan/", PlanView.as_view(), name="plan"),
        path("portal/", PortalView.as_view(), name="portal"),
    ]


@hooks.register("register_school_menu_item")
def portal_item() -> MenuItem:
    url = reverse("portal")
    return HouseMenuItem(_("Private portal"), url, name="portal", icon_name="lock", order=800)


@hooks.register("register_school_menu_item")
def plan_item() -> MenuItem:
    return HouseMenuItem(_("Plan"), reverse("plan"), name="plan", icon_name="tasks", order=900)


@hooks.register("register_admin_urls")
def domains_url() -> list[Any]:
    return [path("domains/", DomainsView.as_view(), name="domains")]


@hooks.register("register_school_menu_item")
def domains_item() -> MenuItem:
    return HouseMenuItem(
        _("Domains"), reverse("domains"), name="domains", icon_name="globe", order=800
    )


@hooks.register("register_admin_urls")
def team_urls() -> list[Any]:
    patterns = [
        path("", TeamView.as_view(), name="index"),
        path("approve/", ApproveView.as_view(), name="approve"),
        path("undo/", UndoView.as_view(), name="undo"),
        path("invite/", InviteView.as_view(), name="invite"),
        path("invitations/", InvitationsView.as_view(), name="invitations"),
        path("invitations/<uuid:invitation_id>/", InvitationView.as_view(), name="invitation"),
        path("<uuid:user_id>/", PersonView.as_view(), name="person"),
        path("<uuid:user_id>/remove/", RemoveView.as_view(), name="remove"),
    ]
    return [path("team/", include((patterns, "team")))]


@hooks.register("register_school_menu_item")
def team_item() -> MenuItem:
    url = reverse("team:index")
    return HouseMenuItem(
        _("Team"), url, name="team", icon_name="group", order=100, code=Code.MANAGE_MEMBERS
    )
