"""Points and words for answers, and the grade that follows."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.common.errors import Invalid
from lms.common.states import move
from lms.events import SYSTEM, emit
from lms.tenants.permissions import Code, require

from .. import events
from ..errors import (
    MarkedByAnother,
    NotAllMarked,
)
from ..models import (
    Assessment,
    Attempt,
    Response,
)
from ..rules import marking
from ..states import REOPEN, AttemptState
from .shared import add_up, held_attempt, settle_candidate, text_of


@transaction.atomic
def mark_answer(
    response: Response,
    *,
    points: Decimal | None,
    comment: str = "",
    seen: str | None = None,
    actor: Any,
    at: datetime,
) -> Response:
    """Points and words for one answer; the grade follows if the attempt was graded already.
    `seen` is the response's `marked_like` that the marker began from.

    Raises Forbidden, MarkedByAnother, Invalid for points there are not to be had and where the
    student is still answering.
    """
    require(actor, Code.MARK_ASSESSMENTS, response)
    candidate, attempt = held_attempt(response.attempt_id)
    if attempt.is_open:
        raise Invalid(details={"attempt": ["not handed in"]})
    if points is not None and not 0 <= points <= response.most:
        raise Invalid(details={"points": [f"0–{response.most}"]})
    if points is None and attempt.is_graded:
        raise Invalid(details={"points": ["required"]})
    if len(comment) > 50_000:
        raise Invalid(details={"comment": ["≤ 50000"]})
    before = Response.objects.get(pk=response.pk)
    if (before.points, before.comment) == (points, comment):
        return before
    if seen is not None and seen != before.marked_like:
        raise MarkedByAnother(details={"points": text_of(before.points), "comment": before.comment})
    by = None if actor is SYSTEM else actor
    fields: dict[str, Any] = {"points": points, "comment": comment}
    if points != before.points:
        fields |= {"marked_at": None if points is None else at, "marked_by": by}
    Response.objects.filter(pk=response.pk).update(**fields)
    for name, value in fields.items():
        setattr(response, name, value)
    told = {"place": response.place, "before": text_of(before.points), "after": text_of(points)}
    emit(events.MARKED, attempt, actor=actor, **told)
    if attempt.is_graded:
        add_up(attempt, candidate, list(attempt.responses.all()), actor=actor, at=at)
    return response


@transaction.atomic
def take_late(response: Response, *, actor: Any, at: datetime) -> None:
    """Count the answer that came after the end; the student is not at fault. Raises Forbidden."""
    require(actor, Code.MARK_ASSESSMENTS, response)
    candidate, attempt = held_attempt(response.attempt_id)
    held = Response.objects.select_related("given").get(pk=response.pk)
    if held.late is None or attempt.is_open:
        return
    worth = marking.mark(held.given.kind, held.given.content, held.late).credit
    held.answer, held.late = held.late, None
    held.points = None if worth is None else marking.points(worth, held.most)
    held.save(update_fields=["answer", "late", "points"])
    emit(events.MARKED, attempt, actor=actor, place=held.place, late=True)
    rows = list(attempt.responses.all())
    if attempt.is_graded and all(row.is_marked for row in rows):
        add_up(attempt, candidate, rows, actor=actor, at=at)
    elif attempt.is_graded:
        move(attempt, REOPEN)
        settle_candidate(candidate, actor=actor, at=at)


@transaction.atomic
def grade(attempt: Attempt, *, comment: str = "", actor: Any, at: datetime) -> Attempt:
    """Give the student the grade: all is marked. Raises Forbidden, NotAllMarked, Invalid."""
    require(actor, Code.MARK_ASSESSMENTS, attempt)
    candidate, held = held_attempt(attempt.pk)
    rows = list(held.responses.all())
    if held.is_open or not all(row.is_marked for row in rows):
        raise NotAllMarked
    if len(comment) > 50_000:
        raise Invalid(details={"comment": ["≤ 50000"]})
    Attempt.objects.filter(pk=held.pk).update(comment=comment)
    held.comment = comment
    add_up(held, candidate, rows, actor=actor, at=at)
    return held


def grade_all(row: Assessment, *, actor: Any, at: datetime) -> int:
    """Grade every attempt of which all is marked; returns how many."""
    require(actor, Code.MARK_ASSESSMENTS, row)
    waiting = Attempt.objects.filter(candidate__assessment=row, state=AttemptState.SUBMITTED)
    number = 0
    for attempt in list(waiting.order_by("pk")):
        try:
            grade(attempt, comment=attempt.comment, actor=actor, at=at)
        except NotAllMarked:
            continue
        number += 1
    return number
