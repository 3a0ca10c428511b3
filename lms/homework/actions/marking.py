"""Feedback: drafts of it, releasing it, remarks and comments to use again."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.files.models import Upload

from .. import events, rules, selectors, uploads
from ..errors import (
    HandedInAnew,
    MarkedByTwo,
    MarkIsDone,
    NotAgreed,
    NothingToRelease,
    SavedByAnother,
    SecondHasBegun,
)
from ..models import (
    LONGEST_FEEDBACK,
    LONGEST_NOTE,
    Comment,
    Feedback,
    Grading,
    Homework,
    Marking,
    Phrase,
    Place,
    SecondMarker,
    Submission,
    Work,
)
from ..states import AGREE, DECIDE, DIFFER, GRADE, MARK, RECONSIDER, TAKE_BACK, Marked
from .shared import (
    clean,
    locked,
    require_decider,
    require_marker,
    require_setter,
    settle_work,
    told_last,
    write,
)

MOST_PHRASES = 50


@transaction.atomic
def save_marking(
    submission: Submission,
    values: Mapping[str, Any],
    *,
    seen: int,
    actor: Any,
    at: datetime,
    final: bool = False,
) -> Marking:
    """Keep a draft of feedback: `values` are fields of Mark, of which `upload`, the marker's own,
    may be left out: then what was spoken stays. `seen` is the version it was begun from, 0 where
    there was none. `final`: of the final mark of two markers, with a `note`; what is changed in one
    that stood has to be decided anew.

    Raises Forbidden, Invalid for points there are not to be had, NotUsable, MarkedByTwo,
    MarkIsDone, NotAgreed, and SavedByAnother where another marker saved since; saving once more
    what stands there already is no conflict.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    fields = _mark(homework, values)
    place = _place(submission, actor, final=final)
    if final:
        fields["note"] = _note(values)
    rows = Marking.objects.filter(submission=submission, place=place)
    before = rows.select_related("upload").filter(version=seen).first()
    if "upload" in values:
        fields["upload_id"] = _spoken(rows, values["upload"], owner=actor, at=at)
    if final and before is not None and not _differs(before, fields):
        return before
    kept = {**fields, "saved_at": at, "saved_by": actor}
    if seen == 0:
        try:
            with transaction.atomic():
                return Marking.objects.create(
                    provider_id=submission.provider_id, submission=submission, place=place, **kept
                )
        except IntegrityError:
            pass  # another marker began in the meantime
    changed = rows.filter(version=seen).update(version=F("version") + 1, **kept) if seen else 0
    found = rows.select_related("saved_by").first()
    if found is None:
        raise NotFound
    if not changed and _differs(found, fields):
        raise SavedByAnother(details={"version": found.version, "by": str(found.saved_by or "")})
    if changed and before is not None and before.upload_id != found.upload_id:
        _forget_spoken(before)
    if changed and final and submission.marked == Marked.AGREED:
        move(submission, RECONSIDER)
        rows.update(done_at=None)
    return found


def _differs(row: Marking, fields: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in fields.items())


def _note(values: Mapping[str, Any]) -> str:
    note = " ".join(values.get("note", "").split())
    if len(note) > LONGEST_NOTE:
        raise Invalid(details={"note": [f"≤ {LONGEST_NOTE}"]})
    return note


def _place(submission: Submission, actor: Any, *, final: bool) -> Place:
    """Where `actor` writes, and nobody else where two mark; the student's work is held then.

    Raises Forbidden, MarkedByTwo, MarkIsDone, NotAgreed.
    """
    homework = submission.work.homework
    if homework.second_marker == SecondMarker.NONE:
        return Place.FIRST
    if not homework.is_marked_twice(_held(submission)):
        return Place.FIRST
    if final:
        require_decider(homework, actor)
        if not submission.is_marked_by_both:
            raise NotAgreed
        return Place.FINAL
    place, row = selectors.place_of(submission, actor)
    if place is None:
        raise MarkedByTwo
    if row is not None and row.done_at is not None:
        raise MarkIsDone
    return place


def _held(submission: Submission) -> Work:
    """The student's work, locked: of two markers who are done at once, one is second."""
    work = locked(submission.work.homework, submission.work.enrolment)
    submission.refresh_from_db(fields=["marked"])
    return work


@transaction.atomic
def drop_spoken(submission: Submission, *, actor: Any, at: datetime, final: bool = False) -> Place:
    """Take the recording out of a draft; returns whose. What is gone is gone already.

    Raises Forbidden, MarkedByTwo, MarkIsDone, NotAgreed.
    """
    require_marker(submission.work.homework, actor)
    place = _place(submission, actor, final=final)
    rows = Marking.objects.filter(submission=submission, place=place)
    before = rows.select_for_update(of=("self",)).select_related("upload").first()
    if before is None or before.upload is None:
        return place
    rows.update(upload=None, version=F("version") + 1, saved_at=at, saved_by=actor)
    _forget_spoken(before)
    if final and submission.marked == Marked.AGREED:
        move(submission, RECONSIDER)
        rows.update(done_at=None)
    return place


def _spoken(rows: Any, upload: Upload | None, *, owner: Any, at: datetime) -> Any:
    """The id of what the marker recorded, kept from now on; the draft of `rows` may have it
    already. Raises what `uploads.keep` raises."""
    if upload is None or rows.filter(upload=upload).exists():
        return upload and upload.pk
    (kept,) = uploads.keep([upload], uploads.SPOKEN, owner=owner, at=at)
    return kept.pk


def _forget_spoken(before: Marking) -> None:
    """A draft has another recording now, or none. What a student was told stays, and what another
    draft has of it."""
    used = (model.objects.filter(upload=before.upload_id).exists() for model in (Feedback, Marking))
    if not any(used):
        uploads.let_go([before])


# --- Two markers ----------------------------------------------------------------------------------


@transaction.atomic
def ask_second(homework: Homework, enrolment: Enrolment, *, on: bool, actor: Any) -> None:
    """Have two mark what a student hands in, where the homework leaves that to the markers; or one.

    Raises Forbidden, NotFound where it does not, SecondHasBegun.
    """
    require_marker(homework, actor)
    if homework.second_marker != SecondMarker.SOME:
        raise NotFound
    work = locked(homework, enrolment)
    if work.twice == on:
        return
    if not on and selectors.second_begun(work.submissions.all()):
        raise SecondHasBegun
    write(work, twice=on)
    emit(events.SECOND_ASKED if on else events.SECOND_SPARED, work, actor=actor)


@transaction.atomic
def finish(submission: Submission, *, actor: Any, at: datetime) -> Marking:
    """One of two markers is done with their draft. Once both are, either they agree (rules.agreed)
    and the final mark stands, or somebody has to decide. Being done twice changes nothing.

    Raises Forbidden, NotFound where one marks alone, HandedInAnew, NothingToRelease.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    work = _held(submission)
    if not homework.is_marked_twice(work):
        raise NotFound
    if work.latest_id != submission.pk:
        raise HandedInAnew
    both = selectors.both_of(submission)
    mine = next((row for row in both if row.saved_by_id == actor.pk), None)
    if mine is None or not mine.says_something:
        raise NothingToRelease
    if mine.done_at is not None:
        return mine
    Marking.objects.filter(pk=mine.pk).update(done_at=at)
    mine.done_at = at
    emit(events.MARKED, submission, actor=actor, place=mine.place, **_said(mine))
    if submission.marked == Marked.OPEN:
        move(submission, MARK)
        return mine
    first, second = both
    said = rules.agreed(first.opinion, second.opinion, homework.tolerance)
    final = _final(submission, first, second, said, at=at)
    move(submission, AGREE if said else DIFFER)
    emit(events.AGREED if said else events.DIFFERED, submission, actor=SYSTEM, **_said(final))
    return mine


def _final(
    submission: Submission, first: Marking, second: Marking, said: Any, *, at: datetime
) -> Marking:
    """What both come to, as a draft: both's words, the levels and the recording they share."""
    texts = dict.fromkeys(text for row in (first, second) if (text := row.text.strip()))
    spoken = first.spoken or second.spoken
    return Marking.objects.create(
        provider_id=submission.provider_id,
        submission=submission,
        place=Place.FINAL,
        points=said.points if said else None,
        complete=said.complete if said else None,
        levels=[
            one if one == other else None
            for one, other in zip(first.levels, second.levels, strict=False)
        ],
        text="\n\n".join(texts)[:LONGEST_FEEDBACK],
        upload=spoken,
        saved_at=at,
        done_at=at if said else None,
    )


def _said(row: Marking) -> dict[str, Any]:
    points = None if row.points is None else str(row.points)
    return {"points": points, "complete": row.complete}


@transaction.atomic
def take_back(submission: Submission, *, actor: Any) -> None:
    """A marker goes on with their draft, as long as the other is not done. Raises Forbidden,
    IllegalMove, NotFound where they are not done."""
    require_marker(submission.work.homework, actor)
    _held(submission)
    both = selectors.both_of(submission)
    mine = next((row for row in both if row.saved_by_id == actor.pk and row.done_at), None)
    if mine is None:
        raise NotFound
    move(submission, TAKE_BACK)
    Marking.objects.filter(pk=mine.pk).update(done_at=None)
    emit(events.TAKEN_BACK, submission, actor=actor, place=mine.place, **_said(mine))


@transaction.atomic
def give_up(submission: Submission, place: int, *, actor: Any) -> None:
    """Leave a place to another marker, with a draft that is not done: one's own, or anybody's for
    who may set homework. What it said is kept in the log. What is gone is gone already.

    Raises Forbidden, MarkIsDone.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    if not homework.is_marked_twice(_held(submission)):
        raise NotFound
    row = next((one for one in selectors.both_of(submission) if one.place == place), None)
    if row is None:
        return
    if row.saved_by_id != getattr(actor, "pk", None):
        require_setter(homework, actor)
    if row.done_at is not None:
        raise MarkIsDone
    said = {**_said(row), "text": row.text, "levels": row.levels, "by": row.saved_by_id}
    emit(events.GIVEN_UP, submission, actor=actor, place=row.place, **said)
    row.delete()
    _forget_spoken(row)


@transaction.atomic
def decide(submission: Submission, *, actor: Any, at: datetime) -> Marking:
    """Have the draft of the final mark stand where two markers are apart. Deciding what is decided
    changes nothing.

    Raises Forbidden, NotAgreed before both are done, Invalid without a decision or a note.
    """
    homework = submission.work.homework
    require_decider(homework, actor)
    _held(submission)
    if not submission.is_marked_by_both:
        raise NotAgreed
    final = Marking.objects.get(submission=submission, place=Place.FINAL)
    if submission.marked == Marked.AGREED:
        return final
    if final.opinion == rules.Opinion():
        name = "points" if homework.grading == Grading.POINTS else "complete"
        raise Invalid(details={name: [str(_("Please decide."))]})
    if not final.note:
        raise Invalid(details={"note": [str(_("Please say why."))]})
    move(submission, DECIDE)
    by = None if actor is SYSTEM else actor
    Marking.objects.filter(pk=final.pk).update(done_at=at, saved_at=at, saved_by=by)
    emit(events.DECIDED, submission, actor=actor, note=final.note, **_said(final))
    return final


# --- Releasing ------------------------------------------------------------------------------------


@transaction.atomic
def release(submission: Submission, *, actor: Any, at: datetime) -> Feedback:
    """Give the student the feedback as it was saved last; of two markers, their final mark. What
    they have already been told in the same words is not told again.

    Raises Forbidden, NothingToRelease, HandedInAnew, NotAgreed.
    """
    homework = submission.work.homework
    require_marker(homework, actor)
    work = locked(homework, submission.work.enrolment)
    if work.latest_id != submission.pk:
        raise HandedInAnew
    place = Place.FIRST
    if homework.is_marked_twice(work):
        submission.refresh_from_db(fields=["marked"])
        if submission.marked != Marked.AGREED:
            raise NotAgreed
        place = Place.FINAL
    rows = Marking.objects.filter(submission=submission, place=place)
    marking = rows.select_related("upload").first()
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
    if before is not None:
        _news(work.pk, at=at)
    told = {"homework": homework.pk, "enrolment": str(work.enrolment_id)}
    emit(events.RELEASED, feedback, actor=actor, again=before is not None, **told)
    return feedback


def _news(work_id: int, *, at: datetime) -> None:
    """Something is added to what the student was told; one mail tells them of all of it."""
    since = Coalesce("news_unsent_since", Value(at))
    Work.objects.filter(pk=work_id).update(news_at=at, news_unsent_since=since)


@transaction.atomic
def take_news(work: Work, *, until: datetime) -> datetime | None:
    """Since when `work` has news that no mail has told of, if that is before `until`; from now on
    they are told. None where there are none: of two that ask, one gets them."""
    row = Work.objects.select_for_update(no_key=True).filter(pk=work.pk).first()
    since = row.news_unsent_since if row else None
    if since is None or since > until:
        return None
    Work.objects.filter(pk=work.pk).update(news_unsent_since=None)
    return since


def see_news(work: Work, *, at: datetime) -> None:
    """The student has seen what was there at that moment; no mail need tell them."""
    rows = Work.objects.filter(pk=work.pk)
    rows.update(seen_at=at)
    rows.filter(news_at__lte=at).update(news_unsent_since=None)


def release_all(homework: Homework, *, actor: Any, at: datetime) -> int:
    """Release every draft of feedback that says something new; returns how many."""
    require_marker(homework, actor)
    released = 0
    for marking in list(selectors.unreleased(homework)):
        try:
            release(marking.submission, actor=actor, at=at)
        except (NothingToRelease, HandedInAnew, NotAgreed):
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
    if submission.feedback.exists():
        _news(submission.work_id, at=at)
    emit(events.COMMENTED, row, actor=actor, submission=submission.pk)
    return row


@transaction.atomic
def drop_comment(submission: Submission, comment_id: int, *, actor: Any) -> None:
    """Raises Forbidden. What is gone is gone already; what another marker said and may not be seen
    yet stays."""
    require_marker(submission.work.homework, actor)
    rows = submission.comments.filter(pk=comment_id)
    if selectors.is_blind(submission):
        rows = rows.filter(author=actor)
    rows.delete()


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
    if len(text) > LONGEST_FEEDBACK:
        raise Invalid(details={"text": [f"≤ {LONGEST_FEEDBACK}"]})
    return {"points": points, "complete": complete, "text": text, "levels": levels}
