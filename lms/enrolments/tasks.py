"""What the worker does: end access whose time is up, tell of it beforehand, and write the mail."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from lms.common import clock
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import actions, notifications
from .models import Enrolment
from .rules import TOLD_AHEAD
from .states import State

# Of one house at a time; the next round goes on.
BATCH = 500

RUNNING = Q(state=State.ACTIVE, completed_at=None, expires_at__isnull=False)


@in_provider_scope
def tell(provider_id: Any, enrolment_id: str, name: str) -> None:
    for seat in _seats().filter(pk=enrolment_id):
        _send(name, seat)


def watch_expiry() -> tuple[int, int]:
    """Every few minutes: (students told that their access ends soon, accesses ended)."""
    now = clock.now()
    horizon = now + timedelta(days=max(TOLD_AHEAD))
    near = Enrolment.objects.filter(RUNNING, expires_at__lte=horizon)
    houses = houses_with("whose access ends soon or has ended, for the clock", near)
    told = ended = 0
    for house in houses:
        with provider_scope(house):
            ended += sum(actions.expire(seat, at=now) for seat in _over(now))
            told += sum(_warn(days, now) for days in sorted(TOLD_AHEAD))
    return told, ended


def _over(now: datetime) -> Iterator[Enrolment]:
    """Those whose time is up, the longest first, in batches; each ends in a transaction of its own,
    which holds one course's seats."""
    seen: set[Any] = set()
    while True:
        rows = Enrolment.objects.filter(RUNNING, expires_at__lte=now).order_by("expires_at", "pk")
        batch = [seat for seat in rows[:BATCH] if seat.pk not in seen]
        if not batch:
            return
        seen |= {seat.pk for seat in batch}
        yield from batch


def _warn(days: int, now: datetime) -> int:
    """Tell those whose access ends within so many days and who were not told so near before."""
    near = Q(expires_at__gt=now, expires_at__lte=now + timedelta(days=days))
    untold = Q(expiry_told=None) | Q(expiry_told__gt=days)
    told = 0
    for seat in _seats().filter(RUNNING, near, untold).order_by("expires_at", "pk")[:BATCH]:
        # Whoever makes the mark tells; another worker finds it made.
        mine = Enrolment.objects.filter(RUNNING, untold, pk=seat.pk, expires_at=seat.expires_at)
        if mine.update(expiry_told=days):
            _send("ends_soon", seat)
            told += 1
    return told


def _seats() -> Any:
    return Enrolment.objects.select_related("student", "course", "provider__logo")


def _send(name: str, seat: Enrolment) -> None:
    if seat.student.is_active:
        notifications.send(name, seat)
