"""Which of their houses somebody is working in, and the screens of the admin about one house.

Somebody who works for several is in one at a time: the admin's fence is around that house alone.
`?house=<address>` on any address of the admin goes there; links in mails carry it.

A screen is a subclass of `HouseScreen`, in the "School" menu by `HouseMenuItem` under the hook
`register_school_menu_item`, and open by its name in `home/doors.py`.
"""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.common.errors import wants_json

from .models import Provider
from .permissions import Code, can
from .selectors import providers_of

SESSION_KEY = "house"
PARAMETER = "house"


def desks_of(request: HttpRequest) -> list[Provider]:
    """The open houses the reader writes for, by name; on a provider's own host, that one alone.

    Read once a request: the middleware asks before the fence is up, which hides all but one.
    """
    known: list[Provider] | None = request.__dict__.get("_desks")
    if known is None:
        found = providers_of(user=request.user, staff=True).select_related("tier", "logo")
        own = request.provider  # type: ignore[attr-defined]
        known = request.__dict__["_desks"] = [
            each
            for each in found.order_by("name")
            if (own is None or own.pk == each.pk) and can(request.user, Code.AUTHOR_COURSES, each)
        ]
    return known


def working_house(request: HttpRequest) -> Provider | None:
    """The house the reader is working in: the one asked for, else the one they chose last, else the
    first. None without a desk anywhere."""
    desks = desks_of(request)
    asked = request.GET.get(PARAMETER)
    if found := next((desk for desk in desks if desk.slug == asked), None):
        choose_house(request, found)
    chosen = request.session.get(SESSION_KEY)
    return next((desk for desk in desks if str(desk.pk) == chosen), desks[0] if desks else None)


def choose_house(request: HttpRequest, house: Provider) -> None:
    """Have the reader work in `house` from now on, if they do."""
    if request.session.get(SESSION_KEY) != str(house.pk):
        request.session[SESSION_KEY] = str(house.pk)


def current_house(request: HttpRequest, code: Code) -> Provider | None:
    """The house the reader is working in, if they may do `code` there."""
    house = working_house(request)
    return house if house and can(request.user, code, house) else None


def house_url(house: Provider, path: str) -> str:
    """The admin's `path`, with the house it is about."""
    return f"{path}?{urlencode({PARAMETER: house.slug})}"


def elsewhere(
    request: HttpRequest, code: Code = Code.AUTHOR_COURSES, *, status: int = 404
) -> HttpResponse | None:
    """The page that offers the reader's other houses for an address that is not there in this one,
    or not open to them. None for programs, and where no other house could have it."""
    here = working_house(request)
    others = [each for each in desks_of(request) if each != here and can(request.user, code, each)]
    by_script = "x-requested-with" in request.headers or wants_json(request)
    if here is None or not others or by_script:
        return None
    query = request.GET.copy()
    ways = []
    for each in others:
        query[PARAMETER] = each.slug
        ways.append((each, f"{request.path}?{query.urlencode()}"))
    context = {"here": here, "ways": ways, "was_sent": request.method == "POST"}
    return TemplateResponse(request, "tenants/admin/elsewhere.html", context, status=status)


class HouseScreen(WagtailAdminTemplateMixin):
    """Mixed into a class-based view: `self.provider` is the house it is about.

    Who may see it: those who may do `code` at it. Others are refused.
    """

    code = Code.CHANGE_SETTINGS
    provider: Provider

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        provider = current_house(request, self.code)
        if provider is None:
            if answer := elsewhere(request, self.code, status=403):
                return answer
            raise PermissionDenied
        self.provider = provider
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return self.provider.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(provider=self.provider, **kwargs)


class HouseMenuItem(MenuItem):
    """Shown to those who may do `code` at the house they are working in."""

    def __init__(self, *args: Any, code: Code = Code.CHANGE_SETTINGS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code

    def is_shown(self, request: HttpRequest) -> bool:
        return current_house(request, self.code) is not None


school_menu = Menu(register_hook_name="register_school_menu_item")


def school_submenu() -> MenuItem:
    return SubmenuMenuItem(_("School"), school_menu, name="school", icon_name="home", order=800)


class HousesMenu(Menu):
    """One's houses, for those who work for several."""

    def menu_items_for_request(self, request: HttpRequest) -> list[MenuItem]:
        desks = desks_of(request)
        here = working_house(request)
        return [
            MenuItem(
                desk.name,
                house_url(desk, reverse("wagtailadmin_home")),
                name=f"house-{desk.slug}",
                icon_name="check" if desk == here else "home",
                order=place,
            )
            for place, desk in enumerate(desks)
            if len(desks) > 1
        ]


def house_switcher() -> MenuItem:
    return SubmenuMenuItem(
        _("Switch school"), HousesMenu(), name="houses", icon_name="site", order=0
    )
