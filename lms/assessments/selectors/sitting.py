"""Reads: what a student may take, and what they were given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    Exists,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.urls import reverse
from django.utils.translation import gettext_lazy as _lazy

from lms.common.errors import NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way, course_for
from lms.enrolments.states import State as Seat
from lms.progress import dates
from lms.progress.dates import Entry, Wanted
from lms.progress.work import Counted
from lms.tenants.models import Provider

from ..models import Assessment, Attempt, Candidate, Response, Version
from ..permissions import may_mark
from ..rules import sitting
from ..rules.papers import Option, options
from ..rules.sitting import Window
from ..states import AttemptState, State
from .setting import in_order


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


def dates_for(wanted: Wanted) -> Iterator[Entry]:
    """What the student may take (lms.progress.dates): one query. One that is not open yet has two
    dates; of an attempt they are in, its end is the date."""
    if not wanted.seats:
        return
    mine = Q(candidates__enrolment__in=[seat.pk for seat in wanted.seats])
    courses = wanted.courses
    attempts = Attempt.objects.filter(candidate=OuterRef("mine"))
    made = attempts.order_by().values("candidate").annotate(number=Count("pk")).values("number")
    running = attempts.filter(state=AttemptState.OPEN)
    waiting = attempts.filter(state=AttemptState.SUBMITTED)
    rows = (
        Assessment.objects.filter(course__in=courses, state=State.PUBLISHED)
        .annotate(mine=FilteredRelation("candidates", condition=mine))
        .select_related("mine")  # type: ignore[misc]  # the plugin knows no alias
        .annotate(
            made=Subquery(made),
            is_running=Exists(running),
            is_waiting=Exists(waiting),
            ends_at=Subquery(running.values("ends_at")[:1]),
        )
        .defer("instructions")
    )
    for row in rows.order_by("pk"):
        if not row.made and wanted.waits(row.course_id, row.lesson_id):
            continue
        yield from _dates_of(row, courses[row.course_id], wanted)


def _dates_of(row: Any, course: CoursePage, wanted: Wanted) -> Iterator[Entry]:
    mine, now = getattr(row, "mine", None), wanted.now
    window = row.window(mine)
    is_done = mine is not None and mine.done_at is not None
    if row.is_running:
        standing = dates.Standing.RUNNING
    elif is_done or row.is_waiting:
        standing = dates.Standing.DONE
    elif window.is_over(now) or not window.has_attempts(row.made or 0):
        standing = dates.Standing.DONE if row.made else dates.Standing.MISSED
    elif not window.is_open(now):
        standing = dates.Standing.LATER
    else:
        standing = dates.Standing.OPEN
    if not wanted.done and standing in (dates.Standing.DONE, dates.Standing.MISSED):
        return
    known: dict[str, Any] = {
        "kind": "assessment",
        "icon": "clipboard-check",
        "title": row.title,
        "course": course,
        "url": reverse("assessments:assessment", args=[row.course_id, row.pk]),
        "about": ("assessment", row.pk),
    }
    if window.opens_at is not None and (window.opens_at > now or wanted.done):
        yield Entry(
            key=f"assessment-{row.pk}-opens",
            label=_lazy("Assessment opens"),
            moment=dates.Moment.OPENS,
            standing=dates.Standing.LATER if window.opens_at > now else dates.Standing.DONE,
            at=window.opens_at,
            **known,
        )
    yield Entry(
        key=f"assessment-{row.pk}",
        label=_lazy("Assessment closes") if window.closes_at else _lazy("Assessment"),
        moment=dates.Moment.CLOSES,
        standing=standing,
        at=row.ends_at or window.closes_at,
        **known,
    )


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
