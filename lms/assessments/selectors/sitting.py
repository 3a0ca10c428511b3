"""Reads: what a student may take, and what they were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import FilteredRelation, Prefetch, Q, QuerySet

from lms.common.errors import NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way, course_for
from lms.enrolments.states import State as Seat
from lms.progress.work import Counted
from lms.tenants.models import Provider

from ..models import Assessment, Attempt, Candidate, Response, Version
from ..permissions import may_mark
from ..rules import sitting
from ..rules.papers import Option, options
from ..rules.sitting import Window
from ..states import AttemptState, State
from .setting import in_order

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Card:
    """An assessment as one student sees it; `attempts` are theirs, the newest first."""

    assessment: Assessment
    candidate: Candidate | None
    attempts: tuple[Attempt, ...]
    window: Window
    now: datetime

    @property
    def running(self) -> Attempt | None:
        """The attempt the student is in."""
        return next((one for one in self.attempts if one.is_open), None)

    @property
    def is_open(self) -> bool:
        return self.assessment.is_published and self.window.is_open(self.now)

    @property
    def is_over(self) -> bool:
        return self.window.is_over(self.now)

    @property
    def may_start(self) -> bool:
        """Whether the student may begin an attempt now."""
        free = self.running is None and self.window.has_attempts(len(self.attempts))
        return self.is_open and free

    @property
    def attempts_left(self) -> int | None:
        """None without a limit."""
        allowed = self.window.attempts
        return max(0, allowed - len(self.attempts)) if allowed else None

    @property
    def score(self) -> Decimal | None:
        return self.candidate.score if self.candidate else None

    @property
    def is_done(self) -> bool:
        return self.candidate is not None and self.candidate.done_at is not None

    @property
    def standing(self) -> str:
        """One word for a badge: running, done, failed, waiting, missed, coming, open."""
        if self.running:
            return "running"
        if self.is_done:
            return "done"
        if any(one.state == AttemptState.SUBMITTED for one in self.attempts):
            return "waiting"
        if self.attempts and not self.may_start:
            return "failed"
        if self.is_over:
            return "missed"
        return "open" if self.is_open else "coming"

    @property
    def shows_feedback(self) -> bool:
        """Whether answers and what was said of them may be seen, of graded attempts."""
        when = self.assessment.feedback
        if when == sitting.Feedback.CLOSED:
            closes = self.assessment.closes_at
            return closes is not None and self.now >= closes and self.is_over
        return when == sitting.Feedback.GRADED


@dataclass(frozen=True, slots=True)
class AssessmentAccess:
    """An assessment that is open to somebody. Staff have no `enrolment`."""

    course: CoursePage
    way: Way
    enrolment: Enrolment | None
    card: Card

    @property
    def assessment(self) -> Assessment:
        return self.card.assessment


def course_cards(
    user: Any, course_id: int, *, host: Provider | None, now: datetime
) -> tuple[CourseAccess, list[Card]]:
    """The course's assessments as `user` sees them. Staff see what students may see.

    Raises what `course_for` raises.
    """
    access = course_for(user, course_id, host=host)
    return access, cards_in(access, now=now)


def cards_in(access: CourseAccess, *, now: datetime) -> list[Card]:
    """The assessments of a course, what closes first on top: three queries."""
    rows = list(in_order(Assessment.objects.filter(course=access.course, state=State.PUBLISHED)))
    candidates: dict[Any, Candidate] = {}
    if access.enrolment and rows:
        found = _with_attempts(Candidate.objects.filter(enrolment=access.enrolment))
        candidates = {one.assessment_id: one for one in found}
    cards = [_card(row, candidates.get(row.pk), now) for row in rows]
    return [one for one in cards if one.attempts or not access.waits(one.assessment.lesson_id)]


def assessment_for(
    user: Any, course_id: int, assessment_id: int, *, host: Provider | None, now: datetime
) -> AssessmentAccess:
    """One assessment for one who may see it. Raises NotFound, what `course_for` raises, and why its
    lesson is closed where that waits for its time or turn.

    Who has attempts sees it when it was withdrawn too; staff in every state.
    """
    access = course_for(user, course_id, host=host)
    row = Assessment.objects.filter(pk=assessment_id, course=access.course).first()
    if row is None:
        raise NotFound
    if access.enrolment is not None:
        rows = Candidate.objects.filter(assessment=row, enrolment=access.enrolment)
        card = _card(row, _with_attempts(rows).first(), now)
        if row.is_published or card.attempts:
            if not card.attempts:
                access.refuse_what_waits(row.lesson_id)
            return AssessmentAccess(access.course, access.way, access.enrolment, card)
    if not may_mark(user, row):
        raise NotFound
    return AssessmentAccess(access.course, Way.STAFF, None, _card(row, None, now))


def due_soon(student: Any, *, now: datetime, limit: int = 5) -> list[Card]:
    """What the student is in the middle of, or may still take and closes within SOON, in scope; the
    most urgent first. Three queries."""
    seats = Enrolment.objects.filter(student=student, state=Seat.ACTIVE)
    near = Q(closes_at__gt=now, closes_at__lte=now + SOON)
    mine = Candidate.objects.filter(enrolment__student=student, enrolment__state=Seat.ACTIVE)
    candidates = {one.assessment_id: one for one in _with_attempts(mine)}
    apart = [
        key
        for key, one in candidates.items()
        if one.closes_at or any(each.is_open for each in one.attempts_made.all())
    ]
    rows = Assessment.objects.filter(
        near | Q(pk__in=apart), course__in=seats.values("course"), state=State.PUBLISHED
    ).select_related("course")
    cards = [_card(row, candidates.get(row.pk), now) for row in rows]
    waiting = [card for card in cards if card.running or (card.may_start and not card.is_done)]
    last = datetime.max.replace(tzinfo=UTC)
    waiting.sort(key=lambda card: (not card.running, card.window.closes_at or last))
    return waiting[:limit]


def attempt_of(access: AssessmentAccess, attempt_id: int) -> Attempt:
    """The reader's own. Raises NotFound."""
    found = next((one for one in access.card.attempts if one.pk == attempt_id), None)
    if found is None:
        raise NotFound
    return found


def response_for(user: Any, attempt_id: int, place: int) -> Response:
    """A question in an attempt of the reader's own, of a seat they still have, to answer it: one
    query. Raises NotFound.
    """
    rows = Response.objects.select_related("given", "attempt").filter(
        attempt_id=attempt_id,
        place=place,
        attempt__candidate__enrolment__student=user,
        attempt__candidate__enrolment__state=Seat.ACTIVE,
    )
    if (found := rows.first()) is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """A question as it lies before a student: what was asked, what to choose from, their answer."""

    number: int  # from 1
    response: Response
    version: Version
    options: tuple[Option, ...]


def sheets_of(attempt: Attempt) -> list[Sheet]:
    """The questions of an attempt in order: one query."""
    rows = attempt.responses.select_related("given", "marked_as", "upload", "marked_by")
    return [
        Sheet(row.place + 1, row, row.given, options(row.given.content, attempt.seed, row.place))
        for row in rows.order_by("place")
    ]


def counted(enrolments: Sequence[Enrolment]) -> dict[Any, Counted]:
    """Required assessments in each student's progress (lms.progress.work): one query."""
    courses = {row.course_id for row in enrolments}
    mine = Q(candidates__enrolment__in=[row.pk for row in enrolments])
    rows = (
        Assessment.objects.filter(course_id__in=courses, required=True, state=State.PUBLISHED)
        .order_by()
        .annotate(mine=FilteredRelation("candidates", condition=mine))
        .values_list("pk", "course_id", "mine__enrolment_id", "mine__done_at")
    )
    wanted: dict[Any, Any] = {}
    done: set[tuple[Any, Any]] = set()
    for key, course_id, seat, done_at in rows:
        wanted[key] = course_id
        if done_at is not None:
            done.add((seat, key))
    found = {}
    for one in enrolments:
        keys = [key for key, course_id in wanted.items() if course_id == one.course_id]
        if keys:
            found[one.pk] = Counted(sum((one.pk, key) in done for key in keys), len(keys))
    return found


def _with_attempts(rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
    return rows.prefetch_related(Prefetch("attempts_made", Attempt.objects.order_by("-number")))


def _card(row: Assessment, candidate: Candidate | None, now: datetime) -> Card:
    attempts = tuple(candidate.attempts_made.all()) if candidate else ()
    return Card(row, candidate, attempts, row.window(candidate), now)
