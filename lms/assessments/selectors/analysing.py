"""Reads: what the results say about an assessment's questions."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..models import Assessment, BankQuestion, Version
from ..rules import analysis
from ..rules.questions import Kind
from .marking import responses_of

CHOSEN = (Kind.SINGLE, Kind.MULTIPLE)


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
        responses_of(assessment)
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
