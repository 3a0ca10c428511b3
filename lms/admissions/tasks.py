"""What the worker does: the clock of offers and invitations, lists, and letters."""

import time
from typing import Any

from django_q.tasks import async_task

from lms.accounts.models import User
from lms.common import clock
from lms.common.states import StaleMove, move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.tasks import in_provider_scope

from . import lists, notifications, seats
from .models import Invitation, JoinRequest, WaitlistEntry
from .states import EXPIRE, Invited, Waiting

SECONDS = 20.0


def keep_time() -> int:
    """Every minute: offers nobody answered go to the next, seats that became free are offered, and
    invitations end. Returns how many offers and invitations ended."""
    now = clock.now()
    with every_tenant("whose offers and invitations are over, and where people wait"):
        over = WaitlistEntry.objects.filter(state=Waiting.OFFERED, expires_at__lte=now)
        waiting = WaitlistEntry.objects.filter(state=Waiting.WAITING)
        ids = set((over | waiting).values_list("course", flat=True).distinct())
        old = Invitation.objects.filter(state=Invited.SENT, expires_at__lte=now)
        houses = set(old.values_list("provider_id", flat=True).distinct())
    ended = 0
    for course in CoursePage.objects.filter(pk__in=ids).select_related("provider"):
        with provider_scope(course.provider_id):
            ended += seats.expire_offers(course, at=now)
    for provider_id in houses:
        with provider_scope(provider_id):
            for row in Invitation.objects.filter(state=Invited.SENT, expires_at__lte=now):
                try:
                    move(row, EXPIRE)
                except StaleMove:
                    continue  # sent again at this moment
                ended += 1
    return ended


@in_provider_scope
def work_on_list(provider_id: Any, list_id: int) -> None:
    """Batches of a list's rows for some seconds; then the next task goes on."""
    end = time.monotonic() + SECONDS
    while lists.work(list_id, at=clock.now()):
        if time.monotonic() > end:
            async_task(work_on_list, provider_id, list_id)
            return


@in_provider_scope
def tell_added(provider_id: Any, seat_id: str, teacher_id: str, message: str) -> None:
    rows = Enrolment.objects.select_related("course__provider__logo", "student")
    seat = rows.filter(pk=seat_id).first()
    teacher = User.objects.filter(pk=teacher_id).first()
    if seat is not None and seat.is_active and seat.student.is_active:
        notifications.send_added(seat.course, seat.student, teacher, message)


@in_provider_scope
def tell_answered(provider_id: Any, key: str) -> None:
    rows = Invitation.objects.select_related("course__provider__logo", "invited_by", "answered_by")
    if row := rows.filter(pk=key).first():
        notifications.send_answered(row)


@in_provider_scope
def tell_asked(provider_id: Any, key: str) -> None:
    rows = JoinRequest.objects.select_related("course__provider__logo", "student")
    if row := rows.filter(pk=key).first():
        notifications.send_asked(row)


@in_provider_scope
def tell_decided(provider_id: Any, key: str) -> None:
    rows = JoinRequest.objects.select_related("course__provider__logo", "student", "decided_by")
    row = rows.filter(pk=key).first()
    if row is not None and row.student.is_active:
        notifications.send_decided(row)


@in_provider_scope
def tell_offered(provider_id: Any, key: str) -> None:
    if row := _place(key, Waiting.OFFERED):
        notifications.send_offered(row)


@in_provider_scope
def tell_passed(provider_id: Any, key: str) -> None:
    if row := _place(key, Waiting.EXPIRED):
        notifications.send_passed(row)


def _place(key: str, state: Waiting) -> WaitlistEntry | None:
    """None where it has moved on: there is nothing to tell."""
    rows = WaitlistEntry.objects.select_related("course__provider__logo", "student")
    row = rows.filter(pk=key, state=state).first()
    return row if row is not None and row.student.is_active else None
