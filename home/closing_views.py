"""Everything to take along, and closing the school: one screen, for its admins."""

from datetime import timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from lms.events import emit
from lms.files.serving import serve
from lms.tenants.house import PARAMETER, HouseMenuItem, current_house, house_url
from lms.tenants.models import Provider
from lms.tenants.permissions import Code
from lms.tenants.scope import provider_scope
from lms.tenants.selectors import managed_by
from lms.tenants.states import State

from . import closing
from .events import EXPORT_DOWNLOADED
from .models import HouseExport


def closable(request: HttpRequest) -> list[Provider]:
    """The houses whose closing the reader decides about: open ones, and those that have closed."""
    found = managed_by(request.user).filter(status__in=[State.OPEN, State.CLOSED])
    own = request.provider  # type: ignore[attr-defined]
    return [each for each in found if own is None or each.pk == own.pk]


class ClosingMenuItem(HouseMenuItem):
    """Shown while there is a house to close, or one to take back."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(closable(request))


class ClosingForm(forms.Form):
    """The house's address, typed: nobody closes a school by a slip."""

    address = forms.CharField(label=gettext_lazy("Address of your school"), max_length=63)

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        self.fields["address"].help_text = _("Type “%(address)s” to confirm.") % {
            "address": provider.slug
        }

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip().lower()
        if address != self.provider.slug:
            raise forms.ValidationError(_("This is not the address of the school."))
        return address


class ClosableHouse:
    """Mixed into a view: `self.provider` is a house of the reader's, by `?house=` or their choice.
    Who may see it: those who may close it; others are refused."""

    provider: Provider

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        houses = closable(request)
        asked = request.GET.get(PARAMETER)
        chosen = next((each for each in houses if each.slug == asked), None)
        if asked and chosen is None:
            raise Http404
        found = chosen or current_house(request, Code.CLOSE) or next(iter(houses), None)
        if found is None:
            raise PermissionDenied
        self.provider, self.houses = found, houses
        with provider_scope(found):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


# Closing and taking everything along need the password again; looking does not.
@method_decorator(reauthentication_required(allow_get=True), name="dispatch")
class ClosingView(ClosableHouse, WagtailAdminTemplateMixin, TemplateView):
    template_name = "home/admin/closing.html"
    page_title = gettext_lazy("Download or close")
    header_icon = "download"

    def get_page_subtitle(self) -> str:
        return self.provider.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        days = timedelta(days=settings.FLEDGE_CLOSING_DAYS)
        closed_at = self.provider.closed_at
        return super().get_context_data(
            provider=self.provider,
            houses=[each for each in self.houses if each != self.provider],
            exports=list(HouseExport.objects.order_by("-asked_at")[:5]),
            form=kwargs.pop("form", None) or ClosingForm(provider=self.provider),
            is_closed=self.provider.status == State.CLOSED,
            erased_on=closed_at + days if closed_at else None,
            days=days.days,
            export_days=settings.FLEDGE_EXPORT_DAYS,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        match request.POST.get("do"):
            case "export":
                closing.ask_for_export(self.provider, actor=request.user)
                messages.success(request, _("Everything is being packed. You can leave this page."))
            case "reopen":
                closing.take_back(self.provider, actor=request.user)
                messages.success(request, _("Your school is open again."))
            case "close":
                form = ClosingForm(request.POST, provider=self.provider)
                if not form.is_valid():
                    return self.render_to_response(self.get_context_data(form=form), status=400)
                closing.close(self.provider, actor=request.user)
                messages.success(request, _("Your school is closed. Its members are told."))
        return redirect(house_url(self.provider, reverse("closing")))


@method_decorator(reauthentication_required(), name="dispatch")
class ExportDownload(ClosableHouse, TemplateView):
    """The packed house. Its address alone opens nothing."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        export = HouseExport.objects.filter(pk=kwargs["export_id"]).first()
        if export is None or not export.finished_at:
            raise Http404
        with transaction.atomic():
            emit(EXPORT_DOWNLOADED, export, actor=request.user)
        name = f"{self.provider.slug}-{export.asked_at:%Y-%m-%d}.zip"
        return serve(request, export.file, name=name, attachment=True)
