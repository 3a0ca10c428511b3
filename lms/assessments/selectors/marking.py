"""Reads: how a class stands, and what waits to be marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q, QuerySet

from lms.common.errors import NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat

from ..models import Assessment, Attempt, BankQuestion, Candidate, Response
from ..rules.papers import options
from ..states import AttemptState
from .sitting import Sheet


class Stands(StrEnum):
    """How a student stands with an assessment, for who marks; each stands in just one way."""

    TO_MARK = "to_mark"
    RUNNING = "running"
    GRADED = "graded"
    NOT_BEGUN = "not_begun"


@dataclass(frozen=True, slots=True)
class Result:
    """A student in the list of results; `attempts` are theirs, the newest first."""

    enrolment: Enrolment
    candidate: Candidate | None
    attempts: tuple[Attempt, ...]

    @property
    def stands(self) -> Stands:
        states = {one.state for one in self.attempts}
        if AttemptState.SUBMITTED in states:
            return Stands.TO_MARK
        if AttemptState.OPEN in states:
            return Stands.RUNNING
        return Stands.GRADED if states else Stands.NOT_BEGUN

    @property
    def shown(self) -> Attempt | None:
        """The attempt to look at: one that waits, or the last."""
        waits = [one for one in self.attempts if one.state == AttemptState.SUBMITTED]
        return next(iter([*waits, *(one for one in self.attempts if not one.is_open)]), None)

    @property
    def has_terms(self) -> bool:
        one = self.candidate
        return one is not None and bool(
            one.extra_time or one.extra_attempts or one.opens_at or one.closes_at
        )


def seats_of(assessment: Assessment) -> QuerySet[Enrolment]:
    """The students of an assessment, each with `candidate` (None if nothing happened). Who left is
    among them if they began."""
    rows = Enrolment.objects.filter(course_id=assessment.course_id).annotate(
        candidate=FilteredRelation("candidacies", condition=Q(candidacies__assessment=assessment))
    )
    begun = Exists(_attempts_by(assessment))
    return rows.filter(Q(state=Seat.ACTIVE) | begun).select_related("student", "candidate")  # type: ignore[misc]


def _attempts_by(assessment: Assessment, *states: str) -> QuerySet[Attempt]:
    rows = Attempt.objects.filter(
        candidate__assessment=assessment, candidate__enrolment=OuterRef("pk")
    )
    return rows.filter(state__in=states) if states else rows


def _standing(assessment: Assessment) -> dict[Stands, Q]:
    waits = Q(Exists(_attempts_by(assessment, AttemptState.SUBMITTED)))
    runs = Q(Exists(_attempts_by(assessment, AttemptState.OPEN)))
    begun = Q(Exists(_attempts_by(assessment)))
    return {
        Stands.TO_MARK: waits,
        Stands.RUNNING: runs & ~waits,
        Stands.GRADED: begun & ~runs & ~waits,
        Stands.NOT_BEGUN: ~begun,
    }


def results_of(assessment: Assessment, *, chosen: str = "", words: str = "") -> QuerySet[Enrolment]:
    """The students who stand as `chosen` says ("" for all), by name; `words` are looked for in
    names and addresses."""
    rows = seats_of(assessment)
    if chosen:
        rows = rows.filter(_standing(assessment)[Stands(chosen)])
    return _named(rows, words, "student").order_by("student__name", "pk")


def _named(rows: QuerySet[Any], words: str, student: str) -> QuerySet[Any]:
    for word in words.split():
        rows = rows.filter(
            Q(**{f"{student}__name__icontains": word}) | Q(**{f"{student}__email__icontains": word})
        )
    return rows


def with_results(seats: Sequence[Enrolment]) -> list[Result]:
    """Rows of `results_of` with their attempts: one query."""
    found = [getattr(seat, "candidate", None) for seat in seats]
    by_candidate: dict[Any, list[Attempt]] = {}
    rows = Attempt.objects.filter(candidate__in=[one.pk for one in found if one])
    for row in rows.order_by("-number"):
        by_candidate.setdefault(row.candidate_id, []).append(row)
    return [
        Result(seat, one, tuple(by_candidate.get(one.pk, ())) if one else ())
        for seat, one in zip(seats, found, strict=True)
    ]


def standing_counts(assessment: Assessment) -> dict[Stands, int]:
    """How many students stand in which way: one query."""
    rows = seats_of(assessment).order_by()
    found = rows.aggregate(
        **{one.value: Count("pk", filter=q) for one, q in _standing(assessment).items()}
    )
    return {one: found[one.value] for one in Stands}


def candidate_of(assessment: Assessment, seat: Enrolment) -> Candidate | None:
    return Candidate.objects.filter(assessment=assessment, enrolment=seat).first()


def time_taken(attempt: Attempt) -> timedelta:
    """How long an attempt took that is handed in."""
    return (attempt.submitted_at or attempt.started_at) - attempt.started_at


def handed_in(assessment: Assessment, *, chosen: str = "", words: str = "") -> QuerySet[Attempt]:
    """Attempts to mark or to look at, by the student's name and the attempt's number. `chosen` is
    of Stands: those to be marked, or that are graded."""
    states = {Stands.TO_MARK: [AttemptState.SUBMITTED], Stands.GRADED: [AttemptState.GRADED]}
    wanted = states.get(Stands(chosen)) if chosen else None
    rows = Attempt.objects.select_related("candidate__enrolment__student").filter(
        candidate__assessment=assessment,
        state__in=wanted or [AttemptState.SUBMITTED, AttemptState.GRADED],
    )
    return _named(rows, words, "candidate__enrolment__student").order_by(*_BY_NAME)


_BY_NAME = ("candidate__enrolment__student__name", "candidate_id", "number")


def beside(rows: QuerySet[Attempt], attempt: Attempt, *, forward: bool) -> Attempt | None:
    """The attempt after (or before) one in rows of `handed_in`, by where it stands in the order:
    it may have left the list by what was just done to it."""
    name = attempt.candidate.enrolment.student.name
    sign = "gt" if forward else "lt"
    beyond = (
        Q(**{f"candidate__enrolment__student__name__{sign}": name})
        | Q(
            candidate__enrolment__student__name=name,
            **{f"candidate_id__{sign}": attempt.candidate_id},
        )
        | Q(candidate_id=attempt.candidate_id, **{f"number__{sign}": attempt.number})
    )
    rows = rows.filter(beyond)
    return (rows if forward else rows.reverse()).first()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of an assessment with how many answers to it there are, and wait to be marked."""

    question: BankQuestion
    answers: int
    waiting: int


def questions_asked(assessment: Assessment) -> list[Asked]:
    """The questions that were given in attempts that are handed in: two queries."""
    rows = (
        responses_of(assessment)
        .order_by()
        .values_list("given__question_id")
        .annotate(number=Count("pk"), waiting=Count("pk", filter=Q(points=None)))
    )
    numbers = {key: (number, waiting) for key, number, waiting in rows}
    found = BankQuestion.objects.filter(pk__in=numbers).order_by("title", "pk")
    return sorted((Asked(one, *numbers[one.pk]) for one in found), key=lambda one: -one.waiting)


def answers_to(
    assessment: Assessment, question: BankQuestion, *, waiting: bool
) -> QuerySet[Response]:
    """The answers to a question in attempts that are handed in, the oldest first; only those that
    are not marked where `waiting`."""
    rows = responses_of(assessment).filter(given__question=question)
    rows = rows.filter(points=None) if waiting else rows
    return rows.select_related(
        "given", "marked_as", "upload", "marked_by", "attempt__candidate__enrolment__student"
    ).order_by("attempt__submitted_at", "pk")


def responses_at_desk(assessment: Assessment, keys: Sequence[Any]) -> list[Response]:
    """These answers of attempts that are handed in."""
    rows = responses_of(assessment).filter(pk__in=keys).select_related("given", "attempt")
    return list(rows.order_by("pk"))


def responses_of(assessment: Assessment) -> QuerySet[Response]:
    return Response.objects.filter(attempt__candidate__assessment=assessment).exclude(
        attempt__state=AttemptState.OPEN
    )


def sheet_of(response: Response) -> Sheet:
    """An answer with its question, for who marks it."""
    content = response.given.content
    laid = options(content, response.attempt.seed, response.place)
    return Sheet(response.place + 1, response, response.given, laid)


def waiting_in(courses: Sequence[CoursePage]) -> dict[Any, int]:
    """{course id: attempts that wait to be marked}."""
    rows = (
        Attempt.objects.filter(
            candidate__assessment__course__in=courses, state=AttemptState.SUBMITTED
        )
        .order_by()
        .values_list("candidate__assessment__course_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


def attempt_at_desk(assessment: Assessment, attempt_id: int) -> Attempt:
    """Raises NotFound."""
    rows = Attempt.objects.select_related("candidate__enrolment__student").filter(
        pk=attempt_id, candidate__assessment=assessment
    )
    if (found := rows.first()) is None:
        raise NotFound
    return found


def attempts_beside(attempt: Attempt) -> list[Attempt]:
    """All attempts of the same student, in order."""
    return list(attempt.candidate.attempts_made.order_by("number"))


def response_at_desk(attempt: Attempt, place: int) -> Response:
    """An answer of an attempt that is handed in. Raises NotFound."""
    rows = attempt.responses.select_related("given", "upload__blob").filter(place=place)
    if place > 100_000 or attempt.is_open or (found := rows.first()) is None:
        raise NotFound
    return found


def question_asked(assessment: Assessment, question_id: int) -> BankQuestion:
    """A question that was given in the assessment. Raises NotFound."""
    given = responses_of(assessment).filter(given__question=OuterRef("pk"))
    row = BankQuestion.objects.filter(Exists(given), pk=question_id).first()
    if row is None:
        raise NotFound
    return row
