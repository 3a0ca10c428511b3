"""Plans and groups, for fixtures and for Hypothesis."""

from collections.abc import Iterable, Sequence
from typing import Any

from lms.common import clock
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment, Group
from lms.plans import actions
from lms.plans.actions import Entry
from lms.plans.models import Plan
from lms.tenants.scope import provider_scope
from tests.lms.homework.making import Class, settled


def group(school: Class, *members: str, name: str = "Early birds") -> Group:
    with settled(school):
        return enrolments.save_group(
            school.course,
            name=name,
            members=[school.seats[one] for one in members],
            actor=school.alice,
        )


def plan(
    school: Class,
    entries: Sequence[Entry] = (),
    *,
    students: Iterable[Enrolment] = (),
    groups: Iterable[Group] = (),
    title: str = "Autumn",
) -> Plan:
    """A plan that alice has written and given to these, with all that follows the commit."""
    with settled(school):
        row, _missing = actions.create(
            school.course, title=title, actor=school.alice, at=clock.now()
        )
        actions.change(row, actor=school.alice, at=clock.now(), values={}, entries=entries)
        actions.assign(row, students=students, groups=groups, actor=school.alice, at=clock.now())
    return row


def change(school: Class, row: Plan, entries: Sequence[Entry], **values: Any) -> None:
    with settled(school):
        actions.change(row, actor=school.alice, at=clock.now(), values=values, entries=entries)


def lesson_entry(page: Any, **fields: Any) -> Entry:
    return Entry(("lesson", page.pk), **fields)


def read(row: Plan) -> Plan:
    with provider_scope(row.provider_id):
        return Plan.objects.select_related("course").get(pk=row.pk)
