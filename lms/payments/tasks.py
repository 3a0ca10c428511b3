"""What the worker does: notices, and healing what was cut short."""

import logging
from datetime import timedelta
from typing import Any

from lms.common import clock
from lms.tenants.tasks import in_provider_scope

from . import inbox, notifications, reconciling
from .models import Notice, Payment, Refund

logger = logging.getLogger(__name__)
LOOK_BACK = timedelta(hours=24)


def work_on(notice_id: int) -> None:
    """One notice, as soon as it is here."""
    if notice := Notice.objects.filter(pk=notice_id, done_at=None).first():
        inbox.work_on(notice, at=clock.now())


def work_on_notices() -> int:
    """Every minute: those whose task was lost or failed. Returns how many are done."""
    now = clock.now()
    return sum(inbox.work_on(notice, at=now) for notice in inbox.waiting(now))


def reconcile() -> list[str]:
    """Every quarter of an hour: compare our state with the gateways' and mend it. Returns what was
    mended, in words."""
    now = clock.now()
    mended = reconciling.reconcile(at=now, since=now - LOOK_BACK)
    inbox.forget_old(now)
    for line in mended:
        logger.warning("Reconciled: %s", line)
    return mended


@in_provider_scope
def tell_paid(provider_id: Any, payment_id: str) -> None:
    notifications.send_paid(_payment(payment_id))


@in_provider_scope
def tell_undelivered(provider_id: Any, order_id: str) -> None:
    notifications.send_undelivered(order_id)


@in_provider_scope
def tell_refunded(provider_id: Any, refund_id: str) -> None:
    rows = Refund.objects.select_related("payment__order__provider__logo", "payment__order__buyer")
    notifications.send_refunded(rows.get(pk=refund_id))


def _payment(key: str) -> Payment:
    rows = Payment.objects.select_related("order__provider__logo", "order__buyer")
    return rows.get(pk=key)
