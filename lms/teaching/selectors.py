"""Reads: the courses somebody works in, a course's roster, and who is at risk."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from lms.assessments.models import Assessment, Attempt, Candidate
from lms.assessments.states import State as AssessmentState
from lms.common.errors import Forbidden, NotFound
from lms.courses import desk
from lms.courses.desk import Desk
from lms.courses.desk_panels import Reader
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group, GroupMember
from lms.enrolments.selectors import students_now
from lms.enrolments.states import State as Seat
from lms.grades.selectors import book_of, sheets_of
from lms.homework.models import Homework, Submission, Work
from lms.homework.states import State as HomeworkState
from lms.plans.kinds import KINDS
from lms.plans.models import Assignment, Step
from lms.progress.models import LessonProgress
from lms.progress.selectors import progress_in
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator
from lms.tenants.scope.context import current

from . import rules
from .models import Announcement, Dismissal, Snooze, Standing, Watch
from .rules import SETTLED, Facts, Reason, Thresholds
from .states import State as Announced

# --- The desk's courses ---------------------------------------------------------------------------


def has_desk(user: Any, *, host: Provider | None) -> bool:
    """Whether the desk is open to `user`, on that host."""
    if is_operator(user):
        return True
    houses = houses_where(user, Code.VIEW_STUDENTS)
    return bool(houses) if host is None else host.pk in houses


def work_courses(user: Any, *, host: Provider | None) -> QuerySet[CoursePage]:
    """The courses of the houses `user` works for. Raises Forbidden for who works nowhere."""
    rows = CoursePage.objects.all()
    if host is not None:
        rows = rows.filter(provider=host)
    if not has_desk(user, host=host):
        raise Forbidden
    if not is_operator(user):
        rows = rows.filter(provider_id__in=houses_where(user, Code.VIEW_STUDENTS))
    return rows


def taught_by(user: Any, rows: QuerySet[CoursePage]) -> QuerySet[CoursePage]:
    """Those of `rows` that name `user` as an instructor, or that they made and nobody is named."""
    named = CoursePage.instructors.through._default_manager.all()
    mine = named.filter(user_id=user.pk).values("coursepage_id")
    return rows.filter(
        Q(pk__in=mine) | (Q(owner_id=user.pk) & ~Q(pk__in=named.values("coursepage_id")))
    )


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course at the desk, and how many students it has now."""

    course: CoursePage
    students: int


def with_students(courses: Sequence[CoursePage]) -> list[CourseRow]:
    """One query."""
    studying = students_now(courses)
    return [CourseRow(one, studying.get(one.pk, 0)) for one in courses]


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> Desk:
    """A course for one who sees its students; `sets` says whether they manage them. Raises
    NotFound."""
    works, sets = Code.VIEW_STUDENTS, Code.MANAGE_STUDENTS
    return desk.course_at_desk(user, course_id, host=host, works=works, sets=sets)


def seat_at_desk(course: CoursePage, enrolment_id: Any) -> Enrolment:
    """A student's, those who left too. Raises NotFound."""
    rows = Enrolment.objects.select_related("student", "standing", "risk_snooze")
    if (found := rows.filter(course=course, pk=enrolment_id).first()) is None:
        raise NotFound
    found.course = course
    return found


# --- Counting -------------------------------------------------------------------------------------


def standings_of(
    course: CoursePage, seats: Sequence[Enrolment], *, now: datetime
) -> list[Standing]:
    """How these students of one course stand, worked out from their work; not saved. Queries do
    not grow with students."""
    if not seats:
        return []
    done = progress_in(course, seats)
    sheets = {one.enrolment.pk: one for one in sheets_of(book_of(course), seats, now=now)}
    due, worked = _due_first(course, seats), _worked(seats)
    found = []
    for seat in seats:
        at, title = due.get(seat.pk, (None, ""))
        grade = sheets[seat.pk].current.percent
        found.append(
            Standing(
                provider_id=course.provider_id,
                enrolment=seat,
                course_id=course.pk,
                percent=done[seat.pk].percent,
                grade=None if grade is None else round(grade, 2),
                worked_at=worked.get(seat.pk),
                due_at=at,
                due_title=title[:255],
            )
        )
    return found


def _worked(seats: Sequence[Enrolment]) -> dict[Any, datetime]:
    """{enrolment id: when they last completed or handed in something}: three queries."""
    found: dict[Any, datetime] = {}
    for model, path, name in (
        (LessonProgress, "enrolment", "completed_at"),
        (Submission, "work__enrolment", "submitted_at"),
        (Attempt, "candidate__enrolment", "started_at"),
    ):
        rows = model._default_manager.filter(**{f"{path}__in": seats, f"{name}__isnull": False})
        for key, moment in rows.order_by(name).values_list(f"{path}_id", name):
            found[key] = max(moment, found.get(key, moment))
    return found


def _due_first(course: CoursePage, seats: Sequence[Enrolment]) -> dict[Any, tuple[datetime, str]]:
    """{enrolment id: (when, what)} of the earliest date of what they have not done: homework,
    assessments, steps of their plans. What was due before they joined is nothing they missed."""
    found: dict[Any, tuple[datetime, str]] = {}
    joined = {seat.pk: seat.enrolled_at for seat in seats}

    def note(key: Any, at: datetime | None, title: str) -> None:
        if at is not None and at > joined[key] and (key not in found or at < found[key][0]):
            found[key] = (at, title)

    pieces = list(Homework.objects.filter(course=course, state=HomeworkState.ASSIGNED))
    works = {
        (row.homework_id, row.enrolment_id): row
        for row in Work.objects.filter(homework__in=pieces, enrolment__in=seats).defer("draft")
    }
    for piece in pieces:
        for seat in seats:
            work = works.get((piece.pk, seat.pk))
            if not piece.everybody and not (work and work.chosen):
                continue
            if work and (work.is_submitted or work.done_at or work.overridden_at):
                continue
            note(seat.pk, piece.terms(work.extended_to if work else None).deadline, piece.title)
    _note_assessments(course, seats, note)
    _note_steps(course, seats, note)
    return found


def _note_assessments(course: CoursePage, seats: Sequence[Enrolment], note: Any) -> None:
    tests = list(Assessment.objects.filter(course=course, state=AssessmentState.PUBLISHED))
    candidates = Candidate.objects.filter(assessment__in=tests, enrolment__in=seats)
    known = {
        (row.assessment_id, row.enrolment_id): row
        for row in candidates.annotate(tries=Count("attempts_made"))
    }
    for test in tests:
        for seat in seats:
            row = known.get((test.pk, seat.pk))
            if row is None or not (row.done_at or row.tries):
                note(seat.pk, (row and row.closes_at) or test.closes_at, test.title)


def _note_steps(course: CoursePage, seats: Sequence[Enrolment], note: Any) -> None:
    rows = Step.objects.filter(plan__course=course, plan__is_template=False, due_at__isnull=False)
    steps = list(rows)
    if not steps:
        return
    given: dict[Any, set[Any]] = defaultdict(set)
    assigned = Assignment.objects.filter(plan__in={one.plan_id for one in steps})
    for plan, seat, group in assigned.values_list("plan_id", "enrolment_id", "group_id"):
        given[seat or ("group", group)].add(plan)
    groups: dict[Any, set[Any]] = defaultdict(set)
    members = GroupMember.objects.filter(enrolment__in=seats, group__course=course)
    for seat, group in members.values_list("enrolment_id", "group_id"):
        groups[seat] |= given.get(("group", group), set())
    for name, kind in KINDS.items():
        of_kind = [one for one in steps if one.kind == name]
        if not of_kind:
            continue
        keys = {one.key for one in of_kind}
        things, done = kind.things(course, keys), kind.done(seats, keys)
        for step in of_kind:
            for seat_ in seats:
                theirs = step.plan_id in given[seat_.pk] or step.plan_id in groups[seat_.pk]
                if theirs and step.key in things and (seat_.pk, step.key) not in done:
                    note(seat_.pk, step.due_at, things[step.key].title)


def median_of(course_id: int) -> int:
    """What half of the students with a seat have done, in percent: two queries."""
    rows = Standing.objects.filter(course_id=course_id, enrolment__state=Seat.ACTIVE)
    number = rows.count()
    middle = rows.order_by("percent", "pk").values_list("percent", flat=True)
    return middle[number // 2] if number else 0


# --- Who is at risk -------------------------------------------------------------------------------


def watch_over(course: CoursePage) -> Watch:
    """The course's, or a new one that is not saved."""
    found = Watch.objects.filter(course=course).first()
    return found or Watch(provider_id=course.provider_id, course=course)


def risks(limits: Thresholds, median: Any, now: datetime) -> dict[Reason, Q]:
    """{reason: which seats}, the same split as rules.reasons. `median` may be an expression."""
    found = {}
    at_work = Q(completed_at__isnull=True)
    idle, overdue = limits.idle_before(now), limits.overdue_before(now)
    if idle is not None:
        seen = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=idle)
        worked = Q(standing__worked_at__isnull=True) | Q(standing__worked_at__lt=idle)
        found[Reason.IDLE] = at_work & Q(enrolled_at__lt=idle) & seen & worked
    if overdue is not None:
        found[Reason.OVERDUE] = at_work & Q(standing__due_at__lt=overdue)
    if limits.behind_points is not None:
        low = Q(standing__percent__lt=median - limits.behind_points)
        found[Reason.BEHIND] = at_work & low & Q(enrolled_at__lt=now - SETTLED)
    if limits.pass_percent is not None:
        found[Reason.FAILING] = Q(standing__grade__lt=Decimal(limits.pass_percent))
    return found


def _none_snoozed(now: datetime) -> Q:
    return Q(risk_snooze__isnull=True) | Q(risk_snooze__until__lte=now)


def _any(found: Mapping[Reason, Q]) -> Q:
    which = Q(pk__in=[])
    for one in found.values():
        which |= one
    return which


def at_risk(courses: QuerySet[CoursePage], *, now: datetime) -> QuerySet[Enrolment]:
    """The seats at risk in all of `courses` (a query of ids), each by its own course's thresholds;
    one query here, for the courses that have other thresholds than most."""
    rows = Enrolment.objects.filter(_none_snoozed(now), course__in=courses, state=Seat.ACTIVE)
    own: dict[Thresholds, list[Any]] = defaultdict(list)
    for watch in Watch.objects.filter(course__in=courses):
        if watch.thresholds != Thresholds():
            own[watch.thresholds].append(watch.course_id)
    median = F("course__watch__median")
    apart = [key for keys in own.values() for key in keys]
    which = ~Q(course__in=apart) & _any(risks(Thresholds(), median, now))
    for limits, keys in own.items():
        which |= Q(course__in=keys) & _any(risks(limits, median, now))
    return rows.filter(which)


def facts_of(seat: Enrolment, median: int) -> Facts:
    """What the rules ask of a seat, read with its standing."""
    standing = getattr(seat, "standing", None) or Standing()
    return Facts(
        enrolled_at=seat.enrolled_at,
        active_at=active_at(seat),
        completed=seat.completed_at is not None,
        percent=standing.percent,
        median=median,
        due_at=standing.due_at,
        grade=standing.grade,
    )


def active_at(seat: Enrolment) -> datetime | None:
    """When the student was last active in the course; None if never."""
    standing = getattr(seat, "standing", None)
    known = [one for one in (seat.last_seen_at, standing and standing.worked_at) if one]
    return max(known, default=None)


# --- The roster -----------------------------------------------------------------------------------

SORTS: dict[str, tuple[Any, ...]] = {
    "enrolled": (F("enrolled_at").desc(), F("pk").desc()),
    "-enrolled": (F("enrolled_at").asc(), F("pk").asc()),
    "name": (F("student__name").asc(), F("pk").asc()),
    "-name": (F("student__name").desc(), F("pk").desc()),
    "progress": (Coalesce("standing__percent", 0).desc(), F("pk").asc()),
    "-progress": (Coalesce("standing__percent", 0).asc(), F("pk").asc()),
    "grade": (F("standing__grade").desc(nulls_last=True), F("pk").asc()),
    "-grade": (F("standing__grade").asc(nulls_last=True), F("pk").asc()),
    "activity": (F("active").desc(), F("pk").asc()),
    "-activity": (F("active").asc(), F("pk").asc()),
}
STATES = {"active": Q(state=Seat.ACTIVE), "ended": ~Q(state=Seat.ACTIVE), "all": Q()}
ANY_RISK = "any"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a roster is looked at, and in which order."""

    words: str = ""
    state: str = "active"
    group: int | None = None
    risk: str = ""
    sort: str = "enrolled"

    @property
    def is_everybody(self) -> bool:
        """Whether it is just all students who have a seat."""
        return not self.words and self.state == "active" and not self.group and not self.risk


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A student on the roster. `reasons` are why they are at risk, put off or not."""

    seat: Enrolment
    standing: Standing
    active_at: datetime | None
    reasons: tuple[Reason, ...]
    groups: list[str] = field(default_factory=list)
    snoozed: bool = False


def roster(
    course: CoursePage, watch: Watch, choice: Choice, *, now: datetime
) -> QuerySet[Enrolment]:
    """The seats of a course that are asked for, each with its student and standing."""
    rows = Enrolment.objects.filter(STATES[choice.state], course=course)
    for word in choice.words.split():
        rows = rows.filter(Q(student__name__icontains=word) | Q(student__email__icontains=word))
    if choice.group:
        rows = rows.filter(group_memberships__group=choice.group)
    if choice.risk:
        found = risks(watch.thresholds, Value(watch.median), now)
        none = Q(pk__in=[])
        which = _any(found) if choice.risk == ANY_RISK else found.get(Reason(choice.risk), none)
        rows = rows.filter(which, _none_snoozed(now), state=Seat.ACTIVE)
    if choice.sort.endswith("activity"):
        seen = Coalesce("last_seen_at", "enrolled_at")
        rows = rows.annotate(active=Greatest(seen, Coalesce("standing__worked_at", "enrolled_at")))
    rows = rows.select_related("student", "standing", "risk_snooze")
    return rows.order_by(*SORTS[choice.sort])


def roster_rows(
    course: CoursePage, seats: Sequence[Enrolment], watch: Watch, *, now: datetime
) -> list[RosterRow]:
    """Some of `roster` as it is shown: one query for their groups. Who was never counted, and all
    while the course has changed and waits for being counted, are worked out anew."""
    seats = list(seats)
    missing = [one for one in seats if watch.stale_since or not hasattr(one, "standing")]
    for standing in standings_of(course, missing, now=now):
        standing.enrolment.standing = standing
    groups = groups_of_seats(seats)
    found = []
    for seat in seats:
        snooze: Snooze | None = getattr(seat, "risk_snooze", None)
        why = rules.reasons(facts_of(seat, watch.median), watch.thresholds, now)
        snoozed = snooze is not None and snooze.holds(now)
        found.append(
            RosterRow(
                seat,
                seat.standing,
                active_at(seat),
                why if seat.is_active else (),
                groups.get(seat.pk, []),
                snoozed,
            )
        )
    return found


def groups_of_seats(seats: Sequence[Enrolment]) -> dict[Any, list[str]]:
    """{enrolment id: the names of their groups}: one query."""
    found: dict[Any, list[str]] = defaultdict(list)
    rows = GroupMember.objects.filter(enrolment__in=[one.pk for one in seats])
    for key, name in rows.order_by("group__name").values_list("enrolment_id", "group__name"):
        found[key].append(name)
    return found


def group_names(course: CoursePage) -> list[tuple[int, str]]:
    """(id, name) of the course's groups, by name."""
    return list(Group.objects.filter(course=course).order_by("name").values_list("pk", "name"))


def in_batches(
    course: CoursePage, watch: Watch, choice: Choice, *, now: datetime, size: int = 1000
) -> Iterator[RosterRow]:
    """All of a roster, in the order in which students enrolled, in memory that does not grow."""
    rows = roster(course, watch, choice, now=now)
    rows = rows.order_by("enrolled_at", "pk")
    after: Enrolment | None = None
    while True:
        batch = rows
        if after is not None:
            same = Q(enrolled_at=after.enrolled_at, pk__gt=after.pk)
            batch = rows.filter(Q(enrolled_at__gt=after.enrolled_at) | same)
        seats = list(batch[:size])
        yield from roster_rows(course, seats, watch, now=now)
        if len(seats) < size:
            return
        after = seats[-1]


# --- Today and this week --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Date:
    """Something of a course that falls due."""

    at: datetime
    what: str
    row: Any


def dates(reader: Reader, until: datetime, *, most: int) -> list[Date]:
    """Homework that is due and assessments that open or close from now `until` then, the next
    first: two queries."""
    span = (reader.now, until)
    homework = Homework.objects.filter(
        course__in=reader.where(Code.MARK_HOMEWORK),
        state=HomeworkState.ASSIGNED,
        due_at__range=span,
    )
    tests = Assessment.objects.filter(
        Q(closes_at__range=span) | Q(opens_at__range=span),
        course__in=reader.where(Code.MARK_ASSESSMENTS),
        state=AssessmentState.PUBLISHED,
    )
    found = [
        Date(row.due_at, "due", row)  # type: ignore[arg-type]
        for row in homework.select_related("course").order_by("due_at")[:most]
    ]
    soon = Coalesce("opens_at", "closes_at")
    for row in tests.select_related("course").order_by(soon)[: 2 * most]:
        for moment, what in ((row.opens_at, "opens"), (row.closes_at, "closes")):
            if moment is not None and span[0] <= moment <= span[1]:
                found.append(Date(moment, what, row))
    return sorted(found, key=lambda one: one.at)[:most]


# --- Announcements --------------------------------------------------------------------------------


def announcements_of(course: CoursePage) -> QuerySet[Announcement]:
    """All of a course, the newest first."""
    rows = Announcement.objects.filter(course=course).select_related("group", "author")
    return rows.order_by("-publish_at", "-pk")


def announced_in(courses: QuerySet[CoursePage], *, now: datetime) -> QuerySet[Announcement]:
    """What students of `courses` (a query of ids) see now, and what waits; the newest first."""
    rows = Announcement.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    rows = rows.filter(course__in=courses).exclude(state=Announced.WITHDRAWN)
    return rows.order_by("-publish_at", "-pk")


def announcement_of(course: CoursePage, announcement_id: int) -> Announcement:
    """Raises NotFound."""
    rows = Announcement.objects.select_related("course__provider", "group")
    if (found := rows.filter(course=course, pk=announcement_id).first()) is None:
        raise NotFound
    return found


def recipients_of(row: Announcement) -> QuerySet[Enrolment]:
    """Who is told: those who have a seat now, of the group where it is for one."""
    seats = Enrolment.objects.filter(course_id=row.course_id, state=Seat.ACTIVE)
    if row.group_id is not None:
        seats = seats.filter(group_memberships__group=row.group_id)
    return seats


def news_for(
    student: Any, *, now: datetime, course_id: int | None = None, most: int = 3
) -> list[Announcement]:
    """What was announced to the student, in scope, and neither has expired nor was put away; the
    newest first, each with its course. One query; none where the student's houses are known to be
    quiet."""
    houses = current().provider_ids
    known = cache.get_many([_quiet(one) for one in houses or ()])
    asked = houses is not None and len(known) == len(houses)
    if asked and all(known.values()):
        return []
    seats = Enrolment.objects.filter(student=student, state=Seat.ACTIVE)
    if course_id is not None:
        seats = seats.filter(course_id=course_id)
    groups = GroupMember.objects.filter(enrolment__student=student)
    dismissed = Dismissal.objects.filter(announcement=OuterRef("pk"), enrolment__student=student)
    rows = Announcement.objects.filter(
        Q(group=None) | Q(group__in=groups.values("group")),
        Q(expires_at=None) | Q(expires_at__gt=now),
        ~Exists(dismissed),
        course__in=seats.values("course"),
        state=Announced.PUBLISHED,
        publish_at__lte=now,
    )
    found = list(rows.select_related("course", "author").order_by("-publish_at", "-pk")[:most])
    if houses is not None and not asked:
        _note_quiet(houses)
    return found


# Most houses announce nothing most of the time: their students' pages don't ask for a while.
QUIET_FOR = 60  # seconds


def _quiet(provider_id: Any) -> str:
    return f"teaching.quiet.{provider_id}"


def _note_quiet(houses: Collection[Any]) -> None:
    rows = Announcement.objects.filter(provider__in=houses, state=Announced.PUBLISHED)
    loud = set(rows.order_by().values_list("provider_id", flat=True).distinct())
    cache.set_many({_quiet(one): one not in loud for one in houses}, QUIET_FOR)


def no_longer_quiet(provider_id: Any) -> None:
    """Something was announced: students see it at once."""
    cache.delete(_quiet(provider_id))


def news_to_dismiss(student: Any, announcement_id: int) -> tuple[Announcement, Enrolment]:
    """An announcement that was made to the student. Raises NotFound."""
    row = Announcement.objects.filter(pk=announcement_id, state=Announced.PUBLISHED).first()
    seat = recipients_of(row).filter(student=student).first() if row else None
    if row is None or seat is None:
        raise NotFound
    return row, seat
