"""What an instructor grants one student: a completion set by hand, more time."""

from datetime import datetime
from typing import Any

from django.db import transaction

from lms.common.errors import Invalid
from lms.enrolments.models import Enrolment
from lms.events import emit

from .. import events
from ..models import (
    LONGEST_NOTE,
    Homework,
    Work,
)
from .shared import locked, require_marker, settle_work, write


@transaction.atomic
def override(
    homework: Homework, enrolment: Enrolment, *, reason: str = "", actor: Any, at: datetime
) -> Work:
    """Set a student's homework as completed, whatever was handed in; it bears the mark of that.
    Doing it twice changes nothing. Raises Forbidden, Invalid.
    """
    require_marker(homework, actor)
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_NOTE:
        raise Invalid(details={"reason": [f"≤ {LONGEST_NOTE}"]})
    work = locked(homework, enrolment)
    if work.overridden_at is not None:
        return work
    write(work, overridden_at=at, overridden_by=actor, override_reason=reason)
    settle_work(work, homework, actor=actor, at=at)
    emit(events.OVERRIDDEN, work, actor=actor, homework=homework.pk, reason=reason)
    return work


@transaction.atomic
def end_override(homework: Homework, enrolment: Enrolment, *, actor: Any, at: datetime) -> Work:
    """Have the student's own work decide again. Raises Forbidden."""
    require_marker(homework, actor)
    work = locked(homework, enrolment)
    if work.overridden_at is not None:
        write(work, overridden_at=None, overridden_by=None, override_reason="")
        settle_work(work, homework, actor=actor, at=at)
        emit(events.OVERRIDE_ENDED, work, actor=actor, homework=homework.pk)
    return work


@transaction.atomic
def extend(homework: Homework, enrolment: Enrolment, *, until: datetime | None, actor: Any) -> Work:
    """Give one student time `until` then; None takes the extension back. Raises Forbidden, and
    Invalid for a moment before everybody's due date or where there is none.
    """
    require_marker(homework, actor)
    if until is not None and (homework.due_at is None or until < homework.due_at):
        raise Invalid(details={"until": ["before the due date"]})
    work = locked(homework, enrolment)
    if work.extended_to != until:
        write(work, extended_to=until)
        if until is not None:
            told = {"homework": homework.pk, "until": until.isoformat()}
            emit(events.EXTENDED, work, actor=actor, **told)
    return work
