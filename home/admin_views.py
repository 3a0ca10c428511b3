"""The operators' screens of schools: who waits, who is open, and in which tier."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from lms.tenants.actions import change_tier, move_provider
from lms.tenants.limits import meter
from lms.tenants.models import Provider
from lms.tenants.permissions import is_operator
from lms.tenants.states import APPROVE, REOPEN, State

from .actions import let_in
from .forms import DecisionForm


class OperatorsOnly:
    """Who may see it: the platform's operators."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_operator(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class SchoolList(OperatorsOnly, BaseListingView):
    """All schools: those that wait first, then by name; with search."""

    page_title = gettext_lazy("Schools")
    header_icon = "home"
    verbose_name_plural = gettext_lazy("schools")
    index_url_name = "schools_admin:index"
    index_results_url_name = "schools_admin:index_results"
    is_searchable = True
    paginate_by = 50

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "name",
                label=_("School"),
                get_url=lambda row: reverse("schools_admin:school", args=[row.pk]),
            ),
            Column("slug", label=_("Address")),
            StatusTagColumn(
                "status",
                label=_("State"),
                accessor="get_status_display",
                primary=lambda row: row.is_open,
            ),
            Column("tier", label=_("Plan"), accessor="tier.name"),
            DateColumn("created_at", label=_("Signed up")),
        ]

    def get_base_queryset(self) -> QuerySet[Provider]:
        waiting = Case(When(status=State.PENDING, then=Value(0)), default=Value(1))
        return Provider.objects.select_related("tier").order_by(waiting, "name")

    def search_queryset(self, queryset: QuerySet[Provider]) -> QuerySet[Provider]:
        words = self.search_query
        if not words:
            return queryset
        return queryset.filter(name__icontains=words) | queryset.filter(slug__icontains=words)


class SchoolView(OperatorsOnly, WagtailAdminTemplateMixin, FormView):
    """One school: how much of its plan it uses, another plan, and its next state."""

    template_name = "home/admin/school.html"
    form_class = DecisionForm
    header_icon = "home"

    @cached_property
    def provider(self) -> Provider:
        rows = Provider.objects.select_related("tier")
        return get_object_or_404(rows, pk=self.kwargs["provider_id"])

    def get_page_title(self) -> str:
        return self.provider.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        schools = {"url": reverse("schools_admin:index"), "label": _("Schools")}
        return [*self.breadcrumbs_items, schools, {"url": "", "label": self.get_page_title()}]

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "provider": self.provider}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            provider=self.provider, meter=meter(self.provider).items(), **kwargs
        )

    @transaction.atomic
    def form_valid(self, form: DecisionForm) -> HttpResponse:
        actor, move = self.request.user, form.cleaned_data["move"]
        over = change_tier(self.provider, form.cleaned_data["tier"], actor=actor)
        if move in (APPROVE, REOPEN):
            let_in(self.provider, move, actor=actor)
        elif move:
            move_provider(self.provider, move, actor=actor)
        messages.success(self.request, _("Saved."))
        if over:
            text = _("More is used than the plan allows of: %(what)s. Nothing is taken away.")
            what = ", ".join(str(limit.label) for limit in over)
            messages.warning(self.request, text % {"what": what})
        return super().form_valid(form)

    def get_success_url(self) -> str:
        return reverse("schools_admin:school", args=[self.provider.pk])
