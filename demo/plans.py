"""Lesson plans for the demo, each given to a group."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.actions import save_group
from lms.enrolments.models import Enrolment
from lms.plans import actions
from lms.plans.actions import Entry
from lms.plans.kinds import KINDS
from lms.plans.models import Plan
from lms.tenants.scope import provider_scope


def set_plan(course: CoursePage, described: dict[str, Any]) -> None:
    """What `described` (a part of plans.yaml) says, unless the course has a plan already."""
    with provider_scope(course.provider_id), transaction.atomic():
        if Plan.objects.filter(course=course).exists():
            return
        teacher = User.objects.get(email=described["by"])
        members = Enrolment.objects.filter(course=course, student__email__in=described["members"])
        group = save_group(course, name=described["group"], members=list(members), actor=teacher)
        now = clock.now()
        title, zone = described["title"], described["time_zone"]
        plan, _missing = actions.create(
            course, title=title, time_zone=zone, actor=teacher, at=now - timedelta(days=10)
        )
        keys = {
            (name, title): key
            for name, kind in KINDS.items()
            for key, title in kind.choices(course)
        }
        entries = [_entry(one, keys) for one in described["steps"]]
        actions.change(plan, values={}, entries=entries, actor=teacher, at=now)
        actions.assign(plan, students=[], groups=[group], actor=teacher, at=now)


def _entry(one: dict[str, Any], keys: dict[tuple[str, str], int]) -> Entry:
    kind = next(name for name in KINDS if name in one)
    today = clock.now().replace(minute=0, second=0, microsecond=0)
    opens, due = (
        today + timedelta(days=one[name]) if name in one else None for name in ("opens", "due")
    )
    return Entry((kind, keys[kind, one[kind]]), opens, due, one.get("note", ""))
