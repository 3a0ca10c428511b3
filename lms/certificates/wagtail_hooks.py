from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .admin_views import CertificateList, CertificateView
from .permissions import manages_any


class CertificatesMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return manages_any(request.user)


@hooks.register("register_admin_urls")
def urls() -> list[Any]:
    patterns = [
        path("", CertificateList.as_view(), name="index"),
        path("results/", CertificateList.as_view(results_only=True), name="index_results"),
        path("<uuid:certificate_id>/", CertificateView.as_view(), name="certificate"),
    ]
    return [path("certificates/", include((patterns, "certificates_admin")))]


@hooks.register("register_admin_menu_item")
def menu_item() -> MenuItem:
    url = reverse("certificates_admin:index")
    return CertificatesMenuItem(
        _("Certificates"), url, name="certificates", icon_name="doc-full-inverse", order=260
    )
