"""Reads: a student's plans and what they open, and the desk's only ways to a plan."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, IntegerField, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.errors import NotFound
from lms.courses import desk
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group
from lms.enrolments.selectors import CourseAccess, course_for
from lms.enrolments.states import State as Seat
from lms.progress import dates
from lms.progress.dates import Entry, Wanted
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

from . import rules
from .kinds import KINDS, LESSON, Kind, Thing
from .models import Assignment, Plan, Step
from .rules import Standing


@dataclass(frozen=True, slots=True)
class Row:
    """A step as one student sees it."""

    step: Step
    kind: Kind
    thing: Thing
    standing: Standing
    is_next: bool

    @property
    def url(self) -> str:
        """Empty where it can't be reached yet."""
        reachable = self.standing != Standing.LATER and self.thing.is_open
        return self.thing.url if reachable else ""


@dataclass(frozen=True, slots=True)
class StudentPlan:
    """A plan as one student sees it."""

    plan: Plan
    rows: list[Row]

    @property
    def done(self) -> int:
        return sum(row.standing == Standing.DONE for row in self.rows)

    @property
    def percent(self) -> int:
        return self.done * 100 // len(self.rows) if self.rows else 0

    @property
    def next(self) -> Row | None:
        return next((row for row in self.rows if row.is_next), None)


# --- Students -------------------------------------------------------------------------------------


def plans_for(enrolments: Collection[Enrolment]) -> QuerySet[Plan]:
    """The plans given to these students, themselves or as members of a group; in the order they
    were written."""
    ids = [one.pk for one in enrolments]
    given = Assignment.objects.filter(
        Q(enrolment__in=ids) | Q(group__members__enrolment__in=ids)
    ).values("plan")
    rows = Plan.objects.filter(pk__in=given, is_template=False)
    return rows.order_by("created_at", "pk")


def opened_lessons(seats: Sequence[Enrolment]) -> Mapping[Any, Collection[int]]:
    """{enrolment id: the lessons their plans open now} (lms.enrolments.opening). One query."""
    open_now = Q(opens_at=None) | Q(opens_at__lte=clock.now())
    courses = {one.course_id for one in seats}
    steps = Step.objects.filter(
        open_now, kind=LESSON, plan__is_template=False, plan__course__in=courses
    )
    ways = [f"plan__assignments__{way}" for way in ("enrolment", "group__members__enrolment")]
    given: Any = [
        steps.filter(**{f"{way}__in": seats}).order_by().values_list(way, "key") for way in ways
    ]
    found: dict[Any, set[int]] = {}
    for seat, key in given[0].union(given[1]):
        found.setdefault(seat, set()).add(key)
    return found


def plans_in(access: CourseAccess, *, now: datetime) -> list[StudentPlan]:
    """The reader's plans in a course that is open to them; none for staff."""
    if access.enrolment is None:
        return []
    return plans_of_seat(access.enrolment, access.course, now=now)


def plans_of_student(
    user: Any, course_id: int, *, host: Provider | None, now: datetime
) -> tuple[CourseAccess, list[StudentPlan]]:
    """Raises what `course_for` raises."""
    access = course_for(user, course_id, host=host)
    return access, plans_in(access, now=now)


def dates_for(wanted: Wanted) -> Iterator[Entry]:
    """The steps of the student's plans (lms.progress.dates): one query. Of those without a date,
    only the one that is next in its plan."""
    if not wanted.seats:
        return
    steps: dict[int, list[Any]] = {}
    for step in _with_things(wanted.seats):
        steps.setdefault(step.plan_id, []).append(step)
    courses = wanted.courses
    for mine in steps.values():
        standings = [_standing(one, wanted) for one in mine]
        place = rules.next_step(standings)
        for number, (step, standing) in enumerate(zip(mine, standings, strict=True)):
            if _hidden(step, standing, wanted):
                continue
            if standing != Standing.DONE or wanted.done:
                course = courses[step.plan.course_id]
                yield from _dates_of(step, standing, number == place, course, wanted.now)


def _standing(step: Any, wanted: Wanted) -> Standing:
    """A step whose thing can't be reached stands as one that opens later."""
    open_now = step.thing_open and not wanted.waits(step.plan.course_id, step.thing_lesson)
    if not (step.thing_done or open_now):
        return Standing.LATER
    return rules.standing(
        done=step.thing_done, opens_at=step.opens_at, due_at=step.due_at, now=wanted.now
    )


def _hidden(step: Any, standing: Standing, wanted: Wanted) -> bool:
    """Lessons are named in the outline before they open; what belongs to one is not, and nothing
    is of a course that is closed."""
    if standing == Standing.DONE:
        return False
    lesson = None if step.kind == LESSON else step.thing_lesson
    return wanted.waits(step.plan.course_id, lesson)


def _with_things(seats: Sequence[Enrolment]) -> QuerySet[Step]:
    """The steps of a student's plans whose things are there, plan by plan in order, with
    `thing_title`, `thing_lesson` (the id of the lesson it is or belongs to, or None), `thing_open`
    and `thing_done`."""
    found = {name: kind.columns([seat.pk for seat in seats]) for name, kind in KINDS.items()}

    def column(name: str, field: Any) -> Case:
        cases = [When(kind=kind, then=getattr(one, name)) for kind, one in found.items()]
        return Case(*cases, default=None, output_field=field)

    rows = Step.objects.filter(plan__in=plans_for(seats).order_by(), kind__in=KINDS).annotate(
        thing_title=column("title", CharField()),
        thing_lesson=column("lesson", IntegerField()),
        thing_open=column("is_open", BooleanField()),
        thing_done=column("done", BooleanField()),
    )
    courses = [seat.course_id for seat in seats]
    rows = rows.filter(plan__course__in=courses, thing_title__isnull=False)
    return rows.select_related("plan").order_by("plan__created_at", "plan", "position", "pk")


def _dates_of(
    step: Any, standing: Standing, is_next: bool, course: CoursePage, now: datetime
) -> Iterator[Entry]:
    kind = KINDS[step.kind]
    reachable = standing != Standing.LATER and step.thing_open
    known: dict[str, Any] = {
        "kind": "plan",
        "icon": "list-checks",
        "title": step.thing_title,
        "course": course,
        "url": kind.url(course.pk, step.key) if reachable else "",
        "about": step.what,
        "note": step.note,
    }
    opens = step.opens_at
    if opens is not None and (opens > now or standing == Standing.DONE):
        yield Entry(
            key=f"step-{step.pk}-opens",
            label=_("A step of your plan opens"),
            moment=dates.Moment.OPENS,
            standing=dates.Standing.LATER if opens > now else dates.Standing.DONE,
            at=opens,
            **known,
        )
    if step.due_at is not None or is_next:
        yield Entry(
            key=f"step-{step.pk}",
            label=_("Lesson plan"),
            moment=dates.Moment.DUE,
            standing=ON_LIST[standing],
            at=step.due_at,
            **known,
        )


# How a step stands, as the list of dates says it.
ON_LIST = {
    Standing.DONE: dates.Standing.DONE,
    Standing.LATER: dates.Standing.LATER,
    Standing.OVERDUE: dates.Standing.OPEN,
    Standing.OPEN: dates.Standing.OPEN,
}


def plans_of_seat(seat: Enrolment, course: CoursePage, *, now: datetime) -> list[StudentPlan]:
    """The plans of one student in one course. A query where there are none, else two more and two
    a kind."""
    plans = list(plans_for([seat]).filter(course=course))
    if not plans:
        return []
    steps = steps_of(plans)
    things = things_of(course, steps)
    done = done_by([seat], steps)
    return [
        student_plan(plan, steps, things, {what for _seat, what in done}, now) for plan in plans
    ]


def student_plan(
    plan: Plan,
    steps: Sequence[Step],
    things: dict[tuple[str, int], Thing],
    done: Collection[tuple[str, int]],
    now: datetime,
) -> StudentPlan:
    """Of `steps`, those of the plan whose things are still there."""
    mine = [one for one in steps if one.plan_id == plan.pk and one.what in things]
    standings = [
        rules.standing(done=one.what in done, opens_at=one.opens_at, due_at=one.due_at, now=now)
        for one in mine
    ]
    reachable = [
        stand if things[one.what].is_open or stand == Standing.DONE else Standing.LATER
        for one, stand in zip(mine, standings, strict=True)
    ]
    place = rules.next_step(reachable)
    return StudentPlan(
        plan,
        [
            Row(one, KINDS[one.kind], things[one.what], reachable[number], number == place)
            for number, one in enumerate(mine)
        ],
    )


def steps_of(plans: Collection[Plan]) -> list[Step]:
    """In order; kinds that are not there any more are left out. One query."""
    rows = Step.objects.filter(plan__in=list(plans), kind__in=KINDS)
    return list(rows.order_by("position", "pk"))


def things_of(course: CoursePage, steps: Sequence[Step]) -> dict[tuple[str, int], Thing]:
    """What the steps are about. A query a kind."""
    found = {}
    for name, keys in by_kind(steps).items():
        found.update(
            {(name, key): thing for key, thing in KINDS[name].things(course, keys).items()}
        )
    return found


def done_by(seats: Sequence[Enrolment], steps: Sequence[Step]) -> set[tuple[Any, tuple[str, int]]]:
    """(enrolment id, what) of all that these students have done. A query a kind."""
    return {
        (seat, (name, key))
        for name, keys in by_kind(steps).items()
        for seat, key in KINDS[name].done(seats, keys)
    }


def by_kind(steps: Sequence[Step]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in steps:
        found.setdefault(one.kind, []).append(one.key)
    return found


# --- The desk -------------------------------------------------------------------------------------


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> CoursePage:
    """A course for one who plans there. Raises NotFound."""
    code = Code.SET_PLANS
    return desk.course_at_desk(user, course_id, host=host, works=code, sets=code).course


def desk_courses(user: Any, *, host: Provider | None) -> QuerySet[CoursePage]:
    """The courses `user` plans in, by title."""
    rows = CoursePage.objects.select_related("provider").order_by("title", "pk")
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        rows = rows.filter(provider_id__in=houses_where(user, Code.SET_PLANS))
    return rows


def plan_at_desk(
    user: Any, course_id: int, plan_id: int, *, host: Provider | None
) -> tuple[CoursePage, Plan]:
    """Raises NotFound."""
    course = course_at_desk(user, course_id, host=host)
    plan = Plan.objects.filter(pk=plan_id, course=course).first()
    if plan is None:
        raise NotFound
    plan.course = course
    return course, plan


def plans_at_desk(course: CoursePage) -> QuerySet[Plan]:
    """The course's plans, each with `length` (its steps)."""
    rows = Plan.objects.filter(course=course, is_template=False)
    return rows.annotate(length=Count("steps")).order_by("title", "pk")


def templates_for(course: CoursePage) -> QuerySet[Plan]:
    """The templates of the course's house, those of the course itself first."""
    rows = Plan.objects.filter(provider=course.provider_id, is_template=True)
    return rows.select_related("course").order_by("title", "pk")


def choices_in(course: CoursePage, taken: Collection[tuple[str, int]] = ()) -> list[Any]:
    """What can be a step, as grouped choices: [(label, [("lesson:4", title), …]), …]."""
    return [
        (
            kind.label,
            [
                (f"{name}:{key}", title)
                for key, title in kind.choices(course)
                if (name, key) not in taken
            ],
        )
        for name, kind in KINDS.items()
    ]


def given_to(plan: Plan) -> tuple[list[Enrolment], list[Group]]:
    """Whom a plan was given to: students themselves, and groups."""
    rows = list(Assignment.objects.filter(plan=plan).select_related("enrolment__student", "group"))
    return (
        [row.enrolment for row in rows if row.enrolment is not None],
        [row.group for row in rows if row.group is not None],
    )


def students_on(plan: Plan) -> QuerySet[Enrolment]:
    """Everybody with a seat who has the plan now, by name."""
    mine = Q(plan_assignments__plan=plan) | Q(group_memberships__group__plan_assignments__plan=plan)
    ids = Enrolment.objects.filter(mine, state=Seat.ACTIVE).values("pk")
    rows = Enrolment.objects.filter(pk__in=ids).select_related("student")
    return rows.order_by("student__name", "pk")


def student_on(plan: Plan, enrolment_id: Any) -> Enrolment:
    """Raises NotFound."""
    found = students_on(plan).filter(pk=enrolment_id).first()
    if found is None:
        raise NotFound
    return found


def preview(plan: Plan, seat: Enrolment | None, *, now: datetime) -> StudentPlan:
    """The plan as that student sees it; as somebody who has done nothing without one."""
    steps = steps_of([plan])
    done = {what for _seat, what in done_by([seat], steps)} if seat else set()
    return student_plan(plan, steps, things_of(plan.course, steps), done, now)


def progress_of(plan: Plan, seats: Sequence[Enrolment]) -> list[tuple[Enrolment, int, int]]:
    """(student, steps done, steps there are) of each. Queries grow with kinds alone."""
    steps = steps_of([plan])
    things = things_of(plan.course, steps)
    there = [one.what for one in steps if one.what in things]
    done = done_by(seats, steps)
    return [(seat, sum((seat.pk, what) in done for what in there), len(there)) for seat in seats]


def plans_somewhere(user: Any, *, host: Provider | None) -> bool:
    """Whether `user` plans at a house at all, on this site."""
    if is_operator(user):
        return True
    houses = houses_where(user, Code.SET_PLANS)
    return bool(houses) and (host is None or host.pk in houses)
