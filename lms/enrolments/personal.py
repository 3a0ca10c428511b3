"""What is held about a person's seats. They stay without a name: work, grades and figures of a
course hang on them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import RECORD, Rows, hold
from lms.common import clock
from lms.enrolments import actions
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State
from lms.events import SYSTEM


def _still_there(rows: Rows) -> Rows:
    return rows.filter(state=State.ACTIVE) | rows.exclude(end_reason="")


def _leave(batch: list[Any], person: Any) -> None:
    """Others may have the seat."""
    for seat in batch:
        if seat.is_active:
            actions.leave(seat.course, person, actor=SYSTEM, at=clock.now())
    Enrolment.objects.filter(pk__in=[row.pk for row in batch]).update(end_reason="")


hold(
    "enrolments.GroupMember",
    "enrolment__student",
    (("group__course__title", _("course")), ("group__name", _("group"))),
    label=_("your groups"),
)
hold(
    "enrolments.Enrolment",
    "student",
    (
        "course__title",
        "state",
        "enrolled_at",
        "ended_at",
        "end_reason",
        "expires_at",
        "completed_at",
        "last_seen_at",
    ),
    stays=RECORD,
    left=_still_there,
    forget=_leave,
    label=_("your courses"),
)
