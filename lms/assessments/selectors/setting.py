"""Reads: the assessments of a course, what they ask, and the desk's only ways to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from lms.common.errors import NotFound
from lms.courses import desk
from lms.courses.desk import Desk
from lms.courses.models import CoursePage
from lms.tenants.models import Provider
from lms.tenants.permissions import Code

from ..models import Assessment, BankQuestion, Place
from ..permissions import may_mark, may_set
from ..rules import papers
from ..states import AttemptState


def worth(assessment: Assessment) -> Decimal:
    """The points there are to get. `places` should be prefetched."""
    return sum((one.points * one.draw for one in assessment.places.all()), Decimal(0))


def in_order(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return rows.order_by(F("closes_at").asc(nulls_last=True), "pk")


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> Desk:
    """A course for one who marks there. Raises NotFound."""
    works, sets = Code.MARK_ASSESSMENTS, Code.SET_ASSESSMENTS
    return desk.course_at_desk(user, course_id, host=host, works=works, sets=sets)


def assessment_at_desk(
    user: Any, course_id: int, assessment_id: int, *, host: Provider | None
) -> tuple[Desk, Assessment]:
    """An assessment for one who marks it. Raises NotFound."""
    rows = Assessment.objects.select_related("course__provider", "lesson")
    row = rows.filter(pk=assessment_id, course_id=course_id).first()
    if row is None or (host is not None and row.provider_id != host.pk) or not may_mark(user, row):
        raise NotFound
    return Desk(row.course, may_set(user, row)), row


def assessments_of(course: CoursePage) -> QuerySet[Assessment]:
    """All of a course, drafts too; each with `waiting`, the attempts that wait to be marked, and
    `handed_in`."""
    submitted = Q(candidates__attempts_made__state=AttemptState.SUBMITTED)
    graded = Q(candidates__attempts_made__state=AttemptState.GRADED)
    return in_order(
        Assessment.objects.filter(course=course).annotate(
            waiting=Count("candidates__attempts_made", filter=submitted),
            handed_in=Count("candidates__attempts_made", filter=submitted | graded),
        )
    )


def places_of(assessment: Assessment) -> list[Place]:
    """In order, each with its question and tags: two queries."""
    return list(
        assessment.places.select_related("question__current")
        .prefetch_related("tags")
        .order_by("position", "pk")
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """A place as it is set: `pool` is what there is to draw from, `lacks` whether that is too
    little, with what other places take of it."""

    place: Place
    pool: int | None
    lacks: bool


def slots_of(assessment: Assessment) -> list[Slot]:
    """The places of an assessment: two queries, and one for each set of tags that is drawn by."""
    places = places_of(assessment)
    entries = to_draw_from(places)
    lacking = None
    try:
        papers.draw(entries, "try", shuffle=False)
    except papers.PoolTooSmall as problem:
        lacking = problem.place
    return [
        Slot(one, None if entry.draw is None else len(entry.questions), number == lacking)
        for number, (one, entry) in enumerate(zip(places, entries, strict=True))
    ]


def to_draw_from(places: Sequence[Place]) -> list[papers.Place]:
    """What there is to draw from in each of `places_of`: a query for each that draws by tags."""
    return [
        papers.Place((one.question,), one.points)
        if one.question
        else papers.Place(tuple(pool_of(one)), one.points, one.draw)
        for one in places
    ]


def pool_of(place: Place) -> list[BankQuestion]:
    """What a place draws from, in a fixed order: the questions with all of its tags, which should
    be prefetched. It may be empty."""
    rows = BankQuestion.objects.filter(provider=place.provider_id, archived_at__isnull=True)
    for tag in place.tags.all():
        rows = rows.filter(taggings__tag=tag)
    return list(rows.order_by("pk"))
