"""What the worker does: the clock of unpaid orders."""

import logging

from lms.common import clock
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with

from . import actions
from .models import Order
from .states import State

logger = logging.getLogger(__name__)
# Of one house at a time; the next round goes on.
BATCH = 500


def keep_time() -> int:
    """Every minute: what unpaid orders held is free again. Returns how many ended."""
    now = clock.now()
    due = Order.objects.filter(state=State.PENDING, expires_at__lte=now).order_by("expires_at")
    ended = 0
    for house in houses_with("whose orders were not paid in time, for the clock", due):
        with provider_scope(house):
            for order in due[:BATCH]:
                try:
                    ended += actions.expire(order, at=now)
                except Exception:  # one order must not keep the others' seats
                    logger.exception("Order %s could not be ended", order.pk)
    return ended
