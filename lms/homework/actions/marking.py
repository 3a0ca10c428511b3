"""Feedback: drafts of it, releasing it, remarks and comments to use again."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.events import SYSTEM, emit
from lms.files.models import Upload

from .. import events, rules, selectors, uploads
from ..errors import HandedInAnew, NothingToRelease, SavedByAnother
from ..models import (
    Comment,
    Feedback,
    Grading,
    Homework,
    Marking,
    Phrase,
    Submission,
)
from ..states import GRADE
from .shared import clean, locked, require_marker, settle_work, told_last

MOST_PHRASES = 50


@transaction.atomic
def save_marking(
    submission: Submission, values: Mapping[str, Any], *, seen: int, actor: Any, at: datetime
) -> Marking:
    """Keep a draft of feedback: `values` are fields of Mark, of which `upload`, the marker's own,
    may be left out: then what was spoken stays. `seen` is the version it was begun from, 0 where
    there was none.

    Raises Forbidden, Invalid for points there are not to be had, NotUsable, and SavedByAnother
    where another marker saved since; saving once more what stands there already is no conflict.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    fields = _mark(homework, values)
    rows = Marking.objects.filter(submission=submission)
    before = rows.select_related("upload").filter(version=seen).first()
    if "upload" in values:
        fields["upload_id"] = _spoken(rows, values["upload"], owner=actor, at=at)
    kept = {**fields, "saved_at": at, "saved_by": actor}
    if seen == 0:
        try:
            with transaction.atomic():
                return Marking.objects.create(
                    provider_id=submission.provider_id, submission=submission, **kept
                )
        except IntegrityError:
            pass  # another marker began in the meantime
    changed = rows.filter(version=seen).update(version=F("version") + 1, **kept) if seen else 0
    found = rows.select_related("saved_by").first()
    if found is None:
        raise NotFound
    if not changed and any(getattr(found, name) != value for name, value in fields.items()):
        raise SavedByAnother(details={"version": found.version, "by": str(found.saved_by or "")})
    if changed and before is not None and before.upload_id != found.upload_id:
        _forget_spoken(before)
    return found


@transaction.atomic
def drop_spoken(submission: Submission, *, actor: Any, at: datetime) -> None:
    """Take the recording out of a draft. What is gone is gone already. Raises Forbidden."""
    require_marker(submission.work.homework, actor)
    rows = Marking.objects.filter(submission=submission)
    before = rows.select_for_update(of=("self",)).select_related("upload").first()
    if before is None or before.upload is None:
        return
    rows.update(upload=None, version=F("version") + 1, saved_at=at, saved_by=actor)
    _forget_spoken(before)


def _spoken(rows: Any, upload: Upload | None, *, owner: Any, at: datetime) -> Any:
    """The id of what the marker recorded, kept from now on; the draft of `rows` may have it
    already. Raises what `uploads.keep` raises."""
    if upload is None or rows.filter(upload=upload).exists():
        return upload and upload.pk
    (kept,) = uploads.keep([upload], uploads.SPOKEN, owner=owner, at=at)
    return kept.pk


def _forget_spoken(before: Marking) -> None:
    """A draft has another recording now, or none. What a student was told stays."""
    if not Feedback.objects.filter(upload=before.upload_id).exists():
        uploads.let_go([before])


@transaction.atomic
def release(submission: Submission, *, actor: Any, at: datetime) -> Feedback:
    """Give the student the feedback as it was saved last. What they have already been told in the
    same words is not told again.

    Raises Forbidden, NothingToRelease, HandedInAnew.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    work = locked(homework, submission.work.enrolment)
    if work.latest_id != submission.pk:
        raise HandedInAnew
    marking = Marking.objects.filter(submission=submission).select_related("upload").first()
    if marking is None or not marking.says_something:
        raise NothingToRelease
    terms = homework.terms(work.extended_to)
    fields = {
        "points": marking.points,
        "complete": marking.complete,
        "text": marking.text,
        "levels": marking.levels,
        "upload_id": marking.spoken and marking.spoken.pk,
        "penalty": rules.penalty(terms, submission.submitted_at),
    }
    before = told_last(work)
    if before is not None and all(getattr(before, name) == value for name, value in fields.items()):
        return before
    feedback = Feedback.objects.create(
        provider_id=submission.provider_id,
        submission=submission,
        released_at=at,
        given_by=None if actor is SYSTEM else actor,
        **fields,
    )
    move(work, GRADE)
    settle_work(work, homework, actor=actor, at=at)
    told = {"homework": homework.pk, "enrolment": str(work.enrolment_id)}
    emit(events.RELEASED, feedback, actor=actor, **told)
    return feedback


def release_all(homework: Homework, *, actor: Any, at: datetime) -> int:
    """Release every draft of feedback that says something new; returns how many."""
    require_marker(homework, actor)
    released = 0
    for marking in list(selectors.unreleased(homework)):
        try:
            release(marking.submission, actor=actor, at=at)
        except (NothingToRelease, HandedInAnew):
            continue
        released += 1
    return released


@transaction.atomic
def comment(
    submission: Submission, *, second: Decimal, text: str, actor: Any, at: datetime
) -> Comment:
    """A remark at a moment of a recording. Raises Forbidden, Invalid."""
    require_marker(submission.work.homework, actor)
    row = Comment(
        provider_id=submission.provider_id,
        submission=submission,
        second=second,
        text=text.strip(),
        author=actor,
        written_at=at,
    )
    if second < 0:
        raise Invalid(details={"second": ["≥ 0"]})
    clean(row)
    row.save()
    emit(events.COMMENTED, row, actor=actor, submission=submission.pk)
    return row


@transaction.atomic
def drop_comment(submission: Submission, comment_id: int, *, actor: Any) -> None:
    """Raises Forbidden. What is gone is gone already."""
    require_marker(submission.work.homework, actor)
    submission.comments.filter(pk=comment_id).delete()


def keep_phrase(homework: Homework, text: str, *, actor: Any) -> None:
    """Keep a comment for oneself to use again; the same words once. Raises Forbidden, Invalid."""
    require_marker(homework, actor)
    row = Phrase(provider_id=homework.provider_id, author=actor, text=" ".join(text.split()))
    clean(row)
    if selectors.phrases_of(homework, actor).count() >= MOST_PHRASES:
        raise Invalid(details={"text": [f"≤ {MOST_PHRASES}"]})
    if not selectors.phrases_of(homework, actor).filter(text=row.text).exists():
        row.save()


def drop_phrase(homework: Homework, phrase_id: int, *, actor: Any) -> None:
    """Raises Forbidden. Only one's own; what is gone is gone already."""
    require_marker(homework, actor)
    selectors.phrases_of(homework, actor).filter(pk=phrase_id).delete()


def _mark(homework: Homework, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Mark. Raises Invalid for points below 0 or above what there is to get."""
    points = values.get("points")
    if homework.grading != Grading.POINTS:
        points = None
    elif points is not None and not 0 <= points <= (homework.points or 0):
        raise Invalid(details={"points": [f"0–{homework.points}"]})
    criteria = homework.criteria
    levels = list(values.get("levels") or [None] * len(criteria))
    if criteria:
        fits = len(levels) == len(criteria) and all(
            one is None or 0 <= one < len(criterion.levels)
            for one, criterion in zip(levels, criteria, strict=True)
        )
        if not fits:
            raise Invalid(details={"levels": ["not in the rubric"]})
        points = rules.rubric_points(criteria, levels)
    complete = values.get("complete") if homework.grading == Grading.COMPLETION else None
    text = values.get("text", "")
    if len(text) > 50_000:
        raise Invalid(details={"text": ["≤ 50000"]})
    return {"points": points, "complete": complete, "text": text, "levels": levels}
