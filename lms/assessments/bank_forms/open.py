"""Questions that are answered on a picture, in a text of one's own, by a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..rules.questions import LONGEST_PART, LONGEST_TEXT, QuestionError
from .base import QuestionForm, give_keys, worth, worth_typed
from .fields import Prose
from .rows import AreaRow, rows


class HotspotForm(QuestionForm):
    ROWS = {
        "areas": rows(
            AreaRow,
            _("Areas"),
            _("Add an area"),
            _(
                "A circle is x y radius, a rectangle left top right bottom, a polygon x y x y x y "
                "and so on, in pixels of the picture. Or draw them into it."
            ),
        )
    }
    OWN = ("picture", "alt", "width", "height")

    picture = forms.ChoiceField(label=_("Picture to point into"))
    alt = forms.CharField(
        label=_("What the picture shows"),
        max_length=LONGEST_PART,
        help_text=_("Read out to who can’t see it. Don’t give the answer away."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    width = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    height = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def label_pictures(self, keys: Sequence[str]) -> None:
        field: Any = self.fields["picture"]
        field.choices = [(key, key) for key in keys] or [("", _("Add a picture below first"))]

    def make(self) -> dict[str, Any]:
        found = super().make()
        give_keys([worth(row) for row in found["areas"]])
        if not (found["width"] and found["height"]):
            raise QuestionError("picture", "size")
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["areas"] = [
            {**worth_typed(row), "points": " ".join(map(str, row["points"]))}
            for row in found.get("areas", ())
        ]
        return known, found


class EssayForm(QuestionForm):
    OWN = ("least_words", "most_words", "starter", "notes")

    least_words = forms.IntegerField(
        label=_("Words at least"), required=False, min_value=0, max_value=100_000
    )
    most_words = forms.IntegerField(
        label=_("Words at most"), required=False, min_value=0, max_value=100_000
    )
    starter = Prose(
        label=_("Text to begin from"),
        required=False,
        longest=LONGEST_TEXT,
        help_text=_("Stands in the student’s answer already."),
    )
    notes = Prose(
        label=_("Notes for marking"),
        rows=3,
        required=False,
        longest=LONGEST_TEXT,
        help_text=_("Students never see them."),
    )

    def make(self) -> dict[str, Any]:
        found = super().make()
        return found | {name: found[name] or 0 for name in ("least_words", "most_words")}


class FileForm(QuestionForm):
    OWN = ("notes",)

    notes = Prose(
        label=_("Notes for marking"),
        rows=3,
        required=False,
        longest=LONGEST_TEXT,
        help_text=_("Students never see them."),
    )
