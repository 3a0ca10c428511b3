"""The life of an order."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.common.states import Machine


class State(models.TextChoices):
    """What an order is, in the buyer's words."""

    PENDING = "pending", _("Waits for payment")
    PAID = "paid", pgettext_lazy("order", "Paid")
    EXPIRED = "expired", _("Not paid in time")
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDED = "refunded", _("Refunded")


PAY, EXPIRE, CANCEL, REFUND = "pay", "expire", "cancel", "refund"

ORDER = Machine(
    "order",
    {
        State.PENDING: _("Prices are fixed and seats are held until it expires."),
        State.PAID: _("The money is here, and the buyer has what was bought."),
        State.EXPIRED: _("The time to pay is over; the seats are free again."),
        State.CANCELLED: _("The buyer gave it up; the seats are free again."),
        State.REFUNDED: _("All of the money went back."),
    },
    initial=State.PENDING,
    transitions={
        (State.PENDING, PAY): State.PAID,
        (State.PENDING, EXPIRE): State.EXPIRED,
        (State.PENDING, CANCEL): State.CANCELLED,
        # Money that lands late is still the buyer's: they get what they paid for, or it back.
        (State.EXPIRED, PAY): State.PAID,
        (State.CANCELLED, PAY): State.PAID,
        (State.PAID, REFUND): State.REFUNDED,
    },
)
