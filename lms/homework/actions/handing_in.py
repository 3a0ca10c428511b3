"""Handing in, taking back, and the draft that a student writes."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.enrolments.models import Enrolment
from lms.events import emit
from lms.files.models import Upload

from .. import events, rules, uploads
from ..errors import AlreadySubmitted, TooLate
from ..models import (
    FILES,
    LONGEST_TEXT,
    Homework,
    Kind,
    Submission,
    Work,
)
from ..states import RESUBMIT, SUBMIT, UNMARK
from .shared import locked, settle_work, told_last, work_of


@transaction.atomic
def submit(
    homework: Homework,
    enrolment: Enrolment,
    *,
    actor: Any,
    at: datetime,
    text: str = "",
    link: str = "",
    upload: Upload | None = None,
) -> Submission:
    """Hand in what `homework.kind` asks for; every submission is kept. A checkmark set twice counts
    once.

    Raises NotFound where the student may not see it, TooLate, AlreadySubmitted, Invalid.
    """
    work = locked(homework, enrolment)
    if not homework.is_open or not enrolment.is_active:
        raise NotFound
    if not homework.everybody and not work.chosen:
        raise NotFound
    if homework.is_checkmark and work.latest is not None:
        return work.latest
    terms = homework.terms(work.extended_to)
    if not rules.accepts(terms, at):
        raise TooLate(details={"deadline": terms.deadline and terms.deadline.isoformat()})
    told = told_last(work)
    again = rules.may_submit_again(
        homework.resubmission, graded=work.is_graded, complete=told.complete if told else None
    )
    if work.is_submitted and not again and not (work.latest and work.latest.is_refused):
        raise AlreadySubmitted
    fields = _handed_in(homework, text, link, upload, owner=actor, at=at)
    last = work.submissions.aggregate(last=Max("number"))["last"] or 0
    submission = Submission.objects.create(
        provider_id=homework.provider_id,
        work=work,
        number=last + 1,
        submitted_at=at,
        **fields,
    )
    step = RESUBMIT if work.is_submitted else SUBMIT
    move(work, step, latest=submission, submitted_at=at, draft="", draft_saved_at=None)
    settle_work(work, homework, actor=actor, at=at)
    late = rules.is_late(terms, at)
    emit(events.SUBMITTED, submission, actor=actor, homework=homework.pk, late=late)
    return submission


@transaction.atomic
def unmark(homework: Homework, enrolment: Enrolment, *, actor: Any, at: datetime) -> None:
    """Take a checkmark back. Taking back what is not there changes nothing. Raises Invalid for
    other kinds of homework.
    """
    if not homework.is_checkmark:
        raise Invalid
    work = locked(homework, enrolment)
    if work.latest is None:
        return
    submission = work.latest
    Submission.objects.filter(pk=submission.pk).update(withdrawn_at=at)
    move(work, UNMARK, latest=None, submitted_at=None)
    settle_work(work, homework, actor=actor, at=at)
    emit(events.UNMARKED, submission, actor=actor, homework=homework.pk)


def save_draft(homework: Homework, enrolment: Enrolment, text: str, *, at: datetime) -> None:
    """Keep what the student is writing. Raises Invalid for more than LONGEST_TEXT."""
    _require_length(text)
    work = work_of(homework, enrolment)
    Work.objects.filter(pk=work.pk).update(draft=text, draft_saved_at=at)


def _handed_in(
    homework: Homework, text: str, link: str, upload: Upload | None, *, owner: Any, at: datetime
) -> dict[str, Any]:
    """The fields of a Submission of that kind. Raises Invalid where what it asks for is missing,
    and what `uploads.keep` raises."""
    if homework.kind == Kind.CHECKMARK:
        return {}
    if homework.kind == Kind.TEXT:
        if not text.strip():
            raise Invalid(details={"text": ["required"]})
        _require_length(text)
        return {"text": text}
    if homework.kind == Kind.LINK:
        row = Submission(link=link)
        try:
            row.clean_fields(exclude=["work", "number", "submitted_at", "provider"])
        except ValidationError as problem:
            raise Invalid(details=problem.message_dict) from problem
        if not link:
            raise Invalid(details={"link": ["required"]})
        return {"link": link}
    if upload is None:
        raise Invalid(details={"files": ["required"]})
    (kept,) = uploads.keep([upload], FILES[Kind(homework.kind)], owner=owner, at=at)
    return {"upload": kept}


def _require_length(text: str) -> None:
    if len(text.encode()) > LONGEST_TEXT:
        raise Invalid(details={"text": [f"≤ {LONGEST_TEXT}"]})
