"""Writes: plans, their steps, and who has them. In the provider's scope.

Lock order: the plan, then (by way of lms.homework) students' works.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from lms.common.errors import Invalid, NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group
from lms.events import emit
from lms.tenants.permissions import Code, require

from . import events, selectors
from .errors import Template, TooManySteps
from .kinds import KINDS
from .models import Assignment, Plan, Step

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A step to be: `what` is (kind, key)."""

    what: tuple[str, int]
    opens_at: datetime | None = None
    due_at: datetime | None = None
    note: str = ""


@transaction.atomic
def create(
    course: CoursePage,
    *,
    title: str,
    actor: Any,
    at: datetime,
    time_zone: str = "UTC",
    source: Plan | None = None,
    is_template: bool = False,
) -> tuple[Plan, int]:
    """A plan for `course`, with the steps of `source` as far as they are there; returns it with how
    many of them are not. In another course than the source's, what bears the same title is taken
    for the same. Dates stay behind: they were other students'.

    Raises Forbidden, Invalid.
    """
    require(actor, Code.SET_PLANS, course)
    zone = source.time_zone if source else time_zone
    plan = Plan(
        provider_id=course.provider_id,
        course=course,
        title=title,
        is_template=is_template,
        time_zone=zone,
        created_at=at,
    )
    _clean(plan)
    plan.save()
    missing = 0
    if source is not None:
        steps = selectors.steps_of([source])
        found = _counterparts(source, course, steps)
        kept: list[Entry] = []
        for step in steps:
            if (what := found.get(step.what)) is None or what in [one.what for one in kept]:
                missing += 1
            else:
                kept.append(Entry(what, note=step.note))
        _write(plan, kept)
    emit(events.CREATED, plan, actor=actor, course=course.pk, title=title)
    return plan, missing


@transaction.atomic
def change(
    plan: Plan,
    *,
    actor: Any,
    at: datetime,
    values: Mapping[str, Any],
    entries: Sequence[Entry],
) -> None:
    """Give the plan these fields and these steps, in this order. Students see it at once, and are
    told once nobody has changed it for a while; notes alone are not worth a message.

    Raises Forbidden, Invalid, NotFound for a thing that is not in the course, TooManySteps.
    """
    require(actor, Code.SET_PLANS, plan)
    plan = Plan.objects.select_for_update(no_key=True).select_related("course").get(pk=plan.pk)
    for name, value in values.items():
        setattr(plan, name, value)
    _clean(plan)
    before = selectors.steps_of([plan])
    known = {step.what for step in before}
    _require_there(plan.course, [one.what for one in entries if one.what not in known])
    _write(plan, entries)
    told = [(one.what, one.opens_at, one.due_at) for one in before]
    if told != [(one.what, one.opens_at, one.due_at) for one in entries]:
        plan.untold_since = at
    plan.save(update_fields=[*values, "untold_since"])
    _hand_out(plan)
    emit(events.CHANGED, plan, actor=actor, course=plan.course_id, title=plan.title)


@transaction.atomic
def remove(plan: Plan, *, actor: Any) -> None:
    """The plan goes, and what it alone opened is closed. Raises Forbidden."""
    require(actor, Code.SET_PLANS, plan)
    emit(events.REMOVED, plan, actor=actor, course=plan.course_id, title=plan.title)
    plan.delete()


@transaction.atomic
def assign(
    plan: Plan,
    *,
    students: Iterable[Enrolment],
    groups: Iterable[Group],
    actor: Any,
    at: datetime,
) -> None:
    """Have the plan be for exactly these students and groups of its course. Who is new to it is
    told. What was handed out to somebody by it stays theirs.

    Raises Forbidden, Template, NotFound for somebody of another course.
    """
    require(actor, Code.SET_PLANS, plan)
    if plan.is_template:
        raise Template
    seats, wanted_groups = list(students), list(groups)
    courses = {one.course_id for one in seats} | {one.course_id for one in wanted_groups}
    if courses - {plan.course_id}:
        raise NotFound
    before = set(selectors.students_on(plan).values_list("pk", flat=True))
    rows = Assignment.objects.filter(plan=plan)
    rows.filter(group=None).exclude(enrolment__in=seats).delete()
    rows.filter(enrolment=None).exclude(group__in=wanted_groups).delete()
    for who in [{"enrolment": one} for one in seats] + [{"group": one} for one in wanted_groups]:
        Assignment.objects.get_or_create(
            provider=plan.provider,
            plan=plan,
            **who,
            defaults={"assigned_at": at, "assigned_by": actor},
        )
    _hand_out(plan)
    now = set(selectors.students_on(plan).values_list("pk", flat=True))
    if new := now - before:
        told = sorted(map(str, new))
        emit(events.ASSIGNED, plan, actor=actor, course=plan.course_id, students=told)
    if gone := before - now:
        emit(events.WITHDRAWN, plan, actor=actor, course=plan.course_id, students=len(gone))


@transaction.atomic
def group_changed(group: Group) -> None:
    """A group has other members: what its plans hand out is theirs as well."""
    for plan in Plan.objects.filter(assignments__group=group).select_related("course"):
        _hand_out(plan)


def _hand_out(plan: Plan) -> None:
    seats = list(selectors.students_on(plan))
    for name, keys in selectors.by_kind(selectors.steps_of([plan])).items():
        KINDS[name].hand_out(plan.course, keys, seats)


def _write(plan: Plan, entries: Sequence[Entry]) -> None:
    """Rows that stay keep their keys."""
    if len(entries) > MOST_STEPS:
        raise TooManySteps(details={"limit": MOST_STEPS})
    known = {step.what: step for step in plan.steps.all()}
    wanted = {one.what for one in entries}
    plan.steps.filter(pk__in=[row.pk for what, row in known.items() if what not in wanted]).delete()
    for position, one in enumerate(entries):
        kind, key = one.what
        row = known.get(one.what) or Step(
            provider_id=plan.provider_id, plan=plan, kind=kind, key=key
        )
        row.position, row.opens_at, row.due_at, row.note = (
            position, one.opens_at, one.due_at, one.note,
        )  # fmt: skip
        if row.opens_at and row.due_at and row.due_at < row.opens_at:
            raise Invalid(details={"due_at": ["< opens_at"]})
        _clean(row)
        row.save()


def _require_there(course: CoursePage, wanted: Sequence[tuple[str, int]]) -> None:
    for kind, key in wanted:
        if kind not in KINDS or key not in KINDS[kind].things(course, [key]):
            raise NotFound


def _counterparts(
    source: Plan, course: CoursePage, steps: Sequence[Step]
) -> dict[tuple[str, int], tuple[str, int]]:
    """{what in the source's course: what in `course`}."""
    there = selectors.things_of(source.course, steps)
    if source.course_id == course.pk:
        return {what: what for what in there}
    titles = {
        (name, title): key
        for name, kind in KINDS.items()
        for key, title in reversed(kind.choices(course))
    }
    return {
        what: (what[0], titles[what[0], thing.title])
        for what, thing in there.items()
        if (what[0], thing.title) in titles
    }


def _clean(row: Any) -> None:
    """Raises Invalid."""
    try:
        row.clean_fields()
    except ValidationError as bad:
        raise Invalid(details=bad.message_dict) from bad
