"""What the forms of all kinds of questions have in common."""

import re
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.files.forms import UploadField

from ..models import MOST_POINTS
from ..rules.questions import LONGEST_TEXT, Kind, Match, QuestionError, read
from ..uploads import PICTURE
from .fields import Exact, Prose, TagsField
from .reasons import reason
from .rows import Rows

MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`#>|]")


class QuestionForm(forms.Form):
    """What every question has. `ROWS` are its rows by the name of the field in rules.questions."""

    kind: Kind
    ROWS: ClassVar[Mapping[str, type[Rows]]] = {}
    BLANK_ROWS: ClassVar[Mapping[str, int]] = {}  # how many empty ones a new question has
    OWN: ClassVar[tuple[str, ...]] = ()  # fields of this kind, in the order they stand

    prompt = Prose(label=_("Question"), rows=3, longest=LONGEST_TEXT)
    explanation = Prose(
        label=_("Explanation"),
        rows=2,
        longest=LONGEST_TEXT,
        required=False,
        help_text=_("Shown with the results."),
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=200,
        help_text=_("For finding it; students don’t see it. Empty: how the question begins."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    points = Exact(
        label=_("Points"),
        initial="1",
        min_value=Decimal("0.01"),
        max_value=MOST_POINTS,
        decimal_places=2,
    )
    tags = TagsField(
        label=_("Tags"),
        required=False,
        help_text=_("With commas between them."),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off", "dir": "auto"}),
    )
    pictures = UploadField(PICTURE, most=10, label=_("Add pictures"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        kind: Kind,
        provider: Any,
        owner: Any,
        picture_keys: Sequence[str] = (),
        initial: Mapping[str, Any] | None = None,
        initial_rows: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.kind = kind
        self.content: dict[str, Any] = {}
        self.fields["pictures"].belongs(owner=owner, provider=provider)  # type: ignore[attr-defined]
        self.label_pictures(picture_keys)
        self.rows: dict[str, Rows] = {}
        for name, shape in self.ROWS.items():
            there = (initial_rows or {}).get(name)
            if there is None:
                there = [{} for _one in range(self.BLANK_ROWS.get(name, 0))]
            self.rows[name] = shape(data, prefix=name, initial=there)

    def label_pictures(self, keys: Sequence[str]) -> None:
        """For questions that need one."""

    def own(self) -> list[forms.BoundField]:
        return [self[name] for name in self.OWN]

    def row_sets(self) -> list[tuple[str, Rows]]:
        """For templates, to which `rows.items` would be the rows called "items"."""
        return list(self.rows.items())

    def is_valid(self) -> bool:
        valid = super().is_valid()
        return valid and all(one.is_valid() for one in self.rows.values())

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not all(one.is_valid() for one in self.rows.values()) or self.errors:
            return self.cleaned_data
        self.content = {name: self.cleaned_data[name] for name in ("prompt", "explanation")}
        try:
            self.content |= self.make()
            read(self.kind, self.content)
        except QuestionError as problem:
            self.refuse(problem)
        return self.cleaned_data

    def refuse(self, problem: QuestionError) -> None:
        if problem.field in self.rows:
            self.rows[problem.field].refuse(reason(problem))
        else:
            known = problem.field in self.fields and problem.field != "points"
            self.add_error(problem.field if known else None, reason(problem))  # type: ignore[arg-type]

    def make(self) -> dict[str, Any]:
        """The fields of this kind as JSON, from valid ones."""
        return {name: self.cleaned_data[name] for name in self.OWN} | {
            name: each.filled() for name, each in self.rows.items()
        }

    @property
    def title_given(self) -> str:
        """The title, or how the question begins."""
        plain = MARKS.sub(r"\1", self.cleaned_data["prompt"])
        return self.cleaned_data["title"] or " ".join(plain.split())[:120] or str(_("Question"))

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(fields, rows) as one would have typed them, from a question's JSON."""
        known = {**data}
        found = {name: known.pop(name) for name in cls.ROWS if name in known}
        return known, found


def worth(row: dict[str, Any]) -> dict[str, Any]:
    """What was left empty is worth all of the points, and compared as it is."""
    row["credit"] = 100 if row["credit"] is None else row["credit"]
    if "match" in row:
        row["match"] = row["match"] or Match.EXACT
    return row


def worth_typed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "credit": None if row.get("credit", 100) == 100 else row["credit"]}


def new_key() -> str:
    """A key that no version of the question has: answers to earlier ones speak of theirs."""
    return secrets.token_hex(4)


def give_keys(found: list[dict[str, Any]]) -> None:
    for row in found:
        row["key"] = row["key"] or new_key()
