"""What the worker does: write to students, and hand out what plans of a group hold."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from lms.common import clock
from lms.enrolments.models import Enrolment, Group
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import actions, notifications, selectors
from .models import Plan

# A teacher who rearranges a plan saves often: the students hear of it once, when it has settled.
SETTLED = timedelta(minutes=10)


@in_provider_scope
def tell_assigned(provider_id: Any, plan_id: int, students: Sequence[str]) -> None:
    plan = _plans().filter(pk=plan_id).first()
    if plan is not None:
        for seat in selectors.students_on(plan).filter(pk__in=students):
            _tell("assigned", plan, seat)


@in_provider_scope
def group_changed(provider_id: Any, group_id: int, new: Sequence[str]) -> None:
    """Hand out what the plans of a group hold, and tell its new members of them."""
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        return
    actions.group_changed(group)
    for plan in _plans().filter(assignments__group=group):
        for seat in selectors.students_on(plan).filter(pk__in=new):
            _tell("assigned", plan, seat)


def tell_changed() -> int:
    """Every minute: tell the students of plans that changed and have settled; returns how many."""
    before = clock.now() - SETTLED
    waiting = Plan.objects.filter(untold_since__lte=before)
    houses = houses_with("whose plans have changed, for the clock", waiting)
    told = 0
    for house in houses:
        with provider_scope(house):
            for plan in _plans().filter(untold_since__lte=before):
                # Whoever takes the mark away tells; another worker finds none.
                mine = Plan.objects.filter(pk=plan.pk, untold_since=plan.untold_since)
                if mine.update(untold_since=None):
                    for seat in selectors.students_on(plan):
                        _tell("changed", plan, seat)
                    told += 1
    return told


def _plans() -> Any:
    return Plan.objects.select_related("course", "provider__logo")


def _tell(name: str, plan: Plan, seat: Enrolment) -> None:
    if seat.student.is_active:
        notifications.send(name, plan, seat)
