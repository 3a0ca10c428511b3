"""Reads: what something would cost whom, and whose orders there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from lms.common.errors import NotFound
from lms.common.money import Money
from lms.courses.models import CoursePage
from lms.tenants.models import Provider
from lms.tenants.scope import every_tenant, provider_scope

from .errors import BadVoucher, VoucherUsedUp
from .models import Order, OrderLine, TaxRate, TaxSettings, Voucher
from .rules import Priced, Reduction, Tax, Wish, price, total
from .states import State


@dataclass(frozen=True, slots=True)
class Quote:
    """What a course costs somebody now. `tax_name` is empty where there is none."""

    course: CoursePage
    line: Priced
    tax: Tax
    tax_name: str
    voucher: Voucher | None = None

    @property
    def total(self) -> Money:
        return self.line.total


def quote(
    course: CoursePage, *, country: str, code: str = "", buyer: Any = None, at: datetime
) -> Quote:
    """What `course` costs a buyer in `country`, with the voucher `code` where one is given. Raises
    BadVoucher, VoucherUsedUp."""
    with provider_scope(course.provider_id):
        voucher = None
        if code:
            mine = pending_order(course, buyer, at=at) if buyer is not None else None
            is_used = mine is not None and mine.voucher_code == normalised(code)
            voucher = mine.voucher if mine is not None and is_used else None  # by this very order
            voucher = voucher or usable_voucher(course, code, buyer=buyer, at=at)
        return quote_with(course, country=country, voucher=voucher)


def quote_with(course: CoursePage, *, country: str, voucher: Voucher | None) -> Quote:
    """The same with a voucher that has been looked at. Needs the scope."""
    rate, tax = _tax(country)
    wish = Wish(course.price, reduced=voucher is not None)
    (line,) = price([wish], reduction_of(voucher), tax)
    return Quote(course, total([line], course.currency), tax, rate.name if rate else "", voucher)


def usable_voucher(course: CoursePage, code: str, *, buyer: Any, at: datetime) -> Voucher:
    """Needs the scope. Raises BadVoucher, and VoucherUsedUp where it has been used often enough, in
    all or by the buyer."""
    found = Voucher.objects.filter(code=normalised(code)).first()
    if found is None or not found.is_open(at):
        raise BadVoucher
    if found.amount_minor is not None and found.currency != course.currency:
        raise BadVoucher
    courses = set(found.courses.values_list("course", flat=True))
    if courses and course.pk not in courses:
        raise BadVoucher
    if found.most is not None and found.used >= found.most:
        raise VoucherUsedUp
    if buyer is not None and used_by(found, buyer) >= found.most_a_person:
        raise VoucherUsedUp
    return found


def used_by(voucher: Voucher, buyer: Any) -> int:
    """How many orders of `buyer` have it, that wait or are paid."""
    counted = (State.PENDING, State.PAID)
    return Order.objects.filter(voucher=voucher, buyer=buyer, state__in=counted).count()


def reduction_of(voucher: Voucher | None) -> Reduction | None:
    if voucher is None:
        return None
    if voucher.amount_minor is not None:
        return Reduction(amount=Money(voucher.amount_minor, voucher.currency))
    return Reduction(percent=voucher.percent)


def normalised(code: str) -> str:
    """A voucher's code as it is kept, from what somebody typed."""
    return "".join(code.split()).upper()[:32]


def pending_order(course: CoursePage, buyer: Any, *, at: datetime) -> Order | None:
    """The buyer's order of this course that can still be paid. Needs the scope."""
    rows = Order.objects.filter(
        buyer=buyer, state=State.PENDING, expires_at__gt=at, lines__course=course
    )
    return rows.order_by("-placed_at").select_related("voucher").first()


def own_order(user: Any, order_id: Any, *, host: Provider | None = None) -> Order:
    """The access selector of a buyer: their own order. Raises NotFound."""
    with every_tenant("the buyer's own order, at whichever provider"):
        rows = _with_lines(Order.objects.filter(pk=order_id, buyer=user))
        if host is not None:
            rows = rows.filter(provider=host)
        found = rows.first()
    if found is None:
        raise NotFound
    return found


def orders_of(user: Any, *, host: Provider | None = None) -> QuerySet[Order]:
    """The buyer's own, the newest first. To be read in `every_tenant`."""
    rows = Order.objects.filter(buyer=user)
    if host is not None:
        rows = rows.filter(provider=host)
    return _with_lines(rows).order_by("-placed_at")


def order_in_house(provider: Provider, order_id: Any) -> Order:
    """The access selector of those who see a provider's sales. Raises NotFound."""
    with provider_scope(provider):
        found = _with_lines(Order.objects.filter(pk=order_id)).first()
    if found is None:
        raise NotFound
    return found


def tax_settings() -> TaxSettings:
    """Of the provider in scope; unsaved where it has made none."""
    return TaxSettings.objects.first() or TaxSettings()


def tax_is_included(order: Order) -> bool:
    """Whether the prices it was made of contained the tax: list − discount is its total then."""
    lists = sum(line.list_minor - line.discount_minor for line in order.lines.all())
    return lists == order.total_minor


def _with_lines(rows: QuerySet[Order]) -> QuerySet[Order]:
    lines = OrderLine.objects.select_related("course").order_by("position")
    return rows.select_related("provider", "buyer").prefetch_related(
        Prefetch("lines", queryset=lines)
    )


def _tax(country: str) -> tuple[TaxRate | None, Tax]:
    rates = {rate.country: rate for rate in TaxRate.objects.filter(country__in=[country, ""])}
    rate = rates.get(country) or rates.get("")
    if rate is None:
        return None, Tax()
    return rate, Tax(rate.percent, tax_settings().prices_include_tax)
