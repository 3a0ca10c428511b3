"""Money for templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.context import Context
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.common.money import Money
from lms.gateways.payments import Method
from lms.orders.models import Order
from lms.orders.selectors import tax_is_included
from lms.orders.states import State
from lms.payments import words
from lms.payments.models import Account, Payment
from lms.payments.selectors import Choice
from lms.payments.states import Paying
from lms.tenants.permissions import Code, houses_where

register = template.Library()
register.filter(words.reason_in_words)

METHODS = {
    Method.CARD: gettext_lazy("card"),
    Method.APPLE_PAY: "Apple Pay",
    Method.GOOGLE_PAY: "Google Pay",
    Method.PAYPAL: "PayPal",
    Method.BANK_TRANSFER: gettext_lazy("bank transfer"),
}
TONES: dict[str, str] = {
    State.PENDING: "info",
    State.PAID: "success",
    Paying.OPEN: "info",
    Paying.PROCESSING: "info",
    Paying.SUCCEEDED: "success",
    Paying.FAILED: "danger",
}


@register.simple_tag
def ways_in_words(choice: Choice) -> str:
    """“Pay with card, Apple Pay or Google Pay”."""
    ways = get_text_list([str(METHODS[one]) for one in choice.methods], _("or"))
    return _("Pay with %(ways)s") % {"ways": ways}


@register.simple_tag(takes_context=True)
def sees_sales(context: Context) -> bool:
    """Whether the reader sees the sales of any provider."""
    return bool(houses_where(context["request"].user, Code.VIEW_SALES))


@register.filter
def order_tone(order: Order) -> str:
    """The colour of its badge."""
    return TONES.get(order.state, "warning")


@register.filter
def payment_tone(payment: Payment) -> str:
    return TONES.get(payment.state, "warning")


@register.inclusion_tag("payments/_sum.html")
def order_sum(order: Order) -> dict[str, Any]:
    """What an order comes to."""
    included = tax_is_included(order)
    base = order.total if included else order.net
    return {
        "list": base + order.discount,
        "discount": order.discount,
        "tax": order.tax,
        "tax_name": order.tax_name,
        "included": included,
        "total": order.total,
    }


@register.filter
def booked(accounts: Mapping[Account, Money]) -> list[tuple[str, Money]]:
    """Accounts with something on them, in the order they are declared."""
    return [(str(one.label), accounts[one]) for one in Account if accounts.get(one)]
