"""Somebody sells and somebody buys, for fixtures and for Hypothesis."""

from typing import Any

from django.test import TestCase

from lms.common import clock
from lms.courses.models import CoursePage
from lms.gateways import gateway
from lms.gateways.payments.embedded import EmbeddedPayments
from lms.orders import actions as orders
from lms.orders.models import Order, TaxRate, TaxSettings
from lms.payments import actions
from lms.payments.models import Payment
from lms.tenants.scope import provider_scope
from tests.lms.admissions.making import teaching

PAYS, DECLINED, NO_MONEY = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 9995"
CONFIRMS = "4000 0025 0000 3155"


def selling(price_minor: int = 4999, currency: str = "EUR", **fields: Any) -> CoursePage:
    """A course of acme with a price."""
    return teaching(price_minor=price_minor, currency=currency, lessons=1, **fields)


def taxed(page: CoursePage, percent: Any, *, country: str = "", included: bool = True) -> None:
    with provider_scope(page.provider_id):
        TaxRate.objects.create(country=country, name="VAT", percent=percent)
        TaxSettings.objects.create(prices_include_tax=included)


def port() -> EmbeddedPayments:
    """The other company."""
    found: EmbeddedPayments = gateway("payments.embedded")
    return found


def forget_everything() -> None:
    """The other company begins anew."""
    port().path.unlink(missing_ok=True)


def ordered(page: CoursePage, buyer: Any, **told: Any) -> Order:
    with TestCase.captureOnCommitCallbacks(execute=True):
        order = orders.place(page, buyer, at=told.pop("at", None) or clock.now(), **told)
    with provider_scope(page.provider_id):
        return Order.objects.select_related("provider__tier", "buyer").get(pk=order.pk)


def begun(order: Order, at: Any = None, gateway: str = "embedded") -> Payment:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return actions.begin(
            order,
            gateway,
            at=at or clock.now(),
            return_url=lambda payment: f"http://localhost/pay/back/{payment.pk}/",
            cancel_url="http://localhost/",
        )


def looked(payment: Payment, at: Any = None) -> Payment:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return actions.look(payment, at=at or clock.now())


def bought(page: CoursePage, buyer: Any, **told: Any) -> Payment:
    """Ordered and paid."""
    payment = begun(ordered(page, buyer, **told))
    port().pay(payment.ref, PAYS)
    return looked(payment)
