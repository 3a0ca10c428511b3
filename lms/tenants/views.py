"""Screens for a provider's admins: what their plan allows and how much is used; the portal."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from lms.common.errors import DomainError

from .actions import set_portal
from .house import HouseScreen
from .limits import has_feature, meter
from .models import Feature, Limit, Provider, Tier
from .rules import Reading


@dataclass(frozen=True, slots=True)
class Plan:
    """One provider's plan. `rows` are (label, reading, words)."""

    provider: Provider
    rows: list[tuple[str, Reading, str]]
    is_near: bool
    is_over: bool


class PlanView(HouseScreen, TemplateView):
    template_name = "tenants/admin/plan.html"
    page_title = gettext_lazy("Your plan")
    header_icon = "tasks"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tiers = list(Tier.objects.all())
        return super().get_context_data(
            plan=_plan(self.provider), tiers=tiers, comparison=_comparison(tiers), **kwargs
        )


class PortalView(HouseScreen, TemplateView):
    """Closes the house's site to all but its members, or opens it again."""

    template_name = "tenants/admin/portal.html"
    page_title = gettext_lazy("Private portal")
    header_icon = "lock"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with_portal = Tier.objects.order_by("position")
        tiers = [tier.name for tier in with_portal if Feature.PORTAL.value in tier.features]
        return super().get_context_data(
            included=has_feature(self.provider, Feature.PORTAL), tiers=tiers, **kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        on = request.POST.get("portal") == "on"
        try:
            set_portal(self.provider, on, actor=request.user)
        except DomainError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(
                request,
                _("Your school is now for its members only.")
                if on
                else _("Your school is open to everybody again."),
            )
        return redirect("portal")


def _plan(provider: Provider) -> Plan:
    rows = [
        (str(limit.label), found, _used(limit, found)) for limit, found in meter(provider).items()
    ]
    return Plan(
        provider,
        rows,
        is_near=any(found.is_near for _label, found, _words in rows),
        is_over=any(found.is_over for _label, found, _words in rows),
    )


def _used(limit: Limit, found: Reading) -> str:
    used = _amount(limit, found.used)
    if found.allowed is None:
        return _("%(used)s, no limit") % {"used": used}
    return _("%(used)s of %(allowed)s") % {"used": used, "allowed": _amount(limit, found.allowed)}


def _amount(limit: Limit, number: int | None) -> str:
    if number is None:
        return _("no limit")
    return filesizeformat(number) if limit == Limit.STORAGE else number_format(number)


def _comparison(tiers: list[Tier]) -> list[tuple[str, list[str]]]:
    """(label, a cell for each tier): what the plans offer, side by side."""
    limits = [
        (str(limit.label), [_amount(limit, tier.allowance(limit)) for tier in tiers])
        for limit in Limit
    ]
    features = [
        (
            str(feature.label),
            [_("yes") if feature.value in tier.features else "–" for tier in tiers],
        )
        for feature in Feature
    ]
    return limits + features
