"""The arithmetic of prices: whole minor units, one rounding a line.

What a buyer pays for a line is its `total`: with tax, after the discount. `net` is `total` less the
tax, so that net and tax always add up to it. Whether the prices on the course pages include tax is
the seller's choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from lms.common.money import Money

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to buy: `quantity` times `unit`, as the page shows it. `reduced` says
    whether the voucher is good for it."""

    unit: Money
    quantity: int = 1
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class Reduction:
    """A voucher: so many per cent of each line, or an amount over all lines together."""

    percent: Decimal | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """`percent` of the net price; `included` says whether page prices contain it."""

    percent: Decimal = Decimal(0)
    included: bool = True


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with its prices, in the order's currency. list − discount is total where prices
    include tax, else net."""

    list: Money
    discount: Money
    net: Money
    tax: Money
    total: Money


def price(wishes: Sequence[Wish], reduction: Reduction | None, tax: Tax) -> list[Priced]:
    """The lines priced, in order. Raises MixedCurrencies where they are not of one currency."""
    lists = [wish.unit * wish.quantity for wish in wishes]
    discounts = _discounts(wishes, lists, reduction)
    return [_line(amount, discount, tax) for amount, discount in zip(lists, discounts, strict=True)]


def total(lines: Sequence[Priced], currency: str) -> Priced:
    """The sum, line by line."""
    zero = Money.zero(currency)
    return Priced(
        *(
            sum((getattr(line, name) for line in lines), zero)
            for name in ("list", "discount", "net", "tax", "total")
        )
    )


def _discounts(
    wishes: Sequence[Wish], lists: Sequence[Money], reduction: Reduction | None
) -> list[Money]:
    nothing = [amount - amount for amount in lists]
    if reduction is None:
        return nothing
    if reduction.percent is not None:
        fraction = reduction.percent / HUNDRED
        return [
            amount.share(fraction) if wish.reduced else zero
            for wish, amount, zero in zip(wishes, lists, nothing, strict=True)
        ]
    weights = [
        amount.amount_minor if wish.reduced else 0
        for wish, amount in zip(wishes, lists, strict=True)
    ]
    if reduction.amount is None or not sum(weights):
        return nothing
    # Never more than the lines cost: a voucher is no credit.
    taken = Money(min(reduction.amount.amount_minor, sum(weights)), reduction.amount.currency)
    return [part - zero for part, zero in zip(taken.allocate(weights), nothing, strict=True)]


def _line(amount: Money, discount: Money, tax: Tax) -> Priced:
    after = amount - discount
    rate = tax.percent / HUNDRED
    if tax.included:
        part = _half_up(after, rate / (1 + rate))
        return Priced(amount, discount, after - part, part, after)
    part = _half_up(after, rate)
    return Priced(amount, discount, after, part, after + part)


def _half_up(amount: Money, fraction: Decimal) -> Money:
    """As tax offices round."""
    exact = Decimal(amount.amount_minor) * fraction
    return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), amount.currency)


def refunded_share(part: Money, refunded: Money, whole: Money) -> Money:
    """How much of `part` (a fee, a tax) has gone back once `refunded` of `whole` has: by cumulative
    proportion, rounded down, so that refunds of all of it, in whatever pieces, return all of it."""
    if not whole.amount_minor:
        return part - part
    share = part.amount_minor * refunded.amount_minor // whole.amount_minor
    return Money(share, part.currency)
