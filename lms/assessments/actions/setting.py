"""Assessments as they are set: fields, places, publishing, other terms for students."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.common.errors import Invalid
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import emit
from lms.tenants.permissions import Code, require

from .. import events, selectors
from ..errors import (
    NothingToTake,
    TooFewToDraw,
)
from ..models import (
    Assessment,
    Attempt,
    BankQuestion,
    Candidate,
    Place,
    PlaceTag,
    Tag,
)
from ..rules import papers, sitting
from ..states import PUBLISH, WITHDRAW, AttemptState
from .shared import clean, locked

MOST_PLACES = 300
MOST_QUESTIONS = 500  # in one paper


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
        clean(place)
        place.save()
        PlaceTag.objects.bulk_create(
            [PlaceTag(provider_id=row.provider_id, place=place, tag=tag) for tag in one.tags]
        )
    if row.is_published:
        drawn(row, "try")
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
    drawn(row, "try")
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
    candidate = locked(row, enrolment)
    for name in ("extra_time", "extra_attempts", "opens_at", "closes_at"):
        if name in values:
            setattr(candidate, name, values[name])
    clean(candidate)
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
    clean(row)


def drawn(row: Assessment, seed: str) -> tuple[papers.Entry, ...]:
    """A paper. Raises NothingToTake, TooFewToDraw."""
    places = selectors.to_draw_from(selectors.places_of(row))
    if not places:
        raise NothingToTake
    try:
        return papers.draw(places, seed, shuffle=row.shuffle)
    except papers.PoolTooSmall as problem:
        raise TooFewToDraw(details={"place": problem.place + 1}) from problem
