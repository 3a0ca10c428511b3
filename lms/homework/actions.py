"""Writes: setting homework, handing in, giving feedback, exceptions. In the provider's scope.

Lock order: the student's work, then (by way of lms.progress) the enrolment.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from lms.common import clock
from lms.common.errors import Conflict, Forbidden, Invalid, NotFound
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group
from lms.enrolments.selectors import students_of
from lms.enrolments.states import State as Seat
from lms.events import SYSTEM, emit
from lms.files.models import Upload
from lms.progress.actions import work_changed

from . import events, rules, selectors, uploads
from .errors import AlreadySubmitted, HandedInAnew, NothingToRelease, SavedByAnother, TooLate
from .models import (
    FILES,
    LONGEST_NOTE,
    LONGEST_TEXT,
    Attachment,
    Comment,
    Feedback,
    Grading,
    Homework,
    HomeworkGroup,
    Kind,
    Marking,
    Phrase,
    Submission,
    Work,
)
from .permissions import may_mark, may_set
from .states import ASSIGN, GRADE, RESUBMIT, SCHEDULE, SUBMIT, UNMARK, WITHDRAW, State

MOST_PHRASES = 50

# --- Setting --------------------------------------------------------------------------------------


@transaction.atomic
def create(
    course: CoursePage, values: Mapping[str, Any], *, actor: Any, attachments: Iterable[Upload] = ()
) -> Homework:
    """A draft of homework in `course`; `values` are fields of Homework.

    Raises Forbidden, Invalid.
    """
    if actor is not SYSTEM and not may_set(actor, course):
        raise Forbidden
    homework = Homework(provider_id=course.provider_id, course=course, **values)
    _check(homework)
    homework.save()
    _attach(homework, attachments, owner=actor)
    emit(events.CREATED, homework, actor=actor, title=homework.title)
    return homework


@transaction.atomic
def change(
    homework: Homework,
    values: Mapping[str, Any],
    *,
    actor: Any,
    attachments: Iterable[Upload] = (),
    drop: Iterable[int] = (),
) -> None:
    """Change fields of `homework`, add attachments and `drop` others by id.

    What is handed in can't change once somebody has. Raises Forbidden, Invalid.
    """
    _require_setter(homework, actor)
    before = Homework.objects.select_for_update(no_key=True).get(pk=homework.pk)
    for name, value in values.items():
        setattr(homework, name, value)
    if homework.kind != before.kind and Submission.objects.filter(work__homework=homework).exists():
        raise Invalid(details={"kind": [str(_("Somebody has handed in already."))]})
    marked = Marking.objects.filter(submission__work__homework=homework)
    if homework.rubric != before.rubric and marked.exists():
        raise Invalid(details={"rubric": [str(_("Somebody has been marked by it already."))]})
    _check(homework)
    homework.save(update_fields=[*values, "grading", "points"])
    _attach(homework, attachments, owner=actor)
    dropped = list(homework.attachments.select_related("upload").filter(pk__in=list(drop)))
    homework.attachments.filter(pk__in=[row.pk for row in dropped]).delete()
    uploads.let_go(dropped)
    counts = any(
        getattr(homework, name) != getattr(before, name) for name in ("required", "needs_grading")
    )
    emit(events.CHANGED, homework, actor=actor, title=homework.title, counts=counts)


@transaction.atomic
def assign(
    homework: Homework, *, actor: Any, at: datetime, release_at: datetime | None = None
) -> None:
    """Hand `homework` out: at once, or at `release_at` if that is still to come. Every student it
    is for is told when it is handed out. Raises Forbidden, IllegalMove.
    """
    _require_setter(homework, actor)
    if release_at is not None and release_at > at:
        move(homework, SCHEDULE, release_at=release_at)
        return
    move(homework, ASSIGN, assigned_at=at)
    emit(events.ASSIGNED, homework, actor=actor, title=homework.title)


@transaction.atomic
def withdraw(homework: Homework, *, actor: Any) -> None:
    """Hide `homework` from students; what they handed in is kept. Raises Forbidden, IllegalMove."""
    _require_setter(homework, actor)
    move(homework, WITHDRAW, release_at=None)
    emit(events.WITHDRAWN, homework, actor=actor, title=homework.title, counts=True)


@transaction.atomic
def choose(
    homework: Homework,
    enrolments: Iterable[Enrolment],
    *,
    groups: Iterable[Group] = (),
    actor: Any,
) -> None:
    """Have `homework` be for these students and groups alone; for everybody if none is named. Who
    joins a group later gets it too. Raises Forbidden."""
    _require_setter(homework, actor)
    given = [one for one in groups if one.course_id == homework.course_id]
    rows = HomeworkGroup.objects.filter(homework=homework)
    rows.exclude(group__in=given).delete()
    HomeworkGroup.objects.bulk_create(
        [
            HomeworkGroup(provider_id=homework.provider_id, homework=homework, group=one)
            for one in given
        ],
        ignore_conflicts=True,
    )
    members = students_of(homework.course).filter(group_memberships__group__in=given)
    wanted = list({one.pk: one for one in [*enrolments, *members]}.values())
    for enrolment in wanted:
        _work(homework, enrolment)
    works = Work.objects.filter(homework=homework)
    works.exclude(enrolment__in=wanted).update(chosen=False)
    works.filter(enrolment__in=wanted).update(chosen=True)
    homework.everybody = not wanted and not given
    homework.save(update_fields=["everybody"])
    if homework.is_open:
        emit(events.CHANGED, homework, actor=actor, title=homework.title, counts=True)


@transaction.atomic
def also_for(homework: Homework, enrolments: Iterable[Enrolment]) -> None:
    """Have homework that is not for everybody be for these students as well; the caller has seen to
    who may. Those who have it keep it."""
    have = set(
        Work.objects.filter(homework=homework, chosen=True).values_list("enrolment_id", flat=True)
    )
    for enrolment in enrolments:
        if enrolment.pk not in have:
            Work.objects.filter(pk=_work(homework, enrolment).pk).update(chosen=True)


def group_changed(group: Group, new: Iterable[Enrolment]) -> list[tuple[Homework, Enrolment]]:
    """Give who joined a group its homework; what is open to whom by that."""
    joined = list(new)
    rows = Homework.objects.filter(for_groups__group=group).select_related("course", "provider")
    told = []
    for homework in rows:
        also_for(homework, joined)
        if homework.is_open:
            told += [(homework, one) for one in joined]
    return told


# --- Handing in -----------------------------------------------------------------------------------


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
    work = _locked(homework, enrolment)
    if not homework.is_open or not enrolment.is_active:
        raise NotFound
    if not homework.everybody and not work.chosen:
        raise NotFound
    if homework.is_checkmark and work.latest is not None:
        return work.latest
    terms = homework.terms(work.extended_to)
    if not rules.accepts(terms, at):
        raise TooLate(details={"deadline": terms.deadline and terms.deadline.isoformat()})
    told = _told(work)
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
    _settle(work, homework, actor=actor, at=at)
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
    work = _locked(homework, enrolment)
    if work.latest is None:
        return
    submission = work.latest
    Submission.objects.filter(pk=submission.pk).update(withdrawn_at=at)
    move(work, UNMARK, latest=None, submitted_at=None)
    _settle(work, homework, actor=actor, at=at)
    emit(events.UNMARKED, submission, actor=actor, homework=homework.pk)


def save_draft(homework: Homework, enrolment: Enrolment, text: str, *, at: datetime) -> None:
    """Keep what the student is writing. Raises Invalid for more than LONGEST_TEXT."""
    _require_length(text)
    work = _work(homework, enrolment)
    Work.objects.filter(pk=work.pk).update(draft=text, draft_saved_at=at)


# --- Feedback -------------------------------------------------------------------------------------


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
    _require_marker(homework, actor)
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
    _require_marker(submission.work.homework, actor)
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
    _require_marker(homework, actor)
    work = _locked(homework, submission.work.enrolment)
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
    before = _told(work)
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
    _settle(work, homework, actor=actor, at=at)
    told = {"homework": homework.pk, "enrolment": str(work.enrolment_id)}
    emit(events.RELEASED, feedback, actor=actor, **told)
    return feedback


def release_all(homework: Homework, *, actor: Any, at: datetime) -> int:
    """Release every draft of feedback that says something new; returns how many."""
    _require_marker(homework, actor)
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
    _require_marker(submission.work.homework, actor)
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
    _clean(row)
    row.save()
    emit(events.COMMENTED, row, actor=actor, submission=submission.pk)
    return row


@transaction.atomic
def drop_comment(submission: Submission, comment_id: int, *, actor: Any) -> None:
    """Raises Forbidden. What is gone is gone already."""
    _require_marker(submission.work.homework, actor)
    submission.comments.filter(pk=comment_id).delete()


def keep_phrase(homework: Homework, text: str, *, actor: Any) -> None:
    """Keep a comment for oneself to use again; the same words once. Raises Forbidden, Invalid."""
    _require_marker(homework, actor)
    row = Phrase(provider_id=homework.provider_id, author=actor, text=" ".join(text.split()))
    _clean(row)
    if selectors.phrases_of(homework, actor).count() >= MOST_PHRASES:
        raise Invalid(details={"text": [f"≤ {MOST_PHRASES}"]})
    if not selectors.phrases_of(homework, actor).filter(text=row.text).exists():
        row.save()


def drop_phrase(homework: Homework, phrase_id: int, *, actor: Any) -> None:
    """Raises Forbidden. Only one's own; what is gone is gone already."""
    _require_marker(homework, actor)
    selectors.phrases_of(homework, actor).filter(pk=phrase_id).delete()


# --- Exceptions -----------------------------------------------------------------------------------


@transaction.atomic
def override(
    homework: Homework, enrolment: Enrolment, *, reason: str = "", actor: Any, at: datetime
) -> Work:
    """Set a student's homework as completed, whatever was handed in; it bears the mark of that.
    Doing it twice changes nothing. Raises Forbidden, Invalid.
    """
    _require_marker(homework, actor)
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_NOTE:
        raise Invalid(details={"reason": [f"≤ {LONGEST_NOTE}"]})
    work = _locked(homework, enrolment)
    if work.overridden_at is not None:
        return work
    _write(work, overridden_at=at, overridden_by=actor, override_reason=reason)
    _settle(work, homework, actor=actor, at=at)
    emit(events.OVERRIDDEN, work, actor=actor, homework=homework.pk, reason=reason)
    return work


@transaction.atomic
def end_override(homework: Homework, enrolment: Enrolment, *, actor: Any, at: datetime) -> Work:
    """Have the student's own work decide again. Raises Forbidden."""
    _require_marker(homework, actor)
    work = _locked(homework, enrolment)
    if work.overridden_at is not None:
        _write(work, overridden_at=None, overridden_by=None, override_reason="")
        _settle(work, homework, actor=actor, at=at)
        emit(events.OVERRIDE_ENDED, work, actor=actor, homework=homework.pk)
    return work


@transaction.atomic
def extend(homework: Homework, enrolment: Enrolment, *, until: datetime | None, actor: Any) -> Work:
    """Give one student time `until` then; None takes the extension back. Raises Forbidden, and
    Invalid for a moment before everybody's due date or where there is none.
    """
    _require_marker(homework, actor)
    if until is not None and (homework.due_at is None or until < homework.due_at):
        raise Invalid(details={"until": ["before the due date"]})
    work = _locked(homework, enrolment)
    if work.extended_to != until:
        _write(work, extended_to=until)
        if until is not None:
            told = {"homework": homework.pk, "until": until.isoformat()}
            emit(events.EXTENDED, work, actor=actor, **told)
    return work


# --- Shared ---------------------------------------------------------------------------------------


def _require_setter(homework: Homework, actor: Any) -> None:
    if actor is not SYSTEM and not may_set(actor, homework):
        raise Forbidden


def _require_marker(homework: Homework, actor: Any) -> None:
    if actor is not SYSTEM and not may_mark(actor, homework):
        raise Forbidden


def _check(homework: Homework) -> None:
    """Raises Invalid for fields that contradict each other."""
    if homework.rubric:
        try:
            criteria = homework.criteria
        except rules.RubricError as problem:
            raise Invalid(details={"rubric": [str(problem)]}) from problem
        homework.grading = Grading.POINTS
        homework.points = sum((one.most for one in criteria), Decimal(0))
    if homework.grading == Grading.POINTS and homework.points is None:
        raise Invalid(details={"points": ["required"]})
    if homework.grading == Grading.COMPLETION:
        homework.points = None
    lesson = homework.lesson
    if lesson is not None and not lesson.is_descendant_of(homework.course):
        raise Invalid(details={"lesson": ["not in this course"]})
    _clean(homework)


def _clean(row: Any) -> None:
    try:
        row.clean_fields()
    except ValidationError as problem:
        raise Invalid(details=problem.message_dict) from problem


def _attach(homework: Homework, sent: Iterable[Upload], *, owner: Any) -> None:
    for upload in uploads.keep(sent, uploads.MATERIAL, owner=owner, at=clock.now()):
        Attachment.objects.create(
            provider_id=homework.provider_id, homework=homework, upload=upload
        )


def _require_length(text: str) -> None:
    if len(text.encode()) > LONGEST_TEXT:
        raise Invalid(details={"text": [f"≤ {LONGEST_TEXT}"]})


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


def _work(homework: Homework, enrolment: Enrolment) -> Work:
    if enrolment.course_id != homework.course_id:
        raise NotFound
    work, _new = Work.objects.get_or_create(
        provider_id=homework.provider_id,  # type: ignore[misc]
        homework=homework,
        enrolment=enrolment,
    )
    return work


def _locked(homework: Homework, enrolment: Enrolment) -> Work:
    """The student's work as it is now, held: of two tabs that hand in at once, one is second."""
    known = _work(homework, enrolment)
    return Work.objects.select_for_update(no_key=True).get(pk=known.pk)


def _write(work: Work, **values: Any) -> None:
    Work.objects.filter(pk=work.pk).update(**values)
    for name, value in values.items():
        setattr(work, name, value)


def _told(work: Work) -> Feedback | None:
    """What the student was told last about their standing submission."""
    if work.latest_id is None:
        return None
    rows = Feedback.objects.filter(submission_id=work.latest_id)
    return rows.order_by("-released_at", "-pk").first()


def _settle(work: Work, homework: Homework, *, actor: Any, at: datetime) -> None:
    """Note whether the work is done now, and let the course's progress know."""
    told = _told(work) if work.is_graded else None
    done = rules.is_done(
        overridden=work.overridden_at is not None,
        submitted=work.is_submitted and not (work.latest and work.latest.is_refused),
        graded=work.is_graded,
        complete=told.complete if told else None,
        needs_grading=homework.needs_grading,
    )
    if done == (work.done_at is not None):
        return
    _write(work, done_at=at if done else None)
    if done:
        work_changed(work.enrolment, actor=actor, at=at)


@transaction.atomic
def file_refused(submission: Submission, *, at: datetime) -> None:
    """Its file turned out to be one that can't be taken: it doesn't count as handed in."""
    work = Work.objects.select_for_update(no_key=True).get(pk=submission.work_id)
    _settle(work, work.homework, actor=SYSTEM, at=at)


def settle(homework: Homework, *, at: datetime) -> None:
    """After homework was changed or withdrawn: what is done by the new terms, and which courses are
    completed by that. In small transactions, for the worker."""
    rows = Work.objects.filter(homework=homework).values_list("pk", flat=True)
    for key in list(rows):
        with transaction.atomic():
            work = Work.objects.select_for_update(no_key=True).get(pk=key)
            _settle(work, homework, actor=SYSTEM, at=at)
    waiting = Enrolment.objects.filter(
        course_id=homework.course_id, state=Seat.ACTIVE, completed_at=None
    )
    for enrolment in list(waiting):
        work_changed(enrolment, actor=SYSTEM, at=at)


def assign_due(*, at: datetime) -> int:
    """Hand out what was scheduled and is due, in the scope; returns how many."""
    due = list(Homework.objects.filter(state=State.SCHEDULED, release_at__lte=at)[:100])
    for homework in due:
        try:
            assign(homework, actor=SYSTEM, at=at)
        except Conflict:
            continue  # somebody was quicker
    return len(due)
