"""Pure decisions about money: fees, and how a refund is shared."""

from decimal import Decimal

from lms.common.money import Money
from lms.orders.rules import refunded_share


def platform_fee(net: Money, percent: Decimal) -> Money:
    """What the platform keeps of a sale: `percent` of the price without tax, rounded once."""
    return net.share(percent / Decimal(100))


def split_refund(
    *,
    amount: Money,
    after: Money,
    total: Money,
    tax: Money,
    tax_before: Money,
    fee: Money,
    fee_before: Money,
) -> tuple[Money, Money, Money]:
    """Of `amount`, with which `after` of `total` has gone back: (the provider's part, tax, platform
    fee). `tax_before` and `fee_before` went back with earlier refunds.

    By cumulative proportion, so that the parts of all refunds together are exactly those of the
    sale once all of it has gone back.
    """
    tax_part = refunded_share(tax, after, total) - tax_before
    fee_part = refunded_share(fee, after, total) - fee_before
    return amount - tax_part - fee_part, tax_part, fee_part
