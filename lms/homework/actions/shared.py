"""What several of these modules need: rows held, who may, what is done by them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from lms.common.errors import Forbidden, Invalid, NotFound
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat
from lms.events import SYSTEM
from lms.progress.actions import work_changed

from .. import rules
from ..models import (
    Feedback,
    Homework,
    Submission,
    Work,
)
from ..permissions import may_decide, may_mark, may_set


def require_setter(homework: Homework, actor: Any) -> None:
    if actor is not SYSTEM and not may_set(actor, homework):
        raise Forbidden


def require_marker(homework: Homework, actor: Any) -> None:
    if actor is not SYSTEM and not may_mark(actor, homework):
        raise Forbidden


def require_decider(homework: Homework, actor: Any) -> None:
    if actor is not SYSTEM and not may_decide(actor, homework):
        raise Forbidden


def clean(row: Any) -> None:
    try:
        row.clean_fields()
    except ValidationError as problem:
        raise Invalid(details=problem.message_dict) from problem


def work_of(homework: Homework, enrolment: Enrolment) -> Work:
    if enrolment.course_id != homework.course_id:
        raise NotFound
    work, _new = Work.objects.get_or_create(
        provider_id=homework.provider_id,  # type: ignore[misc]
        homework=homework,
        enrolment=enrolment,
    )
    return work


def locked(homework: Homework, enrolment: Enrolment) -> Work:
    """The student's work as it is now, held: of two tabs that hand in at once, one is second."""
    known = work_of(homework, enrolment)
    work = Work.objects.select_for_update(no_key=True).filter(pk=known.pk).first()
    if work is None:  # deleted, with the homework, while we waited
        raise NotFound
    return work


def write(work: Work, **values: Any) -> None:
    Work.objects.filter(pk=work.pk).update(**values)
    for name, value in values.items():
        setattr(work, name, value)


def told_last(work: Work) -> Feedback | None:
    """What the student was told last about their standing submission."""
    if work.latest_id is None:
        return None
    rows = Feedback.objects.filter(submission_id=work.latest_id)
    return rows.order_by("-released_at", "-pk").first()


def settle_work(work: Work, homework: Homework, *, actor: Any, at: datetime) -> None:
    """Note whether the work is done now, and let the course's progress know."""
    told = told_last(work) if work.is_graded else None
    done = rules.is_done(
        overridden=work.overridden_at is not None,
        submitted=work.is_submitted and not (work.latest and work.latest.is_refused),
        graded=work.is_graded,
        complete=told.complete if told else None,
        needs_grading=homework.needs_grading,
    )
    if done == (work.done_at is not None):
        return
    write(work, done_at=at if done else None)
    if done:
        work_changed(work.enrolment, actor=actor, at=at)


@transaction.atomic
def file_refused(submission: Submission, *, at: datetime) -> None:
    """Its file turned out to be one that can't be taken: it doesn't count as handed in."""
    work = Work.objects.select_for_update(no_key=True).get(pk=submission.work_id)
    settle_work(work, work.homework, actor=SYSTEM, at=at)


def settle(homework: Homework, *, at: datetime) -> None:
    """After homework was changed or withdrawn: what is done by the new terms, and which courses are
    completed by that. In small transactions, for the worker."""
    rows = Work.objects.filter(homework=homework).values_list("pk", flat=True)
    for key in list(rows):
        with transaction.atomic():
            work = Work.objects.select_for_update(no_key=True).get(pk=key)
            settle_work(work, homework, actor=SYSTEM, at=at)
    settle_course(homework.course_id, at=at)


def settle_course(course_id: int, *, at: datetime) -> None:
    """Which students have completed the course by what counts now. For the worker."""
    waiting = Enrolment.objects.filter(course_id=course_id, state=Seat.ACTIVE, completed_at=None)
    for enrolment in list(waiting):
        work_changed(enrolment, actor=SYSTEM, at=at)
