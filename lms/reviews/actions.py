"""Writes: reviewing, moderating, answering, reporting.

Each action enters the provider's scope itself: whoever reports a review need not belong to the
house. Lock order: the enrolment, the review, then (lms.courses.actions) the course's listing.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from lms.common.errors import Forbidden, Invalid
from lms.common.states import move
from lms.courses.actions import ratings_changed
from lms.courses.models import CoursePage
from lms.courses.rules import STARS
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, require
from lms.tenants.scope import provider_scope

from . import events
from .errors import NotCompleted, NotShown, OwnCourse
from .models import Declined, Report, Review
from .permissions import may_answer, may_moderate
from .states import HIDE, REVISE, SHOW, State


@transaction.atomic
def rate(course: CoursePage, *, rating: int, text: str = "", actor: Any, at: datetime) -> Review:
    """Say what one thinks of a course one completed; saying it again replaces what was said.

    Raises NotCompleted, Invalid.
    """
    if rating not in STARS:
        raise Invalid(details={"rating": [f"1–{STARS[-1]}"]})
    with provider_scope(course.provider_id):
        # Held, so that two tabs make one review.
        seats = Enrolment.objects.select_for_update(no_key=True)
        seats = seats.filter(course=course, student=actor, completed_at__isnull=False)
        if seats.first() is None:
            raise NotCompleted
        waits = Provider.objects.values_list("reviews_wait", flat=True).get(pk=course.provider_id)
        known = Review.objects.select_for_update(no_key=True).filter(course=course, author=actor)
        review = known.first()
        said = {"rating": rating, "text": text.strip()}
        if review is None:
            review = Review(course=course, author=actor, written_at=at, changed_at=at, **said)
            _clean(review)
            review.save()
            if not waits:
                move(review, SHOW)
            event = events.WRITTEN
        else:
            for name, value in said.items():
                setattr(review, name, value)
            review.changed_at = at
            _clean(review)
            review.save(update_fields=[*said, "changed_at"])
            if review.state == State.HIDDEN or (waits and review.is_shown):
                move(review, REVISE, hidden_reason="")
            event = events.CHANGED
        ratings_changed(course.pk)
        emit(event, review, actor=actor, course=course.pk, shown=review.is_shown)
    return review


@transaction.atomic
def remove(review: Review, *, actor: Any) -> None:
    """Take one's own review back; nothing of it is left. Raises Forbidden."""
    if actor != review.author:
        raise Forbidden
    with provider_scope(review.provider_id):
        emit(events.REMOVED, review, actor=actor, course=review.course_id)
        review.delete()  # and what is counted, by lms.reviews.signal_handlers


def decline(enrolment: Enrolment) -> None:
    """Don't ask the student of `enrolment` for a review of that course again."""
    Declined.objects.get_or_create(provider=enrolment.provider, enrolment=enrolment)


# --- Moderation -----------------------------------------------------------------------------------


@transaction.atomic
def show(review: Review, *, actor: Any) -> None:
    """Approve a review that waits, or show a hidden one again. Raises Forbidden, OwnCourse,
    IllegalMove, StaleMove."""
    _require_moderator(review, actor)
    with provider_scope(review.provider_id):
        waited = review.state == State.WAITING
        move(review, SHOW, hidden_reason="")
        ratings_changed(review.course_id)
        emit(events.SHOWN, review, actor=actor, course=review.course_id, waited=waited)


@transaction.atomic
def hide(review: Review, *, reason: str, actor: Any, at: datetime) -> None:
    """Have nobody see a review, for a reason its author is told; reports of it are settled.

    Raises Forbidden, OwnCourse, Invalid without a reason, IllegalMove, StaleMove.
    """
    _require_moderator(review, actor)
    review.hidden_reason = reason.strip()
    if not review.hidden_reason:
        raise Invalid(details={"reason": ["?"]})
    _clean(review)
    with provider_scope(review.provider_id):
        move(review, HIDE, hidden_reason=review.hidden_reason)
        Report.objects.filter(review=review, settled_at=None).update(settled_at=at)
        ratings_changed(review.course_id)
        emit(
            events.HIDDEN,
            review,
            actor=actor,
            course=review.course_id,
            reason=review.hidden_reason,
        )


@transaction.atomic
def settle(review: Review, *, actor: Any, at: datetime) -> None:
    """Leave a reported review as it is. Raises Forbidden, OwnCourse."""
    _require_moderator(review, actor)
    with provider_scope(review.provider_id):
        if Report.objects.filter(review=review, settled_at=None).update(settled_at=at):
            emit(events.SETTLED, review, actor=actor, course=review.course_id)


@transaction.atomic
def answer(review: Review, text: str, *, actor: Any, at: datetime) -> None:
    """Answer a review that is shown; answering again replaces the answer, and nothing takes it
    back. The author is told of the first. Raises Forbidden, NotShown, Invalid."""
    if not may_answer(actor, review.course):
        raise Forbidden
    if not review.is_shown:
        raise NotShown
    text = text.strip()
    if text == review.answer:
        return
    first = review.answered_at is None
    review.answer, review.answered_at, review.answered_by = text, at, actor
    _clean(review)
    with provider_scope(review.provider_id):
        review.save(update_fields=["answer", "answered_at", "answered_by"])
        ratings_changed(review.course_id)  # its page shows the answer
        emit(events.ANSWERED, review, actor=actor, course=review.course_id, first=first)


@transaction.atomic
def report(review: Review, *, reason: str, actor: Any, at: datetime) -> None:
    """Tell the moderators that a review should not stand there. Saying it again replaces the
    reason; what they have looked at already stays settled. Raises Invalid."""
    with provider_scope(review.provider_id):
        known = Report.objects.filter(review=review, reporter=actor).first()
        row = known or Report(
            provider_id=review.provider_id, review=review, reporter=actor, reported_at=at
        )
        row.reason = reason.strip()
        _clean(row)
        row.save()
        if known is None:
            emit(events.REPORTED, review, actor=actor, course=review.course_id)


@transaction.atomic
def set_approval(provider: Provider, waits: bool, *, actor: Any) -> None:
    """Whether new reviews wait for approval from now on. What waits already goes on waiting.
    Raises Forbidden."""
    require(actor, Code.CHANGE_SETTINGS, provider)
    if (
        Provider.objects.filter(pk=provider.pk)
        .exclude(reviews_wait=waits)
        .update(reviews_wait=waits)
    ):
        emit(events.APPROVAL_SET, provider, actor=actor, waits=waits)


def _require_moderator(review: Review, actor: Any) -> None:
    if actor is SYSTEM or may_moderate(actor, review.course):
        return
    raise OwnCourse if can(actor, Code.MODERATE_REVIEWS, review) else Forbidden


def _clean(row: Any) -> None:
    """Raises Invalid."""
    try:
        row.clean_fields()
    except ValidationError as bad:
        raise Invalid(details=bad.message_dict) from bad
