"""Why something can't be bought."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class NothingToPay(Conflict):
    code = "NOTHING_TO_PAY"
    message = _("This course is free: enrol and begin.")


class AlreadyYours(Conflict):
    code = "ALREADY_ENROLLED"
    message = _("You have this course already.")


class PriceChanged(Conflict):
    """`details`: {"price": as it is now}."""

    code = "PRICE_CHANGED"
    message = _("The price has changed meanwhile. Please look at it again before you pay.")


class NotPayable(Conflict):
    code = "NOT_PAYABLE"
    message = _("This order is closed. Please start again from the course's page.")


class BadVoucher(Conflict):
    code = "BAD_VOUCHER"
    message = _("This code is not good for this course. Please check it, letter by letter.")


class VoucherUsedUp(BadVoucher):
    code = "VOUCHER_USED_UP"
    message = _("This code has been used as often as it may be.")
