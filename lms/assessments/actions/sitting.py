"""Attempts: beginning, answering, handing in."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.files.actions import attach_upload
from lms.files.models import Upload

from .. import events, uploads
from ..errors import (
    AnsweredElsewhere,
    AttemptClosed,
    NoAttemptsLeft,
    NotOpen,
    TimeUp,
)
from ..models import (
    Assessment,
    Attempt,
    Candidate,
    Response,
    Version,
)
from ..rules import answers, marking, sitting
from ..states import SUBMIT, AttemptState
from .setting import drawn
from .shared import (
    add_up,
    locked,
    settle_candidate,
)


@transaction.atomic
def start(row: Assessment, enrolment: Enrolment, *, actor: Any, at: datetime) -> Attempt:
    """Begin an attempt, or go on with the one that is running. What is given is decided now.

    Raises NotFound, NotOpen, NoAttemptsLeft, TooFewToDraw, NothingToTake.
    """
    if not row.is_published or not enrolment.is_active:
        raise NotFound
    candidate = locked(row, enrolment)
    made = list(candidate.attempts_made.order_by("number"))
    if made and made[-1].is_open:
        return made[-1]
    window = row.window(candidate)
    if not window.is_open(at):
        moments = {"opens_at": window.opens_at, "closes_at": window.closes_at}
        raise NotOpen(details={name: one and one.isoformat() for name, one in moments.items()})
    if not window.has_attempts(len(made)):
        raise NoAttemptsLeft
    seed = secrets.token_hex(16)
    paper = drawn(row, seed)
    attempt = Attempt.objects.create(
        provider_id=row.provider_id,
        candidate=candidate,
        number=len(made) + 1,
        seed=seed,
        started_at=at,
        ends_at=window.ends_at(at),
        most=sum((entry.points for entry in paper), Decimal(0)),
    )
    Response.objects.bulk_create(
        [
            Response(
                provider_id=row.provider_id,
                attempt=attempt,
                place=number,
                given_id=entry.question.current_id,
                most=entry.points,
            )
            for number, entry in enumerate(paper)
        ]
    )
    emit(events.STARTED, attempt, actor=actor, assessment=row.pk, number=attempt.number)
    return attempt


def save_answer(
    response: Response,
    sent: Any,
    *,
    seen: int,
    actor: Any,
    at: datetime,
    upload: Upload | None = None,
    handing_in: bool = False,
) -> Response:
    """Keep an answer. `seen` is the version it was begun from. Saving once more what stands there
    already is no conflict. What comes after the end is kept apart, and refused; the whole form
    (`handing_in`) may travel for a moment.

    Raises Invalid, AnsweredElsewhere, TimeUp, AttemptClosed, and for a file what `attach_upload`
    raises.
    """
    answer = _answer(response.given, sent)
    with transaction.atomic():
        # Held against handing in at the same moment, which reads the answers once.
        attempt = Attempt.objects.select_for_update(no_key=True).get(pk=response.attempt_id)
        over = not attempt.is_open or not sitting.takes_answers(
            attempt.ends_at, at, handing_in=handing_in
        )
        if over and not attempt.is_graded:
            Response.objects.filter(pk=response.pk).exclude(answer=answer).update(late=answer)
        if not over:
            fields: dict[str, Any] = {"answer": answer, "saved_at": at}
            if upload is not None:
                fields["upload"] = attach_upload(
                    upload, owner=actor, purpose=uploads.ANSWER.name, at=at
                )
            rows = Response.objects.filter(pk=response.pk, version=seen)
            changed = rows.update(version=seen + 1, **fields)
    if over:
        raise TimeUp if attempt.is_open or attempt.by_clock else AttemptClosed
    if not changed:
        kept = Response.objects.get(pk=response.pk)
        if kept.answer != answer or upload is not None:
            raise AnsweredElsewhere(details={"version": kept.version, "answer": kept.answer})
        return kept
    for name, value in {**fields, "version": seen + 1}.items():
        setattr(response, name, value)
    return response


@transaction.atomic
def submit(attempt: Attempt, *, actor: Any, at: datetime, by_clock: bool = False) -> Attempt:
    """Hand an attempt in, and mark what a machine can mark. Handing in twice changes nothing.

    What is all marked is graded at once.
    """
    candidate = Candidate.objects.select_for_update(no_key=True).get(pk=attempt.candidate_id)
    held = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
    if not held.is_open:
        return held
    handed_in = at
    if held.ends_at is not None and at > held.ends_at:
        handed_in = held.ends_at
        by_clock = by_clock or not sitting.takes_answers(held.ends_at, at, handing_in=True)
    rows = list(held.responses.select_related("given"))
    for row in rows:
        worth = marking.mark(row.given.kind, row.given.content, row.answer).credit
        row.points = None if worth is None else marking.points(worth, row.most)
    Response.objects.bulk_update(rows, ["points"])
    move(held, SUBMIT, submitted_at=handed_in, by_clock=by_clock)
    emit(events.SUBMITTED, held, actor=actor, assessment=candidate.assessment_id, clock=by_clock)
    if all(row.is_marked for row in rows):
        add_up(held, candidate, rows, actor=SYSTEM, at=at)
    else:
        settle_candidate(candidate, actor=actor, at=at)
    return held


def close_due(*, at: datetime) -> int:
    """Hand in the attempts whose time is over, in the scope; returns how many."""
    rows = Attempt.objects.filter(state=AttemptState.OPEN, ends_at__lt=at - sitting.TRAVEL)
    due = list(rows.order_by("ends_at")[:500])
    for attempt in due:
        submit(attempt, actor=SYSTEM, at=at, by_clock=True)
    return len(due)


def close_if_over(attempt: Attempt, *, at: datetime) -> Attempt:
    """Hand an attempt in whose time is over: who looks should not have to wait for the worker."""
    if attempt.is_open and not sitting.takes_answers(attempt.ends_at, at, handing_in=True):
        return submit(attempt, actor=SYSTEM, at=at, by_clock=True)
    return attempt


def _answer(version: Version, sent: Any) -> dict[str, Any]:
    try:
        return answers.clean(version.kind, version.content, sent)
    except answers.AnswerError as problem:
        raise Invalid(details={"answer": [str(problem)]}) from problem
