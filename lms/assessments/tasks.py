"""What the worker does: hand in what is over, settle what counts otherwise, write to people."""

from typing import Any

from django_q.tasks import async_task

from lms.common import clock
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import actions, notifications
from .models import Assessment, Attempt
from .rules.sitting import TRAVEL
from .states import AttemptState


def close_due() -> int:
    """Every minute: hand in the attempts whose time is over; returns how many."""
    now = clock.now()
    due = Attempt.objects.filter(state=AttemptState.OPEN, ends_at__lt=now - TRAVEL)
    providers = houses_with("whose attempts are over, for the clock", due)
    closed = 0
    for provider in providers:
        with provider_scope(provider):
            closed += actions.close_due(at=now)
    return closed


@in_provider_scope
def tell_published(provider_id: Any, assessment_id: int, done: int) -> None:
    row = Assessment.objects.select_related("course", "provider__logo").get(pk=assessment_id)
    if row.is_published and notifications.send_published(row, done):
        async_task(tell_published, str(provider_id), assessment_id, done + notifications.BATCH)


@in_provider_scope
def settle(provider_id: Any, assessment_id: int) -> None:
    row = Assessment.objects.select_related("course").get(pk=assessment_id)
    actions.settle(row, at=clock.now())


@in_provider_scope
def tell_submitted(provider_id: Any, attempt_id: int) -> None:
    notifications.send_submitted(_attempt(attempt_id))


@in_provider_scope
def tell_graded(provider_id: Any, attempt_id: int) -> None:
    notifications.send_graded(_attempt(attempt_id))


def _attempt(attempt_id: int) -> Attempt:
    rows = Attempt.objects.select_related(
        "candidate__assessment__course",
        "candidate__assessment__provider__logo",
        "candidate__enrolment__student",
    )
    return rows.get(pk=attempt_id)
