"""Who did what at a school: the screen of its admins, and the same for operators."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.common.sheets import csv_response
from lms.events import emit
from lms.tenants.events import AUDIT_EXPORTED
from lms.tenants.house import HouseScreen
from lms.tenants.models import AuditEntry, Provider
from lms.tenants.permissions import Code

from .admin_views import OperatorsOnly
from .forms import AuditFilter
from .selectors import audit_of, deed_in_words, older_than

PAGE = 50
# Of an entry's data, what says more to a person than to a program.
TOLD = ("role", "was", "now", "what", "reason")


class AuditPage(WagtailAdminTemplateMixin, TemplateView):
    """The newest deeds that match the filter, page by page; `?export=csv` downloads all of them."""

    template_name = "home/admin/audit.html"
    page_title = gettext_lazy("Who did what")
    header_icon = "history"
    provider: Provider

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "csv":
            return self._export()
        return super().get(request, *args, **kwargs)

    @cached_property
    def form(self) -> AuditFilter:
        return AuditFilter(self.request.GET, provider=self.provider)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = audit_of(self.provider, self.form.chosen)
        behind = self.request.GET.get("behind", "")
        if behind.isdecimal():
            rows = older_than(
                rows, get_object_or_404(AuditEntry, provider=self.provider, pk=behind)
            )
        found = list(rows[: PAGE + 1])
        query = self.request.GET.copy()
        query.pop("behind", None)
        return super().get_context_data(
            form=self.form,
            entries=[_shown(entry) for entry in found[:PAGE]],
            query=query.urlencode(),
            behind=found[PAGE - 1].pk if len(found) > PAGE else None,
            is_first=not behind,
            **kwargs,
        )

    def _export(self) -> HttpResponseBase:
        with transaction.atomic():
            emit(AUDIT_EXPORTED, self.provider, actor=self.request.user)
        rows = audit_of(self.provider, self.form.chosen)
        return csv_response(self.request, f"audit-{self.provider.slug}.csv", _lines(rows))


class HouseAudit(HouseScreen, AuditPage):
    """Who may see it: the school's admins, their own school's."""

    code = Code.VIEW_AUDIT


class AnyHouseAudit(OperatorsOnly, AuditPage):
    """Who may see it: operators, any school's."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.provider = get_object_or_404(Provider, pk=kwargs["provider_id"])

    def get_page_subtitle(self) -> str:
        return self.provider.name


def _shown(entry: AuditEntry) -> dict[str, Any]:
    told = [str(entry.data[name]) for name in TOLD if entry.data.get(name)]
    return {"entry": entry, "deed": deed_in_words(entry.event), "told": " → ".join(told)}


def _lines(rows: Any) -> Iterator[list[Any]]:
    yield [
        _("When"), _("Who"), _("What"), _("About"), _("Details"), _("Address"), _("Device"),
        _("Event"), _("Request"),
    ]  # fmt: skip
    for entry in rows.iterator(chunk_size=1000):
        shown = _shown(entry)
        when = timezone.localtime(entry.at).isoformat(timespec="seconds")
        yield [
            when, entry.person_name, shown["deed"], entry.about, shown["told"],
            entry.address or "", entry.agent, entry.event, entry.request_id,
        ]  # fmt: skip
