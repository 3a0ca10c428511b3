"""Comparing our state with the gateways', and mending it: "I paid but I'm not enrolled" ends here.

Whatever was cut short (a lost notice, a worker killed between the charge and our commit, a gateway
that answered too late) is found by asking again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from lms.common.errors import DomainError
from lms.enrolments.models import Enrolment
from lms.gateways import GatewayRefused, GatewayUnavailable
from lms.orders import actions as orders
from lms.orders.models import OrderLine
from lms.orders.states import State
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with

from . import actions, inbox, selectors
from .models import Payment, Refund
from .states import Paying, Refunding

logger = logging.getLogger(__name__)
SETTLES_BY_ITSELF = timedelta(minutes=2)
FEE_COMES_WITHIN = timedelta(days=7)
# Of one house at a time; the next round goes on.
BATCH = 500


def reconcile(*, at: datetime, since: datetime) -> list[str]:
    """Mend what differs; returns what was mended, a line each."""
    mended = list(_lost_notices(since))
    unsettled = Q(state__in=actions.UNSETTLED, begun_at__lt=at - SETTLES_BY_ITSELF)
    no_fee = Q(state=Paying.SUCCEEDED, fee_minor=None, succeeded_at__gt=at - FEE_COMES_WITHIN)
    # Money nobody gets goes back right after it was taken, unless the worker was killed in between.
    astray = Q(~Q(succeeded_at=F("order__paid_at")) | Q(order__paid_at=None)) & Q(
        ~Exists(Refund.objects.filter(payment=OuterRef("pk"))),
        state=Paying.SUCCEEDED,
        succeeded_at__gte=since,
    )
    payments = Payment.objects.filter(unsettled | no_fee | astray).exclude(ref="")
    payments = payments.order_by("begun_at")
    waiting = Q(state=Refunding.PENDING, asked_at__lt=at - SETTLES_BY_ITSELF)
    refunds = Refund.objects.filter(waiting).order_by("asked_at")
    # Paid means enrolled: who paid and never had a seat.
    seats = Enrolment.objects.filter(course=OuterRef("course"), student=OuterRef("order__buyer"))
    lines = OrderLine.objects.filter(
        ~Exists(seats), order__state=State.PAID, order__paid_at__gte=since, course__isnull=False
    ).exclude(order__buyer=None)
    for house in houses_with("whose money is unsettled, for the clock", payments, refunds, lines):
        with provider_scope(house):
            for payment in payments.select_related("order")[:BATCH]:
                mended += _payment(payment, at)
            for refund in refunds.select_related("payment__order")[:BATCH]:
                mended += _refund(refund, at)
            for line in lines.select_related("order")[:BATCH]:
                mended += _undelivered(line, at)
    return mended


def _lost_notices(since: datetime) -> Iterator[str]:
    for name in selectors.gateway_names():
        try:
            for told in selectors.gateway_called(name).since(since):
                if inbox.keep(name, told):
                    yield f"{name}: {told.kind} {told.event_id} had not been heard of"
        except (GatewayUnavailable, GatewayRefused):
            continue  # the next round asks again


def _payment(payment: Payment, at: datetime) -> Iterator[str]:
    before = (payment.state, payment.fee_minor)
    now = None
    with _going_on(payment):
        now = actions.look(payment, at=at)
        if now.state in actions.UNSETTLED and not now.order.is_payable(at):
            now = actions.give_up(now, at=at)
    if now and (now.state, now.fee_minor) != before:
        yield f"payment {payment.pk}: {before[0]} is {now.state}"


def _refund(refund: Refund, at: datetime) -> Iterator[str]:
    now = None
    with _going_on(refund):
        now = actions.send_refund(refund, at=at)
    if now and now.state != Refunding.PENDING:
        yield f"refund {refund.pk}: {now.state}"


def _undelivered(line: OrderLine, at: datetime) -> Iterator[str]:
    with _going_on(line):
        orders.deliver(line.order, at=at)
        yield f"order {line.order.reference}: enrolled"


@contextmanager
def _going_on(row: Any) -> Iterator[None]:
    """One that can't be mended keeps none of the others waiting: a gateway that is not set up any
    more, or a fault of ours. The next round tries again."""
    try:
        yield
    except DomainError as refused:
        logger.info("%r is as it was: %s", row, refused.code)
    except Exception:
        logger.exception("%r could not be compared", row)
