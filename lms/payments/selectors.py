"""Reads: which gateways there are, and whose payments."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet, Sum

from lms.common.ids import uuids_in
from lms.common.money import Money
from lms.gateways import gateway
from lms.gateways.payments import Method, NoSuchPayment, Payments
from lms.orders.models import Order
from lms.tenants.scope import every_tenant

from .models import Account, LedgerEntry, Notice, Payment, Refund
from .states import Paying, Refunding

PORT = "payments."


@dataclass(frozen=True, slots=True)
class Choice:
    """A gateway a buyer may choose, with what it offers for the amount."""

    gateway: str
    methods: tuple[Method, ...]
    is_real: bool


def gateway_names() -> list[str]:
    """Of all that are set up, in the order of the settings."""
    return [port.removeprefix(PORT) for port in settings.GATEWAYS if port.startswith(PORT)]


def gateway_called(name: str) -> Payments:
    """Raises KeyError for one that is not set up."""
    found: Payments = gateway(f"{PORT}{name}")
    return found


def choices(amount: Money) -> list[Choice]:
    """What `amount` can be paid with."""
    found = [(name, gateway_called(name)) for name in gateway_names()]
    offered = [(name, one, one.methods(amount)) for name, one in found]
    return [Choice(name, methods, one.is_real) for name, one, methods in offered if methods]


def payments_of(order: Order) -> QuerySet[Payment]:
    """All attempts, the newest first. Needs the scope."""
    return Payment.objects.filter(order=order).order_by("-begun_at")


def refundable(payment: Payment) -> Money:
    """What of it has not gone back and is not on its way. Needs the scope."""
    gone = Refund.objects.filter(payment=payment).exclude(state=Refunding.FAILED)
    given = gone.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return Money(payment.amount_minor - given, payment.currency)


def is_on_its_way(order: Order) -> bool:
    """Whether the buyer has done their part and the bank takes its time. Needs the scope."""
    return Payment.objects.filter(order=order, state=Paying.PROCESSING).exists()


def is_all_back(payment: Payment) -> bool:
    """Whether the buyer has all of it back. Needs the scope."""
    done = Refund.objects.filter(payment=payment, state=Refunding.SUCCEEDED)
    given = done.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return bool(given == payment.amount_minor)


def bought_by(order: Order) -> Payment | None:
    """The payment an order was delivered for: the moment of both is one. Needs the scope."""
    if order.paid_at is None:
        return None
    rows = Payment.objects.filter(order=order, state=Paying.SUCCEEDED, succeeded_at=order.paid_at)
    return rows.order_by("pk").first()


def returned(payment: Payment, account: Account) -> Money:
    """What of an account's part of a payment has gone back, or is on its way. Needs the scope."""
    bookings = Refund.objects.filter(payment=payment).exclude(state=Refunding.FAILED)
    rows = LedgerEntry.objects.filter(account=account, transaction__in=bookings.values("booking"))
    return Money(rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0, payment.currency)


def whose(notice: Notice) -> Payment | None:
    """The payment a notice is about: by our own reference where it bears one, else by the gateway's
    name of it, else by asking the gateway, which may know the payment by several names. Raises
    GatewayUnavailable."""
    found = _by(notice.gateway, notice.reference, notice.payment_ref)
    if found is None and notice.payment_ref:
        try:
            told = gateway_called(notice.gateway).find(notice.payment_ref)
        except (KeyError, NoSuchPayment):
            return None
        found = _by(notice.gateway, told.reference, told.ref)
    return found


def _by(gateway: str, reference: str, ref: str) -> Payment | None:
    with every_tenant("a gateway knows payments, not providers"):
        rows = Payment.objects.filter(gateway=gateway).select_related("order")
        found = rows.filter(pk__in=uuids_in([reference])).first()
        if found is None and ref:
            found = rows.filter(ref=ref).first()
    return found
