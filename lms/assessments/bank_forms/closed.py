"""Questions whose answers are chosen, matched or put in order."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ..rules.questions import QuestionError
from .base import QuestionForm, give_keys, new_key
from .fields import Prose
from .rows import ChoiceRow, ItemRow, PairRow, TextRow, rows


class ChoicesForm(QuestionForm):
    ROWS = {
        "choices": rows(
            ChoiceRow,
            _("Answers"),
            _("Add an answer"),
            _("Tick what is right. Enter goes on to the next answer."),
        )
    }
    BLANK_ROWS = {"choices": 4}
    OWN: ClassVar[tuple[str, ...]] = ("shuffle",)

    shuffle = forms.BooleanField(
        label=_("Answers in another order for everybody"), required=False, initial=True
    )

    def make(self) -> dict[str, Any]:
        found = super().make()
        for row in found["choices"]:
            right, credit = row.pop("right"), row["credit"]
            if credit is None:
                row["credit"] = 100 if right else 0
            elif right and credit <= 0:
                raise QuestionError("choices", "right and worth nothing")
            row["key"] = row["key"] or new_key()
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["choices"] = [_as_typed(row) for row in found.get("choices", ())]
        return known, found


def _as_typed(row: Mapping[str, Any]) -> dict[str, Any]:
    credit = row.get("credit", 0)
    return {**row, "right": credit > 0, "credit": None if credit in (0, 100) else credit}


class SingleForm(ChoicesForm):
    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        for row in found["choices"]:
            row["right"] = row["right"] and row["credit"] is None  # part of the points: no tick
        return known, found


class MultipleForm(ChoicesForm):
    OWN: ClassVar[tuple[str, ...]] = ("shuffle", "partial")

    partial = forms.BooleanField(
        label=_("Part of the points for part of the right answers"),
        required=False,
        initial=True,
        help_text=_("A wrong answer takes as much away as a right one gives."),
    )


class TrueFalseForm(QuestionForm):
    OWN = ("answer", "if_right", "if_wrong")

    answer = forms.TypedChoiceField(
        label=_("It is"),
        choices=[("true", _("True")), ("false", _("False"))],
        coerce=lambda value: value == "true",
        widget=forms.RadioSelect,
    )
    if_right = Prose(label=_("Said to who is right"), required=False)
    if_wrong = Prose(label=_("Said to who is wrong"), required=False)

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        known["answer"] = "true" if known.get("answer") else "false"
        return known, found


class MatchingForm(QuestionForm):
    ROWS = {
        "pairs": rows(PairRow, _("Pairs"), _("Add a pair")),
        "distractors": rows(
            TextRow,
            _("More to choose from"),
            _("Add one more"),
            _("These belong to nothing."),
        ),
    }
    BLANK_ROWS = {"pairs": 3}

    def make(self) -> dict[str, Any]:
        found = super().make()
        give_keys(found["pairs"])
        found["distractors"] = [row["text"] for row in found["distractors"]]
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["distractors"] = [{"text": text} for text in found.get("distractors", ())]
        return known, found


class OrderingForm(QuestionForm):
    ROWS = {
        "items": rows(
            ItemRow, _("Items"), _("Add an item"), _("Write them in the order that is right.")
        )
    }
    BLANK_ROWS = {"items": 4}
    OWN = ("partial",)

    partial = forms.BooleanField(
        label=_("Part of the points for part of the right order"), required=False, initial=True
    )

    def make(self) -> dict[str, Any]:
        found = super().make()
        give_keys(found["items"])
        return found
