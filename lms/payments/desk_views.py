"""The desk of those who sell: sales, money, refunds, vouchers. Who may: those whose role at the
provider says so (the codes of `lms.tenants.permissions`)."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.common import clock, throttle
from lms.common.errors import DomainError
from lms.common.money import Money
from lms.orders import selectors as ordered
from lms.orders import taxes
from lms.orders import vouchers as codes
from lms.orders.models import Order, TaxRate, Voucher
from lms.orders.states import State
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, houses_where
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import provider_scope

from . import actions, ledger, selectors
from .forms import RateForm, RefundForm, TaxForm, VoucherForm, countries
from .models import Payment

ROWS = 50
DEEDS_A_MINUTE = 20


@login_required
@require_safe
@never_cache
def index(request: HouseRequest) -> HttpResponse:
    """The providers whose sales the reader may see; of one alone, its sales at once."""
    rows = Provider.objects.filter(pk__in=houses_where(request.user, Code.VIEW_SALES))
    if request.provider is not None:
        rows = rows.filter(pk=request.provider.pk)
    houses = list(rows)
    if not houses:
        raise Http404
    if len(houses) == 1:
        return redirect("payments_desk:sales", houses[0].slug)
    return render(request, "payments/desk/index.html", {"houses": houses})


@login_required
@require_safe
@never_cache
def sales(request: HouseRequest, slug: str) -> HttpResponse:
    """Orders, the newest first, and what stands in the ledger."""
    provider = _house(request, slug, Code.VIEW_SALES)
    state = request.GET.get("state", "")
    with provider_scope(provider):
        rows = Order.objects.select_related("buyer").prefetch_related("lines")
        if state in State.values:
            rows = rows.filter(state=state)
        page = Paginator(rows.order_by("-placed_at"), ROWS).get_page(request.GET.get("page"))
        context = {
            "provider": provider,
            "page": page,
            "states": State.choices,
            "state": state,
            "totals": ledger.totals(),
        }
        return render(request, "payments/desk/sales.html", context)


@login_required
@require_safe
@never_cache
def order(request: HouseRequest, slug: str, order_id: Any) -> HttpResponse:
    """One order with its payments, refunds and what the ledger says of it."""
    provider = _house(request, slug, Code.VIEW_SALES)
    found = ordered.order_in_house(provider, order_id)
    with provider_scope(provider):
        payments = list(selectors.payments_of(found).prefetch_related("refunds"))
        context = {
            "provider": provider,
            "order": found,
            "payments": [(one, selectors.refundable(one)) for one in payments],
            "accounts": ledger.of_order(found),
            "may_refund": can(request.user, Code.REFUND, provider),
        }
        return render(request, "payments/desk/order.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: HouseRequest, slug: str, order_id: Any, payment_id: Any) -> HttpResponse:
    """Giving money back, all or a part."""
    provider = _house(request, slug, Code.REFUND)
    found = ordered.order_in_house(provider, order_id)
    with provider_scope(provider):
        rows = Payment.objects.filter(order=found, pk=payment_id).select_related("order")
        payment = rows.first()
        if payment is None:
            raise Http404
        left = selectors.refundable(payment)
    form = RefundForm(request.POST or None, left=left, initial={"amount": str(left.decimal)})
    refusal, shown = "", request.POST.get("left", "")[:20]
    if request.method == "POST" and form.is_valid():
        throttle.count("payments.refund", str(request.user.pk), limit=DEEDS_A_MINUTE)
        try:
            actions.refund(
                payment,
                form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                keeps_access=form.cleaned_data["keeps_access"],
                actor=request.user,
                at=clock.now(),
                shown=Money(int(shown), left.currency) if shown.isdecimal() else None,
            )
        except DomainError as refused:
            refusal = str(refused.message)
        else:
            messages.success(request, _("The money is on its way back. The buyer gets a mail."))
            return redirect("payments_desk:order", provider.slug, found.pk)
    context = {
        "provider": provider,
        "order": found,
        "payment": payment,
        "left": left,
        "form": form,
        "refusal": refusal,
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "payments/desk/refund.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vouchers(request: HouseRequest, slug: str) -> HttpResponse:
    """The codes there are, how often each was used, and making one."""
    provider = _house(request, slug, Code.SELL)
    form = VoucherForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        last = typed["ends_on"]
        try:
            codes.make(
                provider,
                code=typed["code"],
                percent=typed["percent"],
                most=typed["most"],
                ends_at=_day_after(last) if last else None,
                actor=request.user,
                at=clock.now(),
            )
        except DomainError as refused:
            form.add_error("code", str(refused.message))
        else:
            messages.success(request, _("The code can be used now."))
            return redirect("payments_desk:vouchers", provider.slug)
    with provider_scope(provider):
        rows = Voucher.objects.order_by("-created_at")
        page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
        context = {"provider": provider, "form": form, "page": page}
        status = 422 if form.errors else 200
        return render(request, "payments/desk/vouchers.html", context, status=status)


@login_required
@require_POST
def switch(request: HouseRequest, slug: str, voucher_id: int) -> HttpResponse:
    """Switch a code off, or on again."""
    provider = _house(request, slug, Code.SELL)
    codes.switch(provider, voucher_id, on="on" in request.POST, actor=request.user)
    return redirect("payments_desk:vouchers", provider.slug)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tax(request: HouseRequest, slug: str) -> HttpResponse:
    """Who sells, how prices are meant, and what buyers of each country pay."""
    provider = _house(request, slug, Code.SELL)
    sets_rate = "percent" in request.POST
    with provider_scope(provider):
        settings_form = TaxForm(
            request.POST if request.method == "POST" and not sets_rate else None,
            instance=ordered.tax_settings(),
        )
        rate_form = RateForm(request.POST if sets_rate else None)
        rates = list(TaxRate.objects.order_by("country"))
    if settings_form.is_valid():
        taxes.change_settings(provider, settings_form.cleaned_data, actor=request.user)
        messages.success(request, _("Saved. Orders placed before keep what they had."))
        return redirect("payments_desk:tax", provider.slug)
    if rate_form.is_valid():
        typed = rate_form.cleaned_data
        taxes.set_rate(
            provider,
            country=typed["rate_country"],
            name=typed["rate_name"],
            percent=typed["percent"],
            actor=request.user,
        )
        messages.success(request, _("Saved. Orders placed before keep what they had."))
        return redirect("payments_desk:tax", provider.slug)
    names = dict(countries())
    context = {
        "provider": provider,
        "form": settings_form,
        "rate_form": rate_form,
        "rates": [
            (rate, number_format(rate.percent.normalize()), names.get(rate.country, ""))
            for rate in rates
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "payments/desk/tax.html", context, status=status)


@login_required
@require_POST
def remove_rate(request: HouseRequest, slug: str, rate_id: int) -> HttpResponse:
    """Buyers of that country then pay what all others do."""
    provider = _house(request, slug, Code.SELL)
    taxes.remove_rate(provider, rate_id, actor=request.user)
    return redirect("payments_desk:tax", provider.slug)


def _house(request: HouseRequest, slug: str, code: Code) -> Provider:
    """The access selector of this desk. Raises Http404."""
    found = Provider.objects.select_related("tier").filter(slug=slug).first()
    if found is None or request.provider not in (None, found):
        raise Http404
    if not can(request.user, code, found):
        raise Http404
    return found


def _day_after(day: Any) -> datetime:
    """The first moment that is not `day` any more, in the reader's zone."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
