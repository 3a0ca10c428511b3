"""Questions whose answers are typed: words, numbers, gaps."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..rules.questions import BLANK, LONGEST_TEXT, QuestionError
from .base import QuestionForm, worth, worth_typed
from .fields import Percent, Prose
from .reasons import reason
from .rows import AcceptedRow, GapRow, NumberRow, OptionRow, UnitRow, rows

GAP = re.compile(r"\[\[([^\[\]\n]{1,2000})\]\]")
CASE = forms.BooleanField(label=_("Capital letters matter"), required=False)


class ShortForm(QuestionForm):
    ROWS = {
        "accepted": rows(
            AcceptedRow,
            _("Accepted answers"),
            _("Add an answer"),
            _("Spaces, and the kind of quotes and dashes, don’t matter."),
        )
    }
    BLANK_ROWS = {"accepted": 1}
    OWN = ("case_sensitive",)

    case_sensitive = CASE

    def make(self) -> dict[str, Any]:
        found = super().make()
        found["accepted"] = [worth(row) for row in found["accepted"]]
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["accepted"] = [worth_typed(row) for row in found.get("accepted", ())]
        return known, found


class NumericForm(QuestionForm):
    ROWS = {
        "accepted": rows(NumberRow, _("Accepted numbers"), _("Add a number")),
        "units": rows(
            UnitRow,
            _("Units"),
            _("Add a unit"),
            _("The first is the unit of the numbers above. Of km, m has the size 0.001."),
        ),
    }
    BLANK_ROWS = {"accepted": 1}
    OWN = ("unit_required", "without_unit")

    unit_required = forms.BooleanField(label=_("A unit has to be given"), required=False)
    without_unit = Percent(label=_("Worth in percent without a unit"))

    def make(self) -> dict[str, Any]:
        found = super().make()
        found["without_unit"] = found["without_unit"] or 0
        for row in found["accepted"]:
            row |= {"value": str(row["value"]), "tolerance": str(row["tolerance"] or 0)}
            worth(row)
        for row in found["units"]:
            row["factor"] = str(Decimal(1) if row["factor"] is None else row["factor"])
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["accepted"] = [worth_typed(row) for row in found.get("accepted", ())]
        return known, found


class BlanksForm(QuestionForm):
    """Gaps may be written with their answers, [[Nairobi|Nairobi City]]: these become rows."""

    ROWS = {
        "blanks": rows(GapRow, _("Answers for the gaps"), _("Add an answer")),
        "options": rows(
            OptionRow,
            _("Lists to choose from"),
            _("Add to a list"),
            _("A gap without a list is filled in by typing."),
        ),
    }
    OWN = ("text", "case_sensitive")

    text = Prose(
        label=_("Text with gaps"),
        rows=4,
        longest=LONGEST_TEXT,
        help_text=_(
            "Write the answer in double brackets where the gap is: The [[Earth]] goes around the "
            "[[Sun|sun]]. Several that are accepted have | between them."
        ),
    )
    case_sensitive = CASE

    def make(self) -> dict[str, Any]:
        found = super().make()
        accepted: dict[str, list[dict[str, Any]]] = {}
        for row in found.pop("blanks"):
            accepted.setdefault(row.pop("gap"), []).append(worth(row))
        lists: dict[str, list[str]] = {}
        for row in found.pop("options"):
            lists.setdefault(row["gap"], []).append(row["text"])
        found["text"] = self._with_keys(found["text"], accepted)
        if loose := set(lists) - set(accepted):
            raise QuestionError("options", f"{sorted(loose)[0]} has no answer")
        order = dict.fromkeys([*BLANK.findall(found["text"]), *accepted])
        found["blanks"] = [
            {"key": key, "accepted": accepted[key], "choices": lists.get(key, [])}
            for key in order
            if key in accepted
        ]
        return found

    def _with_keys(self, text: str, accepted: dict[str, list[dict[str, Any]]]) -> str:
        """The text with keys for gaps; answers written into it are put into `accepted`."""
        known, number = set(accepted), 0

        def key(found: re.Match[str]) -> str:
            nonlocal number
            if found[1] in known:
                return found[0]
            number += 1
            while str(number) in accepted:
                number += 1
            texts = [each.strip() for each in found[1].split("|")]
            accepted[str(number)] = [{"text": each} for each in texts if each]
            return f"[[{number}]]"

        return GAP.sub(key, text)

    def refuse(self, problem: QuestionError) -> None:
        if problem.field == "options":
            self.rows["options"].refuse(_("A list belongs to a gap that has no answer yet."))
        elif problem.field == "blanks" and problem.reason == "too few or many":
            self.add_error("text", reason(problem))  # type: ignore[arg-type]
        else:
            super().refuse(problem)

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        gaps = found.pop("blanks", ())
        found["blanks"] = [
            {"gap": one["key"], **worth_typed(row)} for one in gaps for row in one["accepted"]
        ]
        found["options"] = [
            {"gap": one["key"], "text": text} for one in gaps for text in one.get("choices", ())
        ]
        return known, found
