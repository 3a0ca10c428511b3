"""Writes: the bank, assessments, attempts, marks. In the provider's scope.

Lock order: the candidate, then the attempt, then (by way of lms.progress) the enrolment.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Max, QuerySet

from lms.common.errors import Invalid, NotFound
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.files.actions import attach_upload, receive_whole
from lms.files.models import Upload
from lms.progress.actions import work_changed
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require

from . import events, selectors, uploads
from .errors import (
    AnsweredElsewhere,
    AttemptClosed,
    GradesMoved,
    MarkedByAnother,
    NoAttemptsLeft,
    NotAllMarked,
    NothingToTake,
    NotOpen,
    TimeUp,
    TooFewToDraw,
)
from .models import (
    Assessment,
    Attempt,
    BankQuestion,
    Candidate,
    Picture,
    Place,
    PlaceTag,
    Response,
    Tag,
    Tagging,
    Version,
)
from .rules import answers, marking, papers, sitting
from .rules.questions import QuestionError, read, write
from .states import GRADE, PUBLISH, REOPEN, SUBMIT, WITHDRAW, AttemptState

MOST_PLACES = 300
MOST_QUESTIONS = 500  # in one paper
MOST_TAGS = 20
SUBMITTED = (AttemptState.SUBMITTED, AttemptState.GRADED)

# --- The bank -------------------------------------------------------------------------------------


@transaction.atomic
def create_question(
    provider: Provider,
    *,
    title: str,
    kind: str,
    data: Any,
    points: Decimal = Decimal(1),
    tags: Iterable[str] = (),
    pictures: Mapping[str, Upload] | None = None,
    actor: Any,
    at: datetime,
) -> BankQuestion:
    """A question in `provider`'s bank: `data` as rules.questions reads it, `pictures` by key.

    Raises Forbidden, Invalid.
    """
    row = BankQuestion(provider_id=provider.pk, kind=kind, changed_at=at)
    require(actor, Code.SET_ASSESSMENTS, row)
    _describe(row, title, points)
    row.save()
    _add_version(row, data, actor=actor, at=at)
    set_tags(row, tags)
    add_pictures(row, pictures or {}, actor=actor, at=at)
    emit(events.QUESTION_CREATED, row, actor=actor, title=row.title, kind=row.kind)
    return row


@transaction.atomic
def change_question(
    row: BankQuestion,
    *,
    title: str,
    data: Any,
    points: Decimal,
    tags: Iterable[str] = (),
    pictures: Mapping[str, Upload] | None = None,
    actor: Any,
    at: datetime,
) -> Version:
    """Change a question. What it asks becomes another version; who sits in an attempt keeps
    theirs, and what is graded stays as it is until it is marked anew (`regrade`).

    Raises Forbidden, Invalid.
    """
    require(actor, Code.SET_ASSESSMENTS, row)
    held = BankQuestion.objects.select_for_update(no_key=True).get(pk=row.pk)
    _describe(row, title, points)
    row.changed_at = at
    row.save(update_fields=["title", "points", "changed_at"])
    current = held.current
    if current is None or write(_read(row.kind, data)) != current.data:
        current = _add_version(row, data, actor=actor, at=at)
    set_tags(row, tags)
    add_pictures(row, pictures or {}, actor=actor, at=at)
    emit(events.QUESTION_CHANGED, row, actor=actor, title=row.title, version=current.number)
    return current


@transaction.atomic
def archive_question(row: BankQuestion, *, actor: Any, at: datetime) -> None:
    """Put a question away: it is offered and drawn no more. Where it stands already it stays.
    Raises Forbidden."""
    require(actor, Code.SET_ASSESSMENTS, row)
    if BankQuestion.objects.filter(pk=row.pk, archived_at=None).update(archived_at=at):
        emit(events.QUESTION_ARCHIVED, row, actor=actor, title=row.title)


@transaction.atomic
def restore_question(row: BankQuestion, *, actor: Any) -> None:
    """Raises Forbidden."""
    require(actor, Code.SET_ASSESSMENTS, row)
    if BankQuestion.objects.filter(pk=row.pk, archived_at__isnull=False).update(archived_at=None):
        emit(events.QUESTION_RESTORED, row, actor=actor, title=row.title)


@transaction.atomic
def tag_question(
    row: BankQuestion, *, add: Iterable[str] = (), drop: Iterable[str] = (), actor: Any
) -> bool:
    """Give a question tags, or take them away; whether that changed anything. Raises Forbidden,
    Invalid."""
    require(actor, Code.SET_ASSESSMENTS, row)
    names = [tag.name for tag in row.tags.all()]
    gone = {_tag_name(name) for name in drop}
    wanted = dict.fromkeys([*names, *map(_tag_name, add)])
    kept = [name for name in wanted if name not in gone]
    if set(kept) == set(names):
        return False
    set_tags(row, kept)
    number = row.current.number if row.current else 0
    emit(events.QUESTION_CHANGED, row, actor=actor, title=row.title, version=number)
    return True


@transaction.atomic
def copy_question(row: BankQuestion, *, title: str, actor: Any, at: datetime) -> BankQuestion:
    """Another question that is the same, pictures too. Raises Forbidden, Invalid, and what
    `receive_whole` raises."""
    current = row.current
    if current is None:
        raise NotFound
    pictures = {
        one.key: receive_whole(
            File(one.upload.file, one.upload.name),
            owner=actor,
            provider=row.provider,
            purpose=uploads.PICTURE.name,
            at=at,
        )
        for one in row.pictures.select_related("upload__blob")
        if one.upload.is_ready
    }
    return create_question(
        row.provider,
        title=title,
        kind=row.kind,
        data=current.data,
        points=row.points,
        tags=[tag.name for tag in row.tags.all()],
        pictures=pictures,
        actor=actor,
        at=at,
    )


def _tag_name(name: str) -> str:
    return " ".join(name.split()).casefold()


def set_tags(row: BankQuestion, names: Iterable[str]) -> None:
    """Have the question these tags and no others. Raises Invalid for too many or too long ones."""
    wanted = list(dict.fromkeys(map(_tag_name, names)))
    wanted = [name for name in wanted if name]
    if len(wanted) > MOST_TAGS or any(len(name) > 60 for name in wanted):
        raise Invalid(details={"tags": [f"≤ {MOST_TAGS}, ≤ 60"]})
    ids = [
        Tag.objects.get_or_create(provider_id=row.provider_id, name=name)[0].pk  # type: ignore[misc]
        for name in wanted
    ]
    row.taggings.exclude(tag_id__in=ids).delete()
    Tagging.objects.bulk_create(
        [Tagging(provider_id=row.provider_id, question=row, tag_id=key) for key in ids],
        ignore_conflicts=True,
    )


def add_pictures(
    row: BankQuestion, pictures: Mapping[str, Upload], *, actor: Any, at: datetime
) -> None:
    """Keep pictures with the question, by keys it does not use yet: attempts go on showing the
    pictures they began with. Raises NotUsable, Forbidden, Invalid."""
    for key, upload in pictures.items():
        if row.pictures.filter(key=key).exists():
            raise Invalid(details={"pictures": [key]})
        kept = attach_upload(upload, owner=actor, purpose=uploads.PICTURE.name, at=at)
        picture = Picture(provider_id=row.provider_id, question=row, key=key, upload=kept)
        _clean(picture)
        picture.save()


def _describe(row: BankQuestion, title: str, points: Decimal) -> None:
    row.title = " ".join(title.split())
    row.points = points
    _clean(row, exclude=["current"])


def _add_version(row: BankQuestion, data: Any, *, actor: Any, at: datetime) -> Version:
    question = _read(row.kind, data)
    last = row.versions.aggregate(last=Max("number"))["last"] or 0
    version = Version.objects.create(
        provider_id=row.provider_id,
        question=row,
        number=last + 1,
        kind=row.kind,
        data=write(question),
        made_at=at,
        made_by=None if actor is SYSTEM else actor,
    )
    row.current = version
    row.save(update_fields=["current"])
    return version


def _read(kind: str, data: Any) -> Any:
    try:
        return read(kind, data)
    except QuestionError as problem:
        raise Invalid(details={problem.field: [problem.reason]}) from problem


# --- Setting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """A place as it is set: a question, or `draw` out of those with all `tags`."""

    question: BankQuestion | None = None
    tags: tuple[Tag, ...] = ()
    draw: int = 1
    points: Decimal = Decimal(1)


@transaction.atomic
def create(course: CoursePage, values: Mapping[str, Any], *, actor: Any) -> Assessment:
    """A draft of an assessment in `course`; `values` are fields of Assessment.

    Raises Forbidden, Invalid.
    """
    row = Assessment(provider_id=course.provider_id, course=course, **values)
    require(actor, Code.SET_ASSESSMENTS, row)
    _check(row)
    row.save()
    emit(events.CREATED, row, actor=actor, title=row.title)
    return row


@transaction.atomic
def change(row: Assessment, values: Mapping[str, Any], *, actor: Any) -> None:
    """Change fields of an assessment. Attempts that are running keep the end they began with,
    unless the closing time or the time limit is put off: then they have longer.

    Raises Forbidden, Invalid.
    """
    require(actor, Code.SET_ASSESSMENTS, row)
    before = Assessment.objects.select_for_update(no_key=True).get(pk=row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    _check(row)
    row.save(update_fields=[*values])
    _lengthen(row)
    counts = any(
        getattr(row, name) != getattr(before, name)
        for name in ("required", "pass_percent", "method")
    )
    emit(events.CHANGED, row, actor=actor, title=row.title, counts=counts)


@transaction.atomic
def set_places(row: Assessment, places: Sequence[PlaceOf], *, actor: Any) -> None:
    """Have the assessment consist of these, in this order. Attempts begun before keep what they
    were given. Raises Forbidden, Invalid, and TooFewToDraw, NothingToTake where it is published.
    """
    require(actor, Code.SET_ASSESSMENTS, row)
    if len(places) > MOST_PLACES or sum(one.draw for one in places) > MOST_QUESTIONS:
        raise Invalid(details={"places": [f"≤ {MOST_PLACES}, ≤ {MOST_QUESTIONS}"]})
    fixed = [one.question.pk for one in places if one.question]
    if len(fixed) != len(set(fixed)):
        raise Invalid(details={"places": ["twice the same"]})
    Assessment.objects.select_for_update(no_key=True).get(pk=row.pk)
    row.places.all().delete()
    for number, one in enumerate(places):
        if (one.question is None) == (not one.tags) or (one.question and one.draw != 1):
            raise Invalid(details={"places": ["a question, or tags to draw from"]})
        place = Place(
            provider_id=row.provider_id,
            assessment=row,
            position=number,
            question=one.question,
            draw=one.draw,
            points=one.points,
        )
        _clean(place)
        place.save()
        PlaceTag.objects.bulk_create(
            [PlaceTag(provider_id=row.provider_id, place=place, tag=tag) for tag in one.tags]
        )
    if row.is_published:
        _drawn(row, "try")
    emit(events.CHANGED, row, actor=actor, title=row.title, counts=False)


@transaction.atomic
def copy(row: Assessment, *, title: str, actor: Any) -> Assessment:
    """A draft with the same settings and questions; of the times, only how long. Raises Forbidden,
    Invalid."""
    names = [
        "instructions", "lesson", "required", "time_zone", "minutes", "attempts", "method",
        "pass_percent", "shuffle", "show_right",
    ]  # fmt: skip
    values = {name: getattr(row, name) for name in names} | {"title": title}
    if row.feedback != sitting.Feedback.CLOSED:  # which needs a closing time
        values["feedback"] = row.feedback
    made = create(row.course, values, actor=actor)
    places = [
        PlaceOf(one.question, tuple(one.tags.all()), one.draw, one.points)
        for one in selectors.places_of(row)
    ]
    set_places(made, places, actor=actor)
    return made


@transaction.atomic
def publish(row: Assessment, *, actor: Any, at: datetime) -> None:
    """Have students see it; they are told. Raises Forbidden, IllegalMove, NothingToTake,
    TooFewToDraw."""
    require(actor, Code.SET_ASSESSMENTS, row)
    _drawn(row, "try")
    move(row, PUBLISH, published_at=at)
    emit(events.PUBLISHED, row, actor=actor, title=row.title)


@transaction.atomic
def withdraw(row: Assessment, *, actor: Any) -> None:
    """Hide it from students; their attempts are kept. Raises Forbidden, IllegalMove."""
    require(actor, Code.SET_ASSESSMENTS, row)
    move(row, WITHDRAW)
    emit(events.WITHDRAWN, row, actor=actor, title=row.title, counts=True)


@transaction.atomic
def allow(
    row: Assessment, enrolment: Enrolment, values: Mapping[str, Any], *, actor: Any
) -> Candidate:
    """Give one student other terms: `values` are extra_time, extra_attempts, opens_at, closes_at.
    An attempt that is running gets the time too; it never gets less. Raises Forbidden, Invalid.
    """
    require(actor, Code.MARK_ASSESSMENTS, row)
    candidate = _locked(row, enrolment)
    for name in ("extra_time", "extra_attempts", "opens_at", "closes_at"):
        if name in values:
            setattr(candidate, name, values[name])
    _clean(candidate)
    window = row.window(candidate)
    if window.opens_at and window.closes_at and window.opens_at >= window.closes_at:
        raise Invalid(details={"closes_at": ["before it opens"]})
    candidate.save(update_fields=["extra_time", "extra_attempts", "opens_at", "closes_at"])
    _lengthen(row, candidate)
    emit(events.ALLOWED, candidate, actor=actor, assessment=row.pk)
    return candidate


@transaction.atomic
def allow_all(
    row: Assessment, enrolments: Iterable[Enrolment], values: Mapping[str, Any], *, actor: Any
) -> None:
    """The same terms for several students, or for none of them. Raises Forbidden, Invalid."""
    for enrolment in sorted(enrolments, key=lambda one: one.pk):
        allow(row, enrolment, values, actor=actor)


def _lengthen(row: Assessment, only: Candidate | None = None) -> None:
    """Give running attempts the later end that follows from the terms as they are now."""
    rows = Attempt.objects.select_related("candidate").filter(
        candidate__assessment=row, state=AttemptState.OPEN, ends_at__isnull=False
    )
    if only is not None:
        rows = rows.filter(candidate=only)
    for attempt in rows.select_for_update(of=("self",), no_key=True):
        ends = row.window(attempt.candidate).ends_at(attempt.started_at)
        if ends is None or (attempt.ends_at and ends > attempt.ends_at):
            Attempt.objects.filter(pk=attempt.pk).update(ends_at=ends)


def _check(row: Assessment) -> None:
    """Raises Invalid for fields that contradict each other."""
    if row.opens_at and row.closes_at and row.opens_at >= row.closes_at:
        raise Invalid(details={"closes": ["before it opens"]})
    if row.feedback == sitting.Feedback.CLOSED and row.closes_at is None:
        raise Invalid(details={"feedback": ["no closing time"]})
    lesson = row.lesson
    if lesson is not None and not lesson.is_descendant_of(row.course):
        raise Invalid(details={"lesson": ["not in this course"]})
    _clean(row)


def _drawn(row: Assessment, seed: str) -> tuple[papers.Entry, ...]:
    """A paper. Raises NothingToTake, TooFewToDraw."""
    places = selectors.to_draw_from(selectors.places_of(row))
    if not places:
        raise NothingToTake
    try:
        return papers.draw(places, seed, shuffle=row.shuffle)
    except papers.PoolTooSmall as problem:
        raise TooFewToDraw(details={"place": problem.place + 1}) from problem


# --- Sitting --------------------------------------------------------------------------------------


@transaction.atomic
def start(row: Assessment, enrolment: Enrolment, *, actor: Any, at: datetime) -> Attempt:
    """Begin an attempt, or go on with the one that is running. What is given is decided now.

    Raises NotFound, NotOpen, NoAttemptsLeft, TooFewToDraw, NothingToTake.
    """
    if not row.is_published or not enrolment.is_active:
        raise NotFound
    candidate = _locked(row, enrolment)
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
    paper = _drawn(row, seed)
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
        _grade(held, candidate, rows, actor=SYSTEM, at=at)
    else:
        _settle(candidate, actor=actor, at=at)
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


# --- Marking --------------------------------------------------------------------------------------


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
    candidate, attempt = _held(response.attempt_id)
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
        raise MarkedByAnother(details={"points": _text(before.points), "comment": before.comment})
    by = None if actor is SYSTEM else actor
    fields: dict[str, Any] = {"points": points, "comment": comment}
    if points != before.points:
        fields |= {"marked_at": None if points is None else at, "marked_by": by}
    Response.objects.filter(pk=response.pk).update(**fields)
    for name, value in fields.items():
        setattr(response, name, value)
    told = {"place": response.place, "before": _text(before.points), "after": _text(points)}
    emit(events.MARKED, attempt, actor=actor, **told)
    if attempt.is_graded:
        _grade(attempt, candidate, list(attempt.responses.all()), actor=actor, at=at)
    return response


@transaction.atomic
def take_late(response: Response, *, actor: Any, at: datetime) -> None:
    """Count the answer that came after the end; the student is not at fault. Raises Forbidden."""
    require(actor, Code.MARK_ASSESSMENTS, response)
    candidate, attempt = _held(response.attempt_id)
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
        _grade(attempt, candidate, rows, actor=actor, at=at)
    elif attempt.is_graded:
        move(attempt, REOPEN)
        _settle(candidate, actor=actor, at=at)


@transaction.atomic
def grade(attempt: Attempt, *, comment: str = "", actor: Any, at: datetime) -> Attempt:
    """Give the student the grade: all is marked. Raises Forbidden, NotAllMarked, Invalid."""
    require(actor, Code.MARK_ASSESSMENTS, attempt)
    candidate, held = _held(attempt.pk)
    rows = list(held.responses.all())
    if held.is_open or not all(row.is_marked for row in rows):
        raise NotAllMarked
    if len(comment) > 50_000:
        raise Invalid(details={"comment": ["≤ 50000"]})
    Attempt.objects.filter(pk=held.pk).update(comment=comment)
    held.comment = comment
    _grade(held, candidate, rows, actor=actor, at=at)
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


# --- Marking anew ---------------------------------------------------------------------------------


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
        told = {"before": _text(change.before), "after": _text(change.after)}
        emit(events.REGRADED, attempt, actor=actor, assessment=row.pk, **told)
    touched = {change.attempt.candidate_id for change in regrade.changes}
    for candidate in Candidate.objects.select_related("assessment").filter(pk__in=touched):
        _settle(candidate, actor=actor, at=at)
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


# --- Shared ---------------------------------------------------------------------------------------


def _clean(row: Any, exclude: Sequence[str] = ()) -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as problem:
        raise Invalid(details=problem.message_dict) from problem


def _answer(version: Version, sent: Any) -> dict[str, Any]:
    try:
        return answers.clean(version.kind, version.content, sent)
    except answers.AnswerError as problem:
        raise Invalid(details={"answer": [str(problem)]}) from problem


def _locked(row: Assessment, enrolment: Enrolment) -> Candidate:
    """The student's place in the assessment as it is now, held."""
    if enrolment.course_id != row.course_id:
        raise NotFound
    known, _new = Candidate.objects.get_or_create(
        provider_id=row.provider_id,  # type: ignore[misc]
        assessment=row,
        enrolment=enrolment,
    )
    return Candidate.objects.select_for_update(no_key=True).get(pk=known.pk)


def _held(attempt_id: Any) -> tuple[Candidate, Attempt]:
    """A candidate and their attempt, held in that order."""
    key = Attempt.objects.values_list("candidate_id", flat=True).get(pk=attempt_id)
    candidate = Candidate.objects.select_for_update(no_key=True).get(pk=key)
    return candidate, Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)


def _grade(
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
    _settle(candidate, actor=actor, at=at)
    emit(events.GRADED, attempt, actor=actor, assessment=candidate.assessment_id)


def _settle(candidate: Candidate, *, actor: Any, at: datetime) -> None:
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
            _settle(candidate, actor=SYSTEM, at=at)
    waiting = Enrolment.objects.filter(course_id=row.course_id, completed_at=None)
    for enrolment in list(waiting):
        if enrolment.is_active:
            work_changed(enrolment, actor=SYSTEM, at=at)


def _text(points: Decimal | None) -> str | None:
    return None if points is None else str(points)
