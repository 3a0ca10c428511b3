"""Reads: what a student may take, what they were given, how a class stands, the bank; and the only
ways a view gets a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
)

from lms.common.errors import Forbidden, NotFound
from lms.courses import desk
from lms.courses.desk import Desk
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way, course_for
from lms.enrolments.states import State as Seat
from lms.progress.work import Counted
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

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
    Version,
)
from .permissions import may_mark, may_set
from .rules import analysis, papers, sitting
from .rules.papers import Option, options
from .rules.questions import Kind
from .rules.sitting import Window
from .states import AttemptState, State

SOON = timedelta(days=14)

# --- A student's ----------------------------------------------------------------------------------


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
    rows = list(_in_order(Assessment.objects.filter(course=access.course, state=State.PUBLISHED)))
    candidates: dict[Any, Candidate] = {}
    if access.enrolment and rows:
        found = _with_attempts(Candidate.objects.filter(enrolment=access.enrolment))
        candidates = {one.assessment_id: one for one in found}
    return [_card(row, candidates.get(row.pk), now) for row in rows]


def assessment_for(
    user: Any, course_id: int, assessment_id: int, *, host: Provider | None, now: datetime
) -> AssessmentAccess:
    """One assessment for one who may see it. Raises NotFound, and what `course_for` raises.

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


def worth(assessment: Assessment) -> Decimal:
    """The points there are to get. `places` should be prefetched."""
    return sum((one.points * one.draw for one in assessment.places.all()), Decimal(0))


def _in_order(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return rows.order_by(F("closes_at").asc(nulls_last=True), "pk")


def _with_attempts(rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
    return rows.prefetch_related(Prefetch("attempts_made", Attempt.objects.order_by("-number")))


def _card(row: Assessment, candidate: Candidate | None, now: datetime) -> Card:
    attempts = tuple(candidate.attempts_made.all()) if candidate else ()
    return Card(row, candidate, attempts, row.window(candidate), now)


CHOSEN = (Kind.SINGLE, Kind.MULTIPLE)

# --- The desk's -----------------------------------------------------------------------------------


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
    return _in_order(
        Assessment.objects.filter(course=course).annotate(
            waiting=Count("candidates__attempts_made", filter=submitted),
            handed_in=Count("candidates__attempts_made", filter=submitted | graded),
        )
    )


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
        _responses(assessment)
        .order_by()
        .values_list("given__question_id")
        .annotate(number=Count("pk"), waiting=Count("pk", filter=Q(points=None)))
    )
    numbers = {key: (number, waiting) for key, number, waiting in rows}
    found = BankQuestion.objects.filter(pk__in=numbers).order_by("title", "pk")
    return sorted((Asked(one, *numbers[one.pk]) for one in found), key=lambda one: -one.waiting)


@dataclass(frozen=True, slots=True)
class Analysed:
    """A question with what the class's results say about it; `labels` has the texts of choices."""

    question: BankQuestion
    figures: analysis.Figures
    labels: dict[str, str]


def analysis_of(assessment: Assessment) -> tuple[analysis.Analysis, list[Analysed]]:
    """What the results say about the assessment and each of its questions, by every student's first
    attempt that is handed in: two queries."""
    results: dict[Any, dict[str, Any]] = {}
    first: dict[Any, Any] = {}
    asked: dict[str, Version] = {}
    rows = (
        _responses(assessment)
        .select_related("given", "attempt")
        .defer("comment", "late", "attempt__comment")
        .order_by("attempt__number", "attempt_id", "place")
    )
    for row in rows.iterator(chunk_size=2000):
        made = row.attempt
        if first.setdefault(made.candidate_id, made.pk) != made.pk:
            continue
        one = results.setdefault(made.pk, {"total": Decimal(0), "credits": {}, "chosen": {}})
        name = str(row.given.question_id)
        one["credits"][name] = None if row.points is None else row.points / row.most
        one["total"] += row.points or Decimal(0)
        if row.given.kind in CHOSEN:
            taken = row.answer.get("choices") or [row.answer.get("choice")]
            one["chosen"][name] = [key for key in taken if key]
        if name not in asked or asked[name].number < row.given.number:
            asked[name] = row.given
    choices: dict[str, Any] = {
        name: version.content.choices  # type: ignore[attr-defined]
        for name, version in asked.items()
        if version.kind in CHOSEN
    }
    right = {name: {one.key: one.credit > 0 for one in found} for name, found in choices.items()}
    figures = analysis.analyse([analysis.Result(**one) for one in results.values()], right)
    questions = BankQuestion.objects.in_bulk([int(name) for name in figures.questions])
    return figures, [
        Analysed(questions[int(name)], one, {each.key: each.text for each in choices.get(name, ())})
        for name, one in figures.questions.items()
    ]


def answers_to(
    assessment: Assessment, question: BankQuestion, *, waiting: bool
) -> QuerySet[Response]:
    """The answers to a question in attempts that are handed in, the oldest first; only those that
    are not marked where `waiting`."""
    rows = _responses(assessment).filter(given__question=question)
    rows = rows.filter(points=None) if waiting else rows
    return rows.select_related(
        "given", "marked_as", "upload", "marked_by", "attempt__candidate__enrolment__student"
    ).order_by("attempt__submitted_at", "pk")


def responses_at_desk(assessment: Assessment, keys: Sequence[Any]) -> list[Response]:
    """These answers of attempts that are handed in."""
    rows = _responses(assessment).filter(pk__in=keys).select_related("given", "attempt")
    return list(rows.order_by("pk"))


def _responses(assessment: Assessment) -> QuerySet[Response]:
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
    given = _responses(assessment).filter(given__question=OuterRef("pk"))
    row = BankQuestion.objects.filter(Exists(given), pk=question_id).first()
    if row is None:
        raise NotFound
    return row


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


def banks_at_desk(user: Any, *, host: Provider | None) -> QuerySet[Provider]:
    """The providers whose banks `user` may write in, by name. Raises Forbidden where there is
    none."""
    rows = Provider.objects.order_by("name", "pk")
    if host is not None:
        rows = rows.filter(pk=host.pk)
    if not is_operator(user):
        rows = rows.filter(pk__in=houses_where(user, Code.SET_ASSESSMENTS))
        if not rows:
            raise Forbidden
    return rows


def has_bank(user: Any, *, host: Provider | None) -> bool:
    """Whether there is a bank that `user` may write in."""
    if is_operator(user):
        return True
    houses = houses_where(user, Code.SET_ASSESSMENTS)
    return bool(houses) if host is None else host.pk in houses


def bank_at_desk(user: Any, provider_id: Any, *, host: Provider | None) -> Provider:
    """A provider whose bank `user` may write in. Raises NotFound, Forbidden."""
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None or (host is not None and provider.pk != host.pk):
        raise NotFound
    if not is_operator(user) and provider.pk not in houses_where(user, Code.SET_ASSESSMENTS):
        raise Forbidden
    return provider


def bank_of(
    provider: Provider,
    *,
    words: str = "",
    kind: str = "",
    tags: Sequence[Any] = (),
    archived: bool = False,
) -> QuerySet[BankQuestion]:
    """Questions of a provider's bank, what was changed last on top; with all of `tags` (ids)."""
    rows = BankQuestion.objects.filter(provider=provider, archived_at__isnull=not archived)
    if words:
        asked = Q(current__data__prompt__icontains=words)
        rows = rows.filter(Q(title__icontains=words) | asked)
    if kind:
        rows = rows.filter(kind=kind)
    for tag in tags:
        rows = rows.filter(taggings__tag_id=tag)
    return rows.select_related("current").prefetch_related("tags").order_by("-changed_at", "-pk")


def bank_rows(provider: Provider, keys: Sequence[Any]) -> QuerySet[BankQuestion]:
    """These questions of a provider's bank, those put away too."""
    rows = BankQuestion.objects.filter(provider=provider, pk__in=keys)
    return rows.select_related("current", "provider").prefetch_related("tags").order_by("pk")


def question_at_desk(provider: Provider, question_id: int) -> BankQuestion:
    """Raises NotFound."""
    rows = BankQuestion.objects.select_related("current", "provider")
    rows = rows.prefetch_related("tags").filter(provider=provider, pk=question_id)
    if (found := rows.first()) is None:
        raise NotFound
    return found


def versions_of(question: BankQuestion) -> QuerySet[Version]:
    """The newest first."""
    return question.versions.select_related("made_by").order_by("-number")


def uses_of(question: BankQuestion) -> list[Place]:
    """Where a question stands, or may be drawn: places, each with its assessment and course."""
    tags = [tag.pk for tag in question.tags.all()]
    others = PlaceTag.objects.exclude(tag_id__in=tags).values("place_id")
    drawn = Q(question__isnull=True) & ~Q(pk__in=others)
    rows = Place.objects.filter(Q(question=question) | drawn, provider=question.provider)
    rows = rows.select_related("assessment__course")
    return list(rows.order_by("assessment__title", "pk")[:200])


def house_of_pictures(user: Any, provider_id: Any, *, host: Provider | None) -> Provider:
    """A provider whose questions `user` may look at, to set or to mark. Raises NotFound."""
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None or (host is not None and provider.pk != host.pk):
        raise NotFound
    if not is_operator(user) and provider.pk not in houses_where(user, Code.MARK_ASSESSMENTS):
        raise NotFound
    return provider


def tags_of(provider: Provider) -> QuerySet[Tag]:
    """By name, each with `number`: how many questions of the bank have it."""
    live = Q(questions__archived_at__isnull=True)
    return (
        Tag.objects.filter(provider=provider)
        .annotate(number=Count("questions", filter=live))
        .order_by("name")
    )


def picture_of(question: BankQuestion, key: str) -> Picture:
    """Raises NotFound."""
    rows = Picture.objects.select_related("upload__blob").filter(question=question, key=key)
    if (found := rows.first()) is None:
        raise NotFound
    return found


# --- A gradebook's --------------------------------------------------------------------------------

POINTS = DecimalField(max_digits=12, decimal_places=2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of an assessment for a student. `score` is in percent, None while there is
    none; `attempt` is the id of their last attempt. `missing`: over, and nothing was tried."""

    score: Decimal | None = None
    attempt: int | None = None
    waiting: bool = False
    missing: bool = False


def gradable(course: CoursePage) -> list[tuple[Assessment, Decimal]]:
    """The published assessments of the course, with the points there are to get: one query."""
    points = Sum(F("places__points") * F("places__draw"), output_field=POINTS)
    rows = Assessment.objects.filter(course=course, state=State.PUBLISHED).annotate(most=points)
    found: Any = _in_order(rows)
    return [(row, row.most or Decimal(0)) for row in found]


def outcomes(
    rows: Sequence[Assessment], enrolments: Sequence[Enrolment], *, now: datetime
) -> dict[tuple[Any, Any], Outcome]:
    """{(assessment id, enrolment id): what has come of it}, for all of them: one query."""
    if not rows or not enrolments:
        return {}
    found = Candidate.objects.filter(assessment__in=rows, enrolment__in=enrolments)
    known: dict[tuple[Any, Any], tuple[Any, ...]] = {}
    for key, seat, score, closes, attempt, state in found.order_by(
        "attempts_made__number"
    ).values_list(
        "assessment_id",
        "enrolment_id",
        "score",
        "closes_at",
        "attempts_made",
        "attempts_made__state",
    ):
        known[key, seat] = (score, closes, attempt, state)
    made = {}
    for row in rows:
        for enrolment in enrolments:
            score, closes, attempt, state = known.get((row.pk, enrolment.pk), (None,) * 4)
            ends = closes or row.closes_at
            made[row.pk, enrolment.pk] = Outcome(
                score,
                attempt,
                waiting=score is None and state == AttemptState.SUBMITTED,
                missing=attempt is None and ends is not None and ends <= now,
            )
    return made
