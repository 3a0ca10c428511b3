"""The buyer's pages: what it costs, paying, what came of it, one's orders; and where gateways tell
us what happened."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_q.tasks import async_task

from lms.common import clock, throttle
from lms.common.errors import DomainError
from lms.common.money import Money
from lms.courses.models import CoursePage
from lms.enrolments.selectors import open_course
from lms.gateways import GatewayUnavailable
from lms.gateways.payments import BadSignature, NoSuchPayment
from lms.orders import actions as orders
from lms.orders import selectors as ordered
from lms.orders.errors import AlreadyYours, BadVoucher, NothingToPay, NotPayable, PriceChanged
from lms.orders.models import Order
from lms.tenants.requests import HouseRequest
from lms.tenants.scope import every_tenant, provider_scope

from . import actions, inbox, selectors
from .forms import BuyingForm
from .models import Payment
from .states import Paying
from .words import reason_in_words

ROWS = 20
DEEDS_A_MINUTE = 20
LARGEST_NOTICE = 1024 * 1024


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: HouseRequest, course_id: int) -> HttpResponse:
    """What a course costs the reader, with tax and voucher, and the button that orders it. Who may:
    who is signed in, for a course they may know."""
    user: Any = request.user
    course = open_course(user, course_id, host=request.provider)
    now = clock.now()
    try:
        orders.require_buyable(course, user, at=now)
    except AlreadyYours:
        return redirect("learn:course", course.pk)
    except NothingToPay:
        return redirect("enrolments:enrol", course.pk)
    form = BuyingForm(request.POST or request.GET or None, initial=_last_place(user))
    code, country = _typed(form)
    refusal = ""
    looks = "look" in request.POST  # at what it costs there, with this code
    if request.method == "POST" and not looks and form.is_valid():
        throttle.count("payments.buy", str(user.pk), limit=DEEDS_A_MINUTE)
        try:
            return _order(request, course, form.cleaned_data)
        except PriceChanged as changed:
            refusal = str(changed.message)
        except BadVoucher as bad:
            form.add_error("code", str(bad.message))
            code = ""
    quote, refused = _quote(course, user, country, code)
    if refused and not form.errors.get("code"):
        form.add_error("code", refused)
    context = {"course": course, "form": form, "quote": quote, "refusal": refusal}
    status = 409 if refusal else 422 if request.method == "POST" and not looks else 200
    return render(request, "payments/buy.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HouseRequest, order_id: Any) -> HttpResponse:
    """The ways to pay an order. Who may: the buyer."""
    order = ordered.own_order(request.user, order_id, host=request.provider)
    with provider_scope(order.provider_id):
        is_on_its_way = selectors.is_on_its_way(order)
    if is_on_its_way or not order.is_payable(clock.now()):
        return redirect("payments:order", order.pk)
    refusal, status = "", 200
    if request.method == "POST":
        throttle.count("payments.pay", str(request.user.pk), limit=DEEDS_A_MINUTE)
        try:
            return redirect(_begin(request, order, request.POST.get("gateway", "")).url)
        except NotPayable:  # paid in another tab, perhaps
            return redirect("payments:order", order.pk)
        except DomainError as refused:
            refusal, status = str(refused.message), refused.status
    with provider_scope(order.provider_id):
        last = selectors.payments_of(order).first()
    context = {
        "order": order,
        "choices": selectors.choices(order.total),
        "refusal": refusal or _failure(last),
    }
    return render(request, "payments/pay.html", context, status=status)


@login_required
@never_cache
@require_safe
def back(request: HouseRequest, payment_id: Any) -> HttpResponse:
    """Where gateways send the buyer back to, whatever came of it. Who may: the buyer."""
    user: Any = request.user
    with every_tenant("the buyer's own payment, at whichever provider"):
        rows = Payment.objects.select_related("order__provider__tier", "order__buyer")
        payment = rows.filter(pk=payment_id, order__buyer=user).first()
    if payment is None or request.provider not in (None, payment.order.provider):
        raise Http404
    try:
        payment = actions.look(payment, at=clock.now())
    except DomainError as failed:
        messages.warning(request, str(failed.message))
    if payment.state in (Paying.SUCCEEDED, Paying.PROCESSING):
        return redirect("payments:order", payment.order_id)
    return redirect("payments:pay", payment.order_id)


@login_required
@never_cache
@require_safe
def order(request: HouseRequest, order_id: Any) -> HttpResponse:
    """One order: what was bought, paid and given back. Who may see it: the buyer."""
    found = ordered.own_order(request.user, order_id, host=request.provider)
    with provider_scope(found.provider_id):
        rows = selectors.payments_of(found).prefetch_related("refunds")
        payments = list(rows)
        states = {payment.state for payment in payments}
        context = {
            "order": found,
            "payments": payments,
            "is_payable": found.is_payable(clock.now()) and Paying.PROCESSING not in states,
            "is_on_its_way": Paying.PROCESSING in states,
            "was_charged": Paying.SUCCEEDED in states,
        }
        return render(request, "payments/order.html", context)


@login_required
@require_POST
def cancel(request: HouseRequest, order_id: Any) -> HttpResponse:
    """Giving an order up before it is paid. Who may: the buyer."""
    found = ordered.own_order(request.user, order_id, host=request.provider)
    actions.cancel(found, actor=request.user, at=clock.now())
    messages.success(request, _("The order is cancelled. Nothing was charged."))
    return redirect("payments:orders")


@login_required
@never_cache
@require_safe
def mine(request: HouseRequest) -> HttpResponse:
    """One's orders, the newest first. Who may see it: anybody signed in, their own."""
    with every_tenant("the buyer's own orders, at whichever provider"):
        rows = ordered.orders_of(request.user, host=request.provider)
        page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
        return render(request, "payments/orders.html", {"page": page})


@csrf_exempt
@require_POST
def notice(request: HouseRequest, gateway: str) -> HttpResponse:
    """Where a gateway tells us what happened. Who may: whoever can sign as that gateway does."""
    body = request.read(LARGEST_NOTICE + 1)  # whatever length they say
    if len(body) > LARGEST_NOTICE:
        return HttpResponse(status=413)
    try:
        inbox.receive(gateway, request.headers, body)
    except KeyError:
        raise Http404 from None
    except BadSignature:
        return HttpResponse(status=400)
    except GatewayUnavailable:  # it could not be verified now: they send it again
        return HttpResponse(status=503)
    return HttpResponse(status=200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def test_card(request: HouseRequest, ref: str) -> HttpResponse:
    """The embedded gateway's page, as an outside company's would be. Who may see it: whoever has
    the secret address, where that gateway is set up."""
    try:
        port: Any = selectors.gateway_called("embedded")
        shown = port.shown(ref)
    except (KeyError, NoSuchPayment):
        raise Http404 from None
    error, confirms, number = "", False, request.POST.get("number", "")
    if request.method == "POST":
        throttle.count("payments.test_card", ref, limit=DEEDS_A_MINUTE)
        if "cancel" in request.POST:
            port.cancel(ref)
            return redirect(shown["cancel_url"])
        outcome = port.pay(ref, number, confirmed="confirmed" in request.POST)
        confirms = outcome is None
        if not confirms:
            async_task("lms.payments.embedded.send_notice", ref)
            if outcome != "open":
                return redirect(shown["return_url"])
            error = reason_in_words(port.shown(ref)["reason"])
    context = {
        "shown": shown,
        "amount": Money(shown["amount"], shown["currency"]),
        "error": error,
        "confirms": confirms,
        "number": number,
    }
    return render(request, "payments/test_card.html", context, status=402 if error else 200)


def _typed(form: BuyingForm) -> tuple[str, str]:
    given = form.data if form.is_bound else form.initial
    return str(given.get("code", ""))[:64], str(given.get("country", ""))[:2]


def _quote(course: CoursePage, user: Any, country: str, code: str) -> tuple[ordered.Quote, str]:
    now = clock.now()
    try:
        return ordered.quote(course, country=country, code=code, buyer=user, at=now), ""
    except BadVoucher as bad:
        return ordered.quote(course, country=country, at=now), str(bad.message)


def _order(request: HouseRequest, course: CoursePage, typed: dict[str, Any]) -> HttpResponse:
    agreed = request.POST.get("agreed", "")[:20]
    placed = orders.place(
        course,
        request.user,
        at=clock.now(),
        country=typed["country"],
        code=typed["code"],
        company=typed["company"],
        address=typed["address"],
        agreed=Money(int(agreed), course.currency) if agreed.isdecimal() else None,
    )
    if placed.paid_at:
        messages.success(request, _("Welcome! You are enrolled."))
        return redirect("learn:course", course.pk)
    return redirect("payments:pay", placed.pk)


def _begin(request: HouseRequest, order: Order, gateway: str) -> Payment:
    def return_url(payment: Payment) -> str:
        return request.build_absolute_uri(reverse("payments:back", args=[payment.pk]))

    cancel_url = request.build_absolute_uri(reverse("payments:pay", args=[order.pk]))
    return actions.begin(
        order, gateway, at=clock.now(), return_url=return_url, cancel_url=cancel_url
    )


def _failure(last: Payment | None) -> str:
    if last is None or not last.reason or last.state == Paying.SUCCEEDED:
        return ""
    return reason_in_words(last.reason)


def _last_place(user: Any) -> dict[str, str]:
    """What the buyer said the last time."""
    with every_tenant("the buyer's own orders, at whichever provider"):
        rows = Order.objects.filter(buyer=user).order_by("-placed_at")
        last = rows.values("country", "company", "address").first()
    return {name: str(value) for name, value in (last or {}).items()}
