"""The Wagtail screens of those who manage a provider's certificates."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from lms.common import clock

from . import actions, selectors
from .forms import RevocationForm
from .models import Certificate
from .permissions import manages_any, may_revoke


class ManagersOnly:
    """Who may see it: those who manage certificates of some provider."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not manages_any(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class CertificateList(ManagersOnly, BaseListingView):
    """The certificates in scope, the newest first, with search."""

    page_title = gettext_lazy("Certificates")
    header_icon = "doc-full-inverse"
    verbose_name_plural = gettext_lazy("certificates")
    index_url_name = "certificates_admin:index"
    index_results_url_name = "certificates_admin:index_results"
    is_searchable = True
    paginate_by = 50

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "student",
                label=_("Student"),
                accessor="content.student",
                get_url=lambda row: reverse("certificates_admin:certificate", args=[row.pk]),
            ),
            Column("course", label=_("Course"), accessor="content.course"),
            Column("provider", label=_("Provider"), accessor="provider.name"),
            DateColumn("issued_at", label=_("Issued")),
            StatusTagColumn(
                "state",
                label=_("State"),
                accessor="get_state_display",
                primary=lambda row: row.is_valid,
            ),
            Column("code", label=_("Code")),
        ]

    def get_base_queryset(self) -> QuerySet[Certificate]:
        return selectors.managed_by(self.request.user)

    def search_queryset(self, queryset: QuerySet[Certificate]) -> QuerySet[Certificate]:
        return selectors.matching(queryset, self.search_query)


class CertificateView(ManagersOnly, WagtailAdminTemplateMixin, FormView):
    """One certificate, and the form to revoke it; asked twice, since it can't be undone."""

    template_name = "certificates/admin/certificate.html"
    form_class = RevocationForm
    header_icon = "doc-full-inverse"

    @cached_property
    def certificate(self) -> Certificate:
        row = Certificate.objects.filter(pk=self.kwargs["certificate_id"]).first()
        if row is None or not may_revoke(self.request.user, row):
            raise Http404
        return row

    def get_page_title(self) -> str:
        return self.certificate.content.student

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        certificates = {"url": reverse("certificates_admin:index"), "label": _("Certificates")}
        return [*self.breadcrumbs_items, certificates, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        content = self.certificate.content
        return super().get_context_data(certificate=self.certificate, content=content, **kwargs)

    def form_valid(self, form: RevocationForm) -> HttpResponse:
        actions.revoke(
            self.certificate,
            reason=form.cleaned_data["reason"],
            actor=self.request.user,
            at=clock.now(),
        )
        messages.success(self.request, _("The certificate is revoked. Its student is told."))
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("certificates_admin:certificate", args=[self.certificate.pk])
