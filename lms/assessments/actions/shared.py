"""What several of these modules need: rows held, sums, what is done by them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.progress.actions import work_changed

from .. import events
from ..models import (
    Assessment,
    Attempt,
    Candidate,
    Response,
)
from ..rules import sitting
from ..states import GRADE, AttemptState

SUBMITTED = (AttemptState.SUBMITTED, AttemptState.GRADED)


def clean(row: Any, exclude: Sequence[str] = ()) -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as problem:
        raise Invalid(details=problem.message_dict) from problem


def locked(row: Assessment, enrolment: Enrolment) -> Candidate:
    """The student's place in the assessment as it is now, held."""
    if enrolment.course_id != row.course_id:
        raise NotFound
    known, _new = Candidate.objects.get_or_create(
        provider_id=row.provider_id,  # type: ignore[misc]
        assessment=row,
        enrolment=enrolment,
    )
    return Candidate.objects.select_for_update(no_key=True).get(pk=known.pk)


def held_attempt(attempt_id: Any) -> tuple[Candidate, Attempt]:
    """A candidate and their attempt, held in that order."""
    key = Attempt.objects.values_list("candidate_id", flat=True).get(pk=attempt_id)
    candidate = Candidate.objects.select_for_update(no_key=True).get(pk=key)
    return candidate, Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)


def add_up(
    attempt: Attempt, candidate: Candidate, rows: Iterable[Response], *, actor: Any, at: datetime
) -> None:
    """Add up the points; what counts for the student follows."""
    points = sum((row.points or Decimal(0) for row in rows), Decimal(0))
    fields = {"points": points, "score": sitting.percent(points, attempt.most), "graded_at": at}
    if attempt.is_graded:
        Attempt.objects.filter(pk=attempt.pk).update(**fields)
        for name, value in fields.items():
            setattr(attempt, name, value)
    else:
        move(attempt, GRADE, **fields)
    settle_candidate(candidate, actor=actor, at=at)
    emit(events.GRADED, attempt, actor=actor, assessment=candidate.assessment_id)


def settle_candidate(candidate: Candidate, *, actor: Any, at: datetime) -> None:
    """Note what counts of the student's attempts and whether it is done, and let the course's
    progress know."""
    row = candidate.assessment
    made = list(candidate.attempts_made.filter(state__in=SUBMITTED).order_by("number"))
    scores = [one.score for one in made if one.is_graded and one.score is not None]
    score = sitting.counted(row.method, scores)
    done = (row.pass_percent is None and bool(made)) or sitting.passed(score, row.pass_percent)
    done_at = (candidate.done_at or at) if done else None
    newly = done and candidate.done_at is None
    if (score, done_at) != (candidate.score, candidate.done_at):
        Candidate.objects.filter(pk=candidate.pk).update(score=score, done_at=done_at)
        candidate.score, candidate.done_at = score, done_at
    if newly:
        work_changed(candidate.enrolment, actor=actor, at=at)


def settle(row: Assessment, *, at: datetime) -> None:
    """After an assessment was changed or withdrawn: what is done by the new terms, and which
    courses are completed by that. In small transactions, for the worker."""
    for key in list(Candidate.objects.filter(assessment=row).values_list("pk", flat=True)):
        with transaction.atomic():
            candidate = Candidate.objects.select_for_update(no_key=True).get(pk=key)
            settle_candidate(candidate, actor=SYSTEM, at=at)
    waiting = Enrolment.objects.filter(course_id=row.course_id, completed_at=None)
    for enrolment in list(waiting):
        if enrolment.is_active:
            work_changed(enrolment, actor=SYSTEM, at=at)


def text_of(points: Decimal | None) -> str | None:
    return None if points is None else str(points)
