"""What people bought in the demo, with test cards."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.gateways import gateway
from lms.gateways.payments.embedded import PAYS
from lms.orders import actions as orders
from lms.orders import taxes, vouchers
from lms.orders.models import Order
from lms.payments import actions
from lms.tenants.scope import provider_scope

GATEWAY = "embedded"


def sell(course: CoursePage, described: dict[str, Any]) -> None:
    """What is `described` (a part of sales.yaml), unless somebody has bought the course already.
    Nothing where the gateway that takes no money is not set up."""
    with provider_scope(course.provider_id):
        if Order.objects.exists() or f"payments.{GATEWAY}" not in settings.GATEWAYS:
            return
    seller = User.objects.get(email=described["by"])
    for country, percent in described["rates"].items():
        taxes.set_rate(
            course.provider, country=country, name="VAT", percent=Decimal(percent), actor=seller
        )
    first = clock.now() + timedelta(days=min(one["at"] for one in described["sales"]))
    for code, percent in described["vouchers"].items():
        vouchers.make(
            course.provider, code=code, percent=Decimal(percent), most=50, ends_at=None,
            actor=seller, at=first,
        )  # fmt: skip
    for one in described["sales"]:
        _sale(course, seller, one)


def _sale(course: CoursePage, seller: User, one: dict[str, Any]) -> None:
    at = clock.now() + timedelta(days=one["at"])
    buyer = User.objects.get(email=one["student"])
    with clock.stopped_at(at):
        order = orders.place(
            course, buyer, at=at, country=one["country"], code=one.get("voucher", "")
        )
        payment = actions.begin(
            order, GATEWAY, at=at,
            return_url=lambda payment: f"{settings.FLEDGE_BASE_URL}/pay/back/{payment.pk}/",
            cancel_url=settings.FLEDGE_BASE_URL,
        )  # fmt: skip
        gateway(f"payments.{GATEWAY}").pay(payment.ref, PAYS)
        payment = actions.look(payment, at=at)
        if reason := one.get("refund"):
            later = at + timedelta(days=1)
            actions.refund(payment, payment.amount, reason=reason, actor=seller, at=later)
