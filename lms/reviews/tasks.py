"""What the worker does: write to people."""

from typing import Any

from lms.tenants.tasks import in_provider_scope

from . import notifications
from .models import Review
from .states import State


@in_provider_scope
def tell_written(provider_id: Any, review_id: int) -> None:
    if review := _review(review_id, State.SHOWN):
        notifications.send_written(review)


@in_provider_scope
def tell_answered(provider_id: Any, review_id: int) -> None:
    if review := _review(review_id, State.SHOWN):
        notifications.send_answered(review)


@in_provider_scope
def tell_hidden(provider_id: Any, review_id: int) -> None:
    if review := _review(review_id, State.HIDDEN):
        notifications.send_hidden(review)


def _review(review_id: int, state: State) -> Review | None:
    """None where it has gone, or stands otherwise by now: there is nothing to tell."""
    rows = Review.objects.select_related("course__owner", "provider__logo", "author", "answered_by")
    return rows.filter(pk=review_id, state=state).first()
