"""What people are told when money does not move."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, DomainError


class GatewayDown(DomainError):
    """The payment service did not answer; nobody knows whether it heard."""

    code = "PAYMENT_SERVICE_FAILED"
    status = 502
    message = _(
        "The payment service does not answer. You have not been charged twice: try again in a "
        "moment, or choose another way to pay."
    )


class CannotPayBy(Conflict):
    code = "CANNOT_PAY_BY"
    message = _("This order can't be paid that way. Please choose another.")


class OverRefund(Conflict):
    """`details`: {"left": what can be given back}."""

    code = "OVER_REFUND"
    message = _("That is more than is left of this payment.")


class RefundedMeanwhile(Conflict):
    """`details`: {"left": what can be given back}."""

    code = "REFUNDED_MEANWHILE"
    message = _("Money of this payment has gone back meanwhile. Please look at what is left.")
