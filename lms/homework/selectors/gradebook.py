"""What homework comes to in a gradebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    F,
)

from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment

from .. import rules
from ..models import (
    Feedback,
    Homework,
    Work,
)
from ..states import State
from .own import in_order, is_for


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a piece of homework for a student. `points` are what count, `complete` is
    whether it is done where it has none; None while there is nothing to say. `exempt`: it is not
    for them, or was set as completed. `missing`: overdue, and nothing was handed in.
    """

    points: Decimal | None = None
    complete: bool | None = None
    exempt: bool = False
    waiting: bool = False
    missing: bool = False


TOLD = ("points", "penalty", "complete")  # of the feedback


def gradable(courses: Sequence[CoursePage]) -> list[Homework]:
    """The homework that students of these courses see, what is due first on top: one query."""
    return list(in_order(Homework.objects.filter(course__in=courses, state=State.ASSIGNED)))


def outcomes(
    rows: Sequence[Homework], enrolments: Sequence[Enrolment], *, now: datetime
) -> dict[tuple[Any, Any], Outcome]:
    """{(homework id, enrolment id): what has come of it}, for all of them: one query."""
    if not rows or not enrolments:
        return {}
    works = (
        Work.objects.filter(homework__in=rows, enrolment__in=enrolments)
        .defer("draft")
        .annotate(
            **{f"told_{name}": F(f"latest__feedback__{name}") for name in ("pk", *TOLD)},
        )
        # A work comes once for each time its student was told: the last one stays.
        .order_by("latest__feedback__released_at", "latest__feedback__pk")
    )
    known = {(work.homework_id, work.enrolment_id): work for work in works}
    return {
        (row.pk, seat.pk): _outcome(row, known.get((row.pk, seat.pk)), now)
        for row in rows
        for seat in enrolments
    }


def _outcome(row: Homework, work: Any, now: datetime) -> Outcome:
    if not is_for(row, work) or (work and work.overridden_at):
        return Outcome(exempt=True)
    if work is None or not work.is_submitted:
        return Outcome(missing=rules.is_late(row.terms(work.extended_to if work else None), now))
    feedback = None
    if work.is_graded and work.told_pk:
        feedback = Feedback(**{name: getattr(work, f"told_{name}") for name in TOLD})
    said = feedback.complete if feedback else None
    return Outcome(
        feedback.result if feedback else None,
        True if work.done_at else said,
        waiting=not work.is_graded,
    )
