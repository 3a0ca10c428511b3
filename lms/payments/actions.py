"""Writes: paying an order, settling what the gateway says, giving money back.

A gateway is asked outside of transactions; what it says is written down in one, with the ledger and
what was bought, or not at all. Nothing depends on the order or number of times in which it is said:
`settle` compares how things are with how they should be.

Lock order: that of lms.orders, then the payment, then its refunds.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from lms.common.errors import DomainError
from lms.common.ids import uuids_in
from lms.common.money import Money
from lms.common.states import IllegalMove, StaleMove, move
from lms.courses.models import CoursePage
from lms.enrolments.actions import end
from lms.events import SYSTEM, emit
from lms.gateways import GatewayUnavailable
from lms.gateways.payments import (
    Begun,
    Charge,
    Declined,
    Found,
    FoundRefund,
    Item,
    Method,
    NoSuchPayment,
    Outcome,
    Progress,
    Reason,
)
from lms.orders import actions as orders
from lms.orders.errors import NotPayable
from lms.orders.models import Order
from lms.orders.states import State
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from . import events, ledger, selectors
from .errors import CannotPayBy, GatewayDown, OverRefund, RefundedMeanwhile
from .models import Account, Kind, Payment, Refund
from .rules import platform_fee, split_refund
from .states import CANCEL, FAIL, PROCESS, REOPEN, SUCCEED, Paying, Refunding

logger = logging.getLogger(__name__)
UNSETTLED = (Paying.OPEN, Paying.PROCESSING)
BANK_TAKES = timedelta(days=7)

# What became of a payment → the transition that says so.
MOVES = {
    Outcome.OPEN: REOPEN,
    Outcome.PROCESSING: PROCESS,
    Outcome.SUCCEEDED: SUCCEED,
    Outcome.FAILED: FAIL,
    Outcome.CANCELLED: CANCEL,
}


def begin(
    order: Order,
    gateway: str,
    *,
    at: datetime,
    return_url: Callable[[Payment], str],
    cancel_url: str,
    method: Method | None = None,
) -> Payment:
    """Open a payment of `order` by `gateway`; its `url` is where the buyer goes. Asking again, by a
    double click or after the gateway failed, goes on with the same one, unless it has ended at the
    gateway meanwhile.

    Raises NotPayable, CannotPayBy, GatewayDown.
    """
    if all(choice.gateway != gateway for choice in selectors.choices(order.total)):
        raise CannotPayBy
    with provider_scope(order.provider_id):
        payment = _open(order, gateway, at)
        if payment.url:
            payment = look(payment, at=at)
            if payment.state == Paying.OPEN:
                return payment
            payment = _open(order, gateway, at)
        try:
            begun = selectors.gateway_called(gateway).begin(
                _charge(order, payment, return_url(payment), cancel_url, method)
            )
        except Declined as refused:
            _fail(payment, refused)
            raise CannotPayBy from refused
        except GatewayUnavailable as down:
            logger.warning("Payment %s could not be begun: %s", payment.pk, down)
            raise GatewayDown from down
        return _begun(payment, begun)


@transaction.atomic
def _open(order: Order, gateway: str, at: datetime) -> Payment:
    row = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not row.is_payable(at):
        raise NotPayable
    known = Payment.objects.filter(order=row, gateway=gateway, state=Paying.OPEN).first()
    if known is not None:
        return known
    return Payment.objects.create(
        order=row,
        gateway=gateway,
        amount_minor=row.total_minor,
        currency=row.currency,
        platform_fee_minor=_fee(row).amount_minor,
        begun_at=at,
    )


@transaction.atomic
def _begun(payment: Payment, begun: Begun) -> Payment:
    Payment.objects.filter(pk=payment.pk).update(ref=begun.ref, url=begun.url)
    payment.ref, payment.url = begun.ref, begun.url
    return payment


@transaction.atomic
def _fail(payment: Payment, refused: Declined) -> None:
    move(payment, FAIL, reason=refused.code, detail=refused.detail[:300])


def look(payment: Payment, *, at: datetime) -> Payment:
    """Ask the gateway how a payment is, take the money where the buyer has agreed, and settle it.
    Raises GatewayDown."""
    if not payment.ref:
        return payment
    port = selectors.gateway_called(payment.gateway)
    try:
        found = port.find(payment.ref)
        if found.outcome == Outcome.APPROVED and _is_wanted(payment):
            found = port.capture(payment.ref, key=f"capture-{payment.pk}")
        elif found.outcome == Outcome.APPROVED:
            found = port.cancel(payment.ref)
    except Declined as refused:
        found = Found(
            payment.ref, str(payment.pk), Outcome.FAILED, payment.amount,
            reason=_reason(refused.code), detail=refused.detail,
        )  # fmt: skip
    except NoSuchPayment:
        logger.warning("%s knows of no payment %s", payment.gateway, payment.ref)
        return payment
    except GatewayUnavailable as down:
        raise GatewayDown from down
    return settle(payment, found, at=at)


def _is_wanted(payment: Payment) -> bool:
    """Whether its money should still be taken: not where the buyer was told that nothing was, or
    has paid otherwise."""
    unpaid = Q(state__in=UNSETTLED, order__state__in=(State.PENDING, State.EXPIRED))
    with provider_scope(payment.provider_id):
        return Payment.objects.filter(unpaid, pk=payment.pk).exists()


def settle(payment: Payment, found: Found, *, at: datetime) -> Payment:
    """Have our rows say what the gateway found, whatever they said before.

    A payment that succeeded is in the ledger and its order delivered, in one transaction. What
    can't be delivered any more goes back to the buyer.
    """
    with provider_scope(payment.provider_id):
        if found.outcome == Outcome.SUCCEEDED and payment.amount != found.amount:
            _mismatch(payment, found)
            return payment
        payment = _settle(payment, found, at)
        for one in found.refunds:
            settle_refund(payment, one, at=at)
        if payment.state == Paying.SUCCEEDED:
            give_back_what_nobody_gets(payment, at=at)
    return payment


@transaction.atomic
def _settle(payment: Payment, found: Found, at: datetime) -> Payment:
    succeeded = found.outcome == Outcome.SUCCEEDED
    # Once: what could not be delivered went back, and must not be given later for nothing.
    if succeeded and not Payment.objects.filter(pk=payment.pk, state=Paying.SUCCEEDED).exists():
        _deliver(payment, at)
    held = Payment.objects.select_for_update(no_key=True, of=("self",)).select_related("order")
    row = held.get(pk=payment.pk)
    if succeeded and row.state != Paying.SUCCEEDED:
        _take(row, found, at)
    elif not succeeded:
        _note(row, found, at)
    if succeeded and found.fee is not None and row.fee_minor is None:
        _book_fee(row, found.fee, at)
    return row


def _deliver(payment: Payment, at: datetime) -> None:
    """Give the buyer what they paid for; where that is not possible any more, close the order: then
    `give_back_what_nobody_gets` sees to the money."""
    try:
        orders.mark_paid(payment.order, at=at)
    except (IllegalMove, StaleMove):
        raise
    except DomainError as undeliverable:
        why = type(undeliverable).code
        orders.cancel(payment.order, actor=SYSTEM, at=at)
        emit(events.UNDELIVERED, payment.order, actor=SYSTEM, why=why)


def _take(row: Payment, found: Found, at: datetime) -> None:
    order = row.order
    fee = Money(row.platform_fee_minor, row.currency)
    sale = {
        Account.RECEIVABLE: order.total,
        Account.TAX: -order.tax,
        Account.FEE: -fee,
        Account.EARNINGS: fee - order.net,
    }
    ledger.book(Kind.SALE, f"sale-{row.pk}", sale, order=order, at=at)
    paid = {Account.GATEWAY: row.amount, Account.RECEIVABLE: -row.amount}
    booking = ledger.book(Kind.PAYMENT, f"payment-{row.pk}", paid, order=order, at=at)
    move(
        row,
        SUCCEED,
        booking=booking,
        succeeded_at=at,
        paid_with=found.paid_with[:80],
        reason="",
        detail="",
    )
    emit(events.SUCCEEDED, row, actor=SYSTEM, order=str(order.pk))


def _note(row: Payment, found: Found, at: datetime) -> None:
    deed = MOVES.get(found.outcome)
    reason = found.reason.value if found.reason else ""
    if deed is not None and (row.state, deed) in row.machine.transitions:
        move(row, deed, reason=reason, detail=found.detail[:300])
        if deed == FAIL:
            emit(events.FAILED, row, actor=SYSTEM, reason=reason)
        if deed == PROCESS:
            orders.put_off(row.order, until=at + BANK_TAKES)
    elif reason and row.state in UNSETTLED:  # another card is tried on the same page
        Payment.objects.filter(pk=row.pk).update(reason=reason, detail=found.detail[:300])
        row.reason = reason


def _book_fee(row: Payment, fee: Money, at: datetime) -> None:
    if fee:
        amounts = {Account.GATEWAY_FEE: fee, Account.GATEWAY: -fee}
        ledger.book(Kind.GATEWAY_FEE, f"fee-{row.pk}", amounts, order=row.order, at=at)
    Payment.objects.filter(pk=row.pk).update(fee_minor=fee.amount_minor)
    row.fee_minor = fee.amount_minor


def give_back_what_nobody_gets(payment: Payment, *, at: datetime) -> None:
    """Money that came for an order which another payment has paid, or which could not be delivered.
    Needs the scope."""
    order = payment.order
    order.refresh_from_db()
    refused = Refund.objects.filter(payment=payment, state=Refunding.FAILED, asked_by=None)
    if refused.exists():
        return  # each try would be told to us, and tried again: a person has to look
    if selectors.bought_by(order) == payment or not (rest := selectors.refundable(payment)):
        return
    with translation.override(order.language):  # the buyer reads it
        is_second = order.paid_at is not None
        reason = _("The order had been paid already.") if is_second else _("It could not be given.")
    refund(payment, rest, reason=reason, keeps_access=True, actor=SYSTEM, at=at)


def give_up(payment: Payment, *, at: datetime) -> Payment:
    """See to it that nothing is taken for an open payment any more. Raises GatewayDown."""
    if payment.state not in UNSETTLED or not payment.ref:
        return payment
    try:
        found = selectors.gateway_called(payment.gateway).cancel(payment.ref)
    except NoSuchPayment:  # some forget what nobody finished
        found = Found(
            payment.ref, str(payment.pk), Outcome.CANCELLED, payment.amount, reason=Reason.GIVEN_UP
        )
    except GatewayUnavailable as down:
        raise GatewayDown from down
    return settle(payment, found, at=at)


def cancel(order: Order, *, actor: Any, at: datetime) -> None:
    """The buyer gives an order up: its pages at the gateways close too. One that does not answer is
    asked again by the reconciler. Raises NotPayable."""
    orders.cancel(order, actor=actor, at=at)
    with provider_scope(order.provider_id):
        for payment in selectors.payments_of(order).filter(state__in=UNSETTLED):
            with suppress(GatewayDown):
                give_up(payment, at=at)


# --- Giving back ----------------------------------------------------------------------------------


def refund(
    payment: Payment,
    amount: Money,
    *,
    reason: str,
    actor: Any,
    at: datetime,
    keeps_access: bool = False,
    shown: Money | None = None,
) -> Refund:
    """Give `amount` of a payment back. When all of it has gone, the course goes too, unless the
    buyer `keeps_access`. `shown` is what the actor was told is left: a second click is refused.

    Raises Forbidden, OverRefund, RefundedMeanwhile. Where the gateway does not answer the refund
    waits, and the reconciler asks again with the same key.
    """
    require(actor, Code.REFUND, payment)
    with provider_scope(payment.provider_id):
        row = _ask_refund(payment, amount, reason, actor, at, keeps_access, shown=shown)
        return send_refund(row, at=at)


def send_refund(row: Refund, *, at: datetime) -> Refund:
    """Ask the gateway for a refund that waits; as often as one likes. Needs the scope."""
    if row.state != Refunding.PENDING:
        return row
    port = selectors.gateway_called(row.payment.gateway)
    try:
        found = port.refund(row.payment.ref, row.amount, reference=str(row.pk), reason=row.reason)
    except (Declined, NoSuchPayment) as refused:
        found = FoundRefund("", row.amount, Progress.FAILED, str(row.pk), detail=str(refused))
    except GatewayUnavailable as down:
        logger.warning("Refund %s waits: %s", row.pk, down)
        return row
    return _settle_refund(row, found, at)


def settle_refund(payment: Payment, found: FoundRefund, *, at: datetime) -> Refund | None:
    """Have our rows say what the gateway says of a refund; one that was made on the gateway's own
    pages is written down. Needs the scope."""
    row = Refund.objects.filter(payment=payment, pk__in=uuids_in([found.reference])).first()
    if row is None and found.ref:
        row = Refund.objects.filter(payment=payment, ref=found.ref).first()
    if row is None:
        if found.progress == Progress.FAILED or payment.state != Paying.SUCCEEDED:
            return None
        row = _ask_refund(payment, found.amount, "", SYSTEM, at, False, ref=found.ref)
    return _settle_refund(row, found, at)


@transaction.atomic
def _ask_refund(
    payment: Payment,
    amount: Money,
    reason: str,
    actor: Any,
    at: datetime,
    keeps_access: bool,
    ref: str = "",
    shown: Money | None = None,
) -> Refund:
    held = Payment.objects.select_for_update(no_key=True, of=("self",)).select_related("order")
    row = held.get(pk=payment.pk)
    left = selectors.refundable(row)
    if shown not in (None, left):
        raise RefundedMeanwhile(details={"left": str(left)})
    if row.state != Paying.SUCCEEDED or not Money.zero(row.currency) < amount <= left:
        raise OverRefund(details={"left": str(left)})
    order = row.order
    earned, tax, fee = split_refund(
        amount=amount,
        after=row.amount - left + amount,
        total=order.total,
        tax=order.tax,
        tax_before=selectors.returned(row, Account.TAX),
        fee=Money(row.platform_fee_minor, row.currency),
        fee_before=selectors.returned(row, Account.FEE),
    )
    new = Refund(
        payment=row,
        ref=ref,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
        keeps_access=keeps_access,
        asked_by=None if actor is SYSTEM else actor,
        asked_at=at,
    )
    amounts = {
        Account.EARNINGS: earned,
        Account.TAX: tax,
        Account.FEE: fee,
        Account.REFUND: -amount,
    }
    new.booking = ledger.book(Kind.REFUND, f"refund-{new.pk}", amounts, order=order, at=at)
    new.save(force_insert=True)
    emit(events.REFUND_ASKED, new, actor=actor, amount=str(amount))
    return new


@transaction.atomic
def _settle_refund(refund: Refund, found: FoundRefund, at: datetime) -> Refund:
    courses = orders.hold_courses(refund.payment.order)
    rows = Refund.objects.select_for_update(no_key=True, of=("self",))
    held = rows.select_related("payment__order").get(pk=refund.pk)
    order = held.payment.order
    if held.state == Refunding.PENDING and found.progress == Progress.SUCCEEDED:
        amounts = {Account.REFUND: held.amount, Account.GATEWAY: -held.amount}
        ledger.book(Kind.REFUND_PAID, f"refunded-{held.pk}", amounts, order=order, at=at)
        move(held, SUCCEED, ref=found.ref, done_at=at)
        emit(events.REFUNDED, held, actor=SYSTEM, amount=str(held.amount))
        if selectors.is_all_back(held.payment) and selectors.bought_by(order) == held.payment:
            _take_back(held, order, courses, at)
    elif held.state == Refunding.SUCCEEDED and found.progress == Progress.FAILED:
        # The bank has sent it back: what was ended stays so until a person has looked.
        amounts = {Account.REFUND: -held.amount, Account.GATEWAY: held.amount}
        ledger.book(Kind.REFUND_PAID, f"refund-returned-{held.pk}", amounts, order=order, at=at)
        _fail_refund(held, found, at)
    elif held.state == Refunding.PENDING and found.progress == Progress.FAILED:
        _fail_refund(held, found, at)
    elif held.state == Refunding.PENDING and found.ref and not held.ref:
        Refund.objects.filter(pk=held.pk).update(ref=found.ref)
        held.ref = found.ref
    return held


def _fail_refund(refund: Refund, found: FoundRefund, at: datetime) -> None:
    """The mirror of what was booked when the refund was asked for."""
    logger.error("Refund %s failed: %s", refund.pk, found.detail)
    amounts = {
        Account(entry.account): -Money(entry.amount_minor, entry.currency)
        for entry in refund.booking.entries.all()
    }
    order = refund.payment.order
    ledger.book(Kind.REFUND_FAILED, f"refund-failed-{refund.pk}", amounts, order=order, at=at)
    move(refund, FAIL, detail=found.detail[:300], done_at=at)
    emit(events.REFUND_FAILED, refund, actor=SYSTEM, detail=found.detail[:300])


def _take_back(refund: Refund, order: Order, courses: list[CoursePage], at: datetime) -> None:
    """All of the money has gone back. A course they have paid for once more is theirs."""
    orders.mark_refunded(order, at=at, actor=refund.asked_by or SYSTEM)
    if refund.keeps_access or order.buyer is None:
        return
    paid = Order.objects.filter(buyer=order.buyer, state=State.PAID, lines__course__in=courses)
    kept = set(paid.values_list("lines__course", flat=True))
    for course in courses:
        if course.pk in kept:
            continue
        end(course, order.buyer, actor=SYSTEM, at=at, reason=refund.reason)


def _mismatch(payment: Payment, found: Found) -> None:
    """Nobody is enrolled for another amount than was ordered; a person has to look."""
    said = f"{found.amount} instead of {payment.amount}"
    logger.error("%s took %s for payment %s", payment.gateway, said, payment.pk)
    if payment.detail != said:
        Payment.objects.filter(pk=payment.pk).update(detail=said)
        payment.detail = said
        emit(events.MISMATCHED, payment, actor=SYSTEM, said=said)


def _charge(
    order: Order, payment: Payment, return_url: str, cancel_url: str, method: Method | None
) -> Charge:
    items = tuple(Item(line.title, line.total, line.quantity) for line in order.lines.all())
    return Charge(
        reference=str(payment.pk),
        amount=order.total,
        items=items,
        email=order.buyer_email,
        language=order.language,
        seller=order.provider.name,
        return_url=return_url,
        cancel_url=cancel_url,
        expires_at=order.expires_at,
        method=method,
    )


def _fee(order: Order) -> Money:
    return platform_fee(order.net, order.provider.tier.fee_percent)


def _reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        return Reason.DECLINED
