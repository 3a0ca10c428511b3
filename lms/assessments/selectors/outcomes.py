"""Reads: what has come of assessments, for a gradebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Sum

from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment

from ..models import Assessment, Candidate
from ..states import AttemptState, State
from .setting import in_order

POINTS = DecimalField(max_digits=12, decimal_places=2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of an assessment for a student. `score` is in percent, None while there is
    none; `attempt` is the id of their last attempt. `missing`: over, and nothing was tried."""

    score: Decimal | None = None
    attempt: int | None = None
    waiting: bool = False
    missing: bool = False


def gradable(courses: Sequence[CoursePage]) -> list[tuple[Assessment, Decimal]]:
    """The published assessments of these courses, with the points there are to get: one query."""
    points = Sum(F("places__points") * F("places__draw"), output_field=POINTS)
    rows = Assessment.objects.filter(course__in=courses, state=State.PUBLISHED)
    rows = rows.annotate(most=points)
    found: Any = in_order(rows)
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
