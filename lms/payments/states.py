"""The lives of payments and refunds."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.common.states import Machine


class Paying(models.TextChoices):
    """What a payment is, in the buyer's words."""

    OPEN = "open", _("Not finished")
    PROCESSING = "processing", _("On its way")
    SUCCEEDED = "succeeded", pgettext_lazy("payment", "Paid")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Given up")


class Refunding(models.TextChoices):
    """What a refund is."""

    PENDING = "pending", _("On its way")
    SUCCEEDED = "succeeded", _("Given back")
    FAILED = "failed", _("Failed")


PROCESS, SUCCEED, FAIL, CANCEL, REOPEN = "process", "succeed", "fail", "cancel", "reopen"

PAYMENT = Machine(
    "payment",
    {
        Paying.OPEN: _("The buyer is at the gateway's page, or was."),
        Paying.PROCESSING: _("The buyer did their part; the bank takes its time."),
        Paying.SUCCEEDED: _("The gateway has the money, and the ledger says so."),
        Paying.FAILED: _("The gateway or the bank said no."),
        Paying.CANCELLED: _("The buyer gave it up, or the time was over."),
    },
    initial=Paying.OPEN,
    transitions={
        (Paying.OPEN, PROCESS): Paying.PROCESSING,
        (Paying.OPEN, SUCCEED): Paying.SUCCEEDED,
        (Paying.OPEN, FAIL): Paying.FAILED,
        (Paying.OPEN, CANCEL): Paying.CANCELLED,
        (Paying.PROCESSING, SUCCEED): Paying.SUCCEEDED,
        (Paying.PROCESSING, FAIL): Paying.FAILED,
        # Gateways let a buyer try another card on the same page, and money may land late.
        (Paying.FAILED, REOPEN): Paying.OPEN,
        (Paying.FAILED, PROCESS): Paying.PROCESSING,
        (Paying.FAILED, SUCCEED): Paying.SUCCEEDED,
        (Paying.CANCELLED, SUCCEED): Paying.SUCCEEDED,
    },
)

REFUND = Machine(
    "refund",
    {
        Refunding.PENDING: _("Asked for; the gateway has not said that it is done."),
        Refunding.SUCCEEDED: _("The buyer has the money, and the ledger says so."),
        Refunding.FAILED: _("The gateway said no, or the bank sent it back."),
    },
    initial=Refunding.PENDING,
    transitions={
        (Refunding.PENDING, SUCCEED): Refunding.SUCCEEDED,
        (Refunding.PENDING, FAIL): Refunding.FAILED,
        # Days later, where the buyer's account was closed meanwhile.
        (Refunding.SUCCEEDED, FAIL): Refunding.FAILED,
    },
)
