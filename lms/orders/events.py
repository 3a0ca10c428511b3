"""What can happen to an order."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

PLACED = Event("orders.placed", _("Somebody ordered a course."), routine=True)
PAID = Event("orders.paid", _("An order was paid."))
EXPIRED = Event("orders.expired", _("An order was not paid in time."), routine=True)
CANCELLED = Event("orders.cancelled", _("An order was cancelled."), routine=True)
REFUNDED = Event("orders.refunded", _("An order was refunded."))
VOUCHER_MADE = Event("orders.voucher_made", _("A voucher was made or changed."))
TAX_CHANGED = Event("orders.tax_changed", _("The tax settings were changed."))
