"""The Wagtail admin as people of a school see it: their dashboard, a short menu, our colours."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.home import WorkflowObjectsToModeratePanel
from wagtail.models import Page

from lms.courses.tree import ancestor_paths
from lms.tenants.hosts import provider_origin
from lms.tenants.house import HouseMenuItem
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, is_operator, may_enter

from .admin_views import SchoolList, SchoolView
from .audit_views import AnyHouseAudit, HouseAudit
from .brand_views import BrandPreview, BrandView
from .closing_views import ClosingMenuItem, ClosingView, ExportDownload
from .dashboard import SchoolsPanel
from .documents import DocumentsView
from .teachers import TeachersView

# Wagtail's help is about versions of Wagtail.
OPERATORS_MENU = {"help"}


@hooks.register("before_serve_page")
def only_open_houses(
    page: Page, request: HttpRequest, args: Any, kwargs: Any
) -> HttpResponse | None:
    """A house that is suspended or closed has no pages on the marketplace either. A portal's stand
    on its own site alone, behind `lms.tenants.portal`: members are led there."""
    if request.provider is not None:  # type: ignore[attr-defined]
        return None
    for house in Provider.objects.filter(page__path__in=ancestor_paths(page.path)):
        if not house.is_open:
            raise Http404
        if getattr(page, "provider_id", None) == house.pk:
            page.provider = house  # it would ask for it next
        if house.is_portal:
            if not may_enter(request.user, house):
                raise Http404
            return redirect(f"{provider_origin(house)}/{page.url_path.split('/', 3)[3]}")
    return None


@hooks.register("construct_homepage_panels")
def schools_first(request: HttpRequest, panels: list[Any]) -> None:
    panels.insert(0, SchoolsPanel(request))
    for panel in panels:
        if isinstance(panel, WorkflowObjectsToModeratePanel):
            panel.order = SchoolsPanel.order - 1  # somebody is waiting


@hooks.register("construct_homepage_summary_items", order=1000)
def no_numbers(request: HttpRequest, items: list[Any]) -> None:
    """Counts of pages and files tell authors nothing; their schools stand below."""
    if not is_operator(request.user):
        items.clear()


@hooks.register("construct_main_menu")
def short_menu(request: HttpRequest, items: list[Any]) -> None:
    if not is_operator(request.user):
        items[:] = [item for item in items if item.name not in OPERATORS_MENU]


@hooks.register("insert_global_admin_css")
def style() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("insert_global_admin_js")
def counters() -> SafeString:
    return format_html('<script type="module" src="{}"></script>', static("js/admin/counted.js"))


@hooks.register("register_school_menu_item")
def closing_item() -> MenuItem:
    url = reverse("closing")
    return ClosingMenuItem(
        _("Download or close"), url, name="closing", icon_name="download", order=950
    )


class OperatorsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return is_operator(request.user)


@hooks.register("register_admin_urls")
def school_urls() -> list[Any]:
    patterns = [
        path("", SchoolList.as_view(), name="index"),
        path("results/", SchoolList.as_view(results_only=True), name="index_results"),
        path("<uuid:provider_id>/", SchoolView.as_view(), name="school"),
        path("<uuid:provider_id>/audit/", AnyHouseAudit.as_view(), name="audit"),
    ]
    return [
        path("schools/", include((patterns, "schools_admin"))),
        path("audit/", HouseAudit.as_view(), name="audit"),
        path("closing/", ClosingView.as_view(), name="closing"),
        path("closing/<uuid:export_id>/", ExportDownload.as_view(), name="closing_export"),
    ]


@hooks.register("register_school_menu_item")
def audit_item() -> MenuItem:
    url = reverse("audit")
    return HouseMenuItem(
        _("Who did what"), url, name="audit", icon_name="history", order=800, code=Code.VIEW_AUDIT
    )


@hooks.register("register_admin_urls")
def teachers_url() -> list[Any]:
    return [path("teachers/", TeachersView.as_view(), name="teachers_admin")]


@hooks.register("register_admin_urls")
def documents_url() -> list[Any]:
    return [path("legal-documents/", DocumentsView.as_view(), name="documents_admin")]


@hooks.register("register_settings_menu_item")
def documents_item() -> MenuItem:
    url = reverse("documents_admin")
    return OperatorsMenuItem(
        _("Legal documents"), url, name="legal-documents", icon_name="doc-full", order=650
    )


class TeachersMenuItem(OperatorsMenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return settings.FLEDGE_APPROVE_TEACHERS and super().is_shown(request)


@hooks.register("register_admin_menu_item")
def teachers_item() -> MenuItem:
    url = reverse("teachers_admin")
    return TeachersMenuItem(_("Teachers"), url, name="teachers", icon_name="user", order=245)


@hooks.register("register_admin_urls")
def brand_urls() -> list[Any]:
    return [
        path("brand/", BrandView.as_view(), name="brand"),
        path("brand/preview/", BrandPreview.as_view(), name="brand_preview"),
    ]


@hooks.register("register_school_menu_item")
def brand_item() -> MenuItem:
    return HouseMenuItem(_("Brand"), reverse("brand"), name="brand", icon_name="view", order=100)


@hooks.register("register_admin_menu_item")
def schools_item() -> MenuItem:
    url = reverse("schools_admin:index")
    return OperatorsMenuItem(_("Schools"), url, name="schools", icon_name="home", order=240)
