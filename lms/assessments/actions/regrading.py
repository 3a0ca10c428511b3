"""Marking anew by the questions as they are now: shown first, then done."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lms.events import emit
from lms.tenants.permissions import Code, require

from .. import events
from ..errors import (
    GradesMoved,
)
from ..models import (
    Assessment,
    Attempt,
    Candidate,
    Response,
)
from ..rules import answers, marking, sitting
from .shared import SUBMITTED, settle_candidate, text_of


@dataclass(frozen=True, slots=True)
class Changed:
    """A grade that another version of a question changes. `misfits` counts answers that no longer
    fit the question; they keep their points."""

    attempt: Attempt
    before: Decimal
    after: Decimal
    score_before: Decimal | None
    score_after: Decimal
    misfits: int


@dataclass(frozen=True, slots=True)
class Regrade:
    """What marking anew would change. `digest` names just this set of changes."""

    changes: tuple[Changed, ...]
    looked_at: int  # attempts with an outdated question
    misfits: int
    digest: str


def preview_regrade(row: Assessment, *, actor: Any) -> Regrade:
    """What would change if every answer were marked by the questions as they are now. What a
    person marked is left alone. Raises Forbidden."""
    require(actor, Code.MARK_ASSESSMENTS, row)
    return _regraded(_graded(row))[0]


@transaction.atomic
def commit_regrade(row: Assessment, digest: str, *, actor: Any, at: datetime) -> Regrade:
    """Mark anew as it was previewed. Raises Forbidden, and GradesMoved where it would not be the
    same any more."""
    require(actor, Code.MARK_ASSESSMENTS, row)
    list(Candidate.objects.select_for_update(no_key=True).filter(assessment=row).order_by("pk"))
    regrade, rows = _regraded(_graded(row).select_for_update(of=("self",), no_key=True))
    if regrade.digest != digest:
        raise GradesMoved
    Response.objects.bulk_update(rows, ["points", "marked_as"], batch_size=500)
    for change in regrade.changes:
        attempt = change.attempt
        fields = {"points": change.after, "score": change.score_after}
        Attempt.objects.filter(pk=attempt.pk).update(**fields)
        told = {"before": text_of(change.before), "after": text_of(change.after)}
        emit(events.REGRADED, attempt, actor=actor, assessment=row.pk, **told)
    touched = {change.attempt.candidate_id for change in regrade.changes}
    for candidate in Candidate.objects.select_related("assessment").filter(pk__in=touched):
        settle_candidate(candidate, actor=actor, at=at)
    return regrade


def _graded(row: Assessment) -> QuerySet[Attempt]:
    rows = Attempt.objects.filter(candidate__assessment=row, state__in=SUBMITTED)
    return rows.select_related("candidate__enrolment__student").order_by("pk")


def _regraded(attempts: QuerySet[Attempt]) -> tuple[Regrade, list[Response]]:
    """What changes, and the answers marked anew, not saved yet."""
    known = {attempt.pk: attempt for attempt in attempts}
    responses: dict[Any, list[Response]] = {}
    rows = Response.objects.filter(attempt_id__in=known).select_related(
        "given__question__current", "marked_as"
    )
    for row in rows.order_by("attempt_id", "place"):
        responses.setdefault(row.attempt_id, []).append(row)
    changes, anew, outdated, misfits = [], [], 0, 0
    for key, attempt in known.items():
        mine = responses.get(key, [])
        before = sum((row.points or Decimal(0) for row in mine), Decimal(0))
        touched = unfit = 0
        for row in mine:
            current = row.given.question.current
            if row.marked_at is not None or current is None or current.pk == row.asked.pk:
                continue
            if current.by_hand or row.points is None:
                continue
            touched += 1
            try:
                answer = answers.clean(current.kind, current.content, row.answer)
            except answers.AnswerError:
                unfit += 1
                continue
            credit = marking.mark(current.kind, current.content, answer).credit
            row.points = marking.points(credit or Decimal(0), row.most)
            row.marked_as = current
            anew.append(row)
        outdated += bool(touched)
        misfits += unfit
        after = sum((row.points or Decimal(0) for row in mine), Decimal(0))
        if after != before:
            score = sitting.percent(after, attempt.most)
            changes.append(Changed(attempt, before, after, attempt.score, score, unfit))
    said = ";".join(f"{one.attempt.pk}:{one.before}>{one.after}" for one in changes)
    marked = ";".join(f"{row.pk}:{row.marked_as_id}" for row in anew)
    digest = sha256(f"{said}|{marked}".encode()).hexdigest()
    return Regrade(tuple(changes), outdated, misfits, digest), anew
