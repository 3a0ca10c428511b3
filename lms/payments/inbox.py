"""What gateways tell us: verified, kept once, answered, and then worked on by a task.

A notice is only ever a reason to look: so they may come late, twice, in any order, or not at all.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from lms.common.errors import DomainError
from lms.gateways.payments import Notice as Told

from . import actions, selectors
from .models import Notice

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 12
KEPT = timedelta(days=90)


def receive(gateway: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep what a gateway tells, and have it worked on; whether it was news. Raises KeyError for a
    gateway that is not set up, and BadSignature."""
    return keep(gateway, selectors.gateway_called(gateway).verify(headers, body))


@transaction.atomic
def keep(gateway: str, told: Told) -> bool:
    """The same of a notice that has been verified."""
    notice, is_new = Notice.objects.get_or_create(
        gateway=gateway,
        event_id=told.event_id,
        defaults={
            "kind": told.kind[:80],
            "payment_ref": told.payment_ref,
            "reference": told.reference[:64],
            "payload": dict(told.payload),
            "happened_at": told.at,
        },
    )
    if is_new:
        key = notice.pk
        transaction.on_commit(lambda: async_task("lms.payments.tasks.work_on", key))
    return is_new


def work_on(notice: Notice, *, at: datetime) -> bool:
    """Look at what a notice is about; whether it is done. As often as one likes."""
    error = ""
    try:
        payment = selectors.whose(notice)
        if payment is not None:
            actions.look(payment, at=at)
    except DomainError as failed:
        error = failed.code
    except Exception as failed:
        logger.exception("Notice %s failed", notice.pk)
        error = type(failed).__name__
    rows = Notice.objects.filter(pk=notice.pk)
    rows.update(attempts=F("attempts") + 1, error=error, done_at=None if error else at)
    return not error


def waiting(at: datetime) -> list[Notice]:
    """Those whose task was lost or failed: again after 1, 2, 4 … minutes."""
    rows = Notice.objects.filter(done_at=None, attempts__lt=MOST_ATTEMPTS)
    found = []
    for notice in rows.order_by("received_at")[:200]:
        if notice.received_at + timedelta(minutes=2**notice.attempts) <= at:
            found.append(notice)
    return found


def forget_old(at: datetime) -> int:
    """Delete what is done and old."""
    old = Q(received_at__lt=at - KEPT) & ~Q(done_at=None)
    return Notice.objects.filter(old).delete()[0]
