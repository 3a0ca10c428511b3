"""What is held about a person who buys, or who makes vouchers (docs/decisions/0019-money.md)."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold

BOOKS = _("The law wants sales kept with the name and address they were made to.")

hold(
    "orders.Order",
    "buyer",
    (
        "reference",
        "state",
        "buyer_name",
        "buyer_email",
        "company",
        "address",
        "country",
        "currency",
        "discount_minor",
        "net_minor",
        "tax_minor",
        "total_minor",
        "voucher_code",
        "placed_at",
        "paid_at",
        "ended_at",
    ),
    label=_("your orders"),
    stays=BOOKS,
    blank={"buyer": None},
)
acted("orders.Voucher", "created_by", ("code", "created_at"), label=_("vouchers you made"))
