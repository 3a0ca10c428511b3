"""What can happen to money."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

SUCCEEDED = Event("payments.succeeded", _("A payment came in."))
FAILED = Event("payments.failed", _("A payment failed."), routine=True)
UNDELIVERED = Event(
    "payments.undelivered", _("What was paid could not be given; the money goes back.")
)
MISMATCHED = Event("payments.mismatched", _("A gateway took another amount than was ordered."))
REFUND_ASKED = Event("payments.refund_asked", _("A refund was asked for."))
REFUNDED = Event("payments.refunded", _("A refund reached the buyer."))
REFUND_FAILED = Event("payments.refund_failed", _("A refund failed."))
