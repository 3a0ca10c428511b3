"""Questions as they are typed: a form for each kind, with rows of answers, pairs, areas. What they
make of it is the JSON that rules.questions reads; what that refuses is said at the field."""

import re
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.files.forms import UploadField

from .models import MOST_POINTS, Version
from .rules.questions import (
    BLANK,
    KEY,
    LONGEST_PART,
    LONGEST_TEXT,
    MOST_PARTS,
    Kind,
    Match,
    QuestionError,
    Shape,
    read,
)
from .uploads import PICTURE

Text = str | Promise
GAP = re.compile(r"\[\[([^\[\]\n]{1,2000})\]\]")
MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`#>|]")

# What is wrong with a question, by QuestionError's field and reason, or by its reason alone.
REASONS: dict[tuple[str, str] | str, Text] = {
    ("prompt", "empty"): _("What is the question?"),
    ("choices", "too few or many"): _("Give at least two answers, and at most 100."),
    ("choices", "nothing right"): _("Tick the answer that is right."),
    ("choices", "no full credit"): _("Tick one answer that is worth all of the points."),
    ("choices", "not a percentage"): _("What an answer is worth goes from −100 to 100 percent."),
    ("accepted", "too few or many"): _("Give at least one answer that is accepted, at most 100."),
    ("accepted", "nothing right"): _("One answer at least has to be worth something."),
    ("accepted", "negative"): _("A tolerance is not below 0."),
    ("units", "first is not 1"): _("The others are measured in the first unit: its size is 1."),
    ("units", "negative"): _("The size of a unit is above 0."),
    ("units", "empty"): _("Give a unit."),
    ("pairs", "too few or many"): _("Give at least two pairs, and at most 100."),
    ("distractors", "too few or many"): _("At most 100 are possible."),
    ("items", "too few or many"): _("Give at least two things to put in order, and at most 100."),
    ("blanks", "too few or many"): _("Put at least one gap into the text: [[the answer]]."),
    ("blanks", "nothing right"): _(
        "What is right for a gap has to be among what one can choose from, and worth something."
    ),
    ("text", "blanks differ"): _(
        "Each gap has to stand in the text just once, such as [[1]], and to have its answer below."
    ),
    ("picture", "empty"): _("Choose the picture to point into."),
    ("picture", "size"): _("The size of this picture could not be found. Send another one."),
    ("alt", "empty"): _("Say what the picture shows, for those who can’t see it."),
    ("areas", "too few or many"): _("Draw at least one area, and at most 100."),
    ("areas", "no full credit"): _("One area at least has to be worth all of the points."),
    ("areas", "points"): _(
        "An area is not whole: a circle has a middle and a radius, a rectangle two corners, a "
        "polygon three corners or more."
    ),
    ("most_words", "size"): _("This is fewer words than are to be written at least."),
    "empty": _("This must not be empty."),
    "too long": _("This is too long."),
    "nothing right": _("Nothing is right here."),
    "no full credit": _("Nothing here is worth all of the points."),
    "too few or many": _("These are too few or too many."),
    "not a percentage": _("What an answer is worth goes from 0 to 100 percent."),
    "negative": _("This must not be below 0."),
    "twice the same": _("The same is here twice."),
    "first is not 1": _("The first of them has to be 1."),
    "blanks differ": _("The gaps in the text are not those below."),
    "size": _("This number is too large or too small."),
    "points": _("These points can’t be drawn."),
    "key": _("This part of the question is damaged. Remove it and write it once more."),
    "missing": _("Something is missing here."),
    "unknown": _("This is not known here."),
    "wrong type": _("This can’t be read."),
    "not a list": _("This can’t be read."),
    "not an object": _("This can’t be read."),
    "control character": _("Characters that can’t be seen are not allowed here."),
}  # fmt: skip


def reason(problem: QuestionError) -> Text:
    """What is wrong, in words."""
    own = REASONS.get((problem.field, problem.reason))
    return own or REASONS.get(problem.reason) or _("This is no question yet.")


# --- Fields ---------------------------------------------------------------------------------------


class Prose(forms.CharField):
    """Markdown, kept as it was typed but for the ends of lines."""

    def __init__(self, *, rows: int = 1, longest: int = LONGEST_PART, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "cols": None, "dir": "auto"})
        super().__init__(strip=False, max_length=longest, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        super().validate(value if value.strip() else "")


class Exact(forms.DecimalField):
    """A number as people write it, with a comma or a point."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.update(inputmode="decimal", dir="ltr", autocomplete="off")

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip().replace(",", ".").replace("−", "-")
            if len(value) > 60:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class Percent(forms.IntegerField):
    """A share of the points."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "autocomplete": "off"})
        limits = {"min_value": 0, "max_value": 100, **kwargs}
        super().__init__(required=False, widget=widget, **limits)


class TagsField(forms.CharField):
    """Tags with commas between them: a list of names."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        names = [" ".join(one.split()) for one in (super().to_python(value) or "").split(",")]
        return [name for name in dict.fromkeys(names) if name]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > 20:
            raise ValidationError(_("At most 20 tags."), code="too_many")
        if any(len(name) > 60 for name in value):
            raise ValidationError(_("A tag has at most 60 characters."), code="too_long")

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def run_validators(self, value: Any) -> None:
        super().run_validators(", ".join(value))


# --- Rows -----------------------------------------------------------------------------------------


class Part(forms.Form):
    """A row. `MORE` are the fields that stand under “More”. A row with nothing in it is none."""

    MORE: ClassVar[tuple[str, ...]] = ()

    def has_changed(self) -> bool:
        return bool(set(self.changed_data) - {"key", "match", "shape"})

    def main(self) -> list[forms.BoundField]:
        shown = [one for one in self.visible_fields() if one.name not in self.MORE]
        return [one for one in shown if one.name != "DELETE"]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    @property
    def opened(self) -> bool:
        """Whether something stands under “More”, so that it should be seen."""
        return any(self[name].value() or self[name].errors for name in self.MORE)


class WithKey(Part):
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class ChoiceRow(WithKey):
    right = forms.BooleanField(label=_("Right"), required=False)
    text = Prose(label=_("Answer"))
    credit = Percent(label=_("Worth in percent"), min_value=-100)
    feedback = Prose(label=_("Said to who chooses it"), required=False)

    MORE = ("credit", "feedback")


class AcceptedRow(Part):
    text = Prose(label=_("Accepted answer"))
    match = forms.ChoiceField(
        label=_("Compared"),
        choices=[(Match.EXACT, _("as it is")), (Match.PATTERN, _("with * and ?"))],
        initial=Match.EXACT,
        required=False,
    )
    credit = Percent(label=_("Worth in percent"))
    feedback = Prose(label=_("Said to who answers so"), required=False)

    MORE = ("match", "credit", "feedback")

    @property
    def opened(self) -> bool:
        shown = self["match"].value() not in (None, Match.EXACT)
        return shown or any(self[name].value() or self[name].errors for name in self.MORE[1:])


class NumberRow(Part):
    value = Exact(label=_("Number"))
    tolerance = Exact(label=_("give or take"), required=False)
    relative = forms.BooleanField(label=_("percent of it"), required=False)
    credit = Percent(label=_("Worth in percent"))
    feedback = Prose(label=_("Said to who answers so"), required=False)

    MORE = ("credit", "feedback")


class UnitRow(Part):
    name = forms.CharField(label=_("Unit"), max_length=60)
    factor = Exact(label=_("Size in the first unit"), required=False)


class PairRow(WithKey):
    left = Prose(label=_("This"))
    right = Prose(label=_("belongs to"))


class TextRow(Part):
    text = Prose(label=_("Also to choose from"))


class ItemRow(WithKey):
    text = Prose(label=_("Item"))


class GapRow(Part):
    gap = forms.RegexField(rf"\A{KEY.pattern}\Z", label=_("Gap"), max_length=64)
    text = Prose(label=_("Accepted answer"))
    match = forms.ChoiceField(
        label=_("Compared"),
        choices=AcceptedRow.base_fields["match"].choices,  # type: ignore[attr-defined]
        initial=Match.EXACT,
        required=False,
    )
    credit = Percent(label=_("Worth in percent"))
    feedback = Prose(label=_("Said to who answers so"), required=False)

    MORE = ("match", "credit", "feedback")
    opened = AcceptedRow.opened


class OptionRow(Part):
    gap = forms.RegexField(rf"\A{KEY.pattern}\Z", label=_("Gap"), max_length=64)
    text = Prose(label=_("To choose from"))


class AreaRow(WithKey):
    shape = forms.ChoiceField(
        label=_("Shape"),
        choices=[
            (Shape.CIRCLE, _("Circle")),
            (Shape.RECTANGLE, _("Rectangle")),
            (Shape.POLYGON, _("Polygon")),
        ],
        initial=Shape.RECTANGLE,
    )
    points = forms.CharField(
        label=_("Points in pixels"),
        max_length=4000,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    credit = Percent(label=_("Worth in percent"))
    feedback = Prose(label=_("Said to who points there"), required=False)

    MORE = ("credit", "feedback")

    def clean_points(self) -> list[int]:
        numbers = re.split(r"[\s,;]+", self.cleaned_data["points"].strip())
        try:
            return [int(Decimal(one).to_integral_value()) for one in numbers if len(one) < 12]
        except (InvalidOperation, ValueError, OverflowError):
            text = _("Write whole numbers with spaces between them.")
            raise ValidationError(text, code="invalid") from None


class Rows(forms.BaseFormSet):
    """Rows of a question. What is sent says all there is to know: a row that was there and was
    emptied is gone."""

    heading: Text = ""
    help_text: Text = ""
    add: Text = ""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else int(super().initial_form_count())

    def filled(self) -> list[dict[str, Any]]:
        """What stands in the rows. They are valid."""
        return [form.cleaned_data for form in self.forms if form.has_changed()]

    def refuse(self, text: Text) -> None:
        self.non_form_errors().append(str(text))


def rows(part: type[Part], heading: Text, add: Text, help_text: Text = "") -> type[Rows]:
    made: Any = forms.formset_factory(
        part, formset=Rows, extra=0, max_num=MOST_PARTS, absolute_max=2 * MOST_PARTS
    )
    made.heading, made.add, made.help_text = heading, add, help_text
    return made


def rearranged(data: QueryDict, deed: str) -> QueryDict:
    """What was sent, after a button of a row: `deed` is "choices:add", "choices:2:up", "…:down" or
    "…:drop". Nonsense changes nothing."""
    name, _colon, rest = deed.partition(":")
    total = data.get(f"{name}-TOTAL_FORMS", "")
    if not total.isdecimal() or not name.isidentifier() or len(total) > 3:
        return data
    order: list[int] = list(range(min(int(total), 2 * MOST_PARTS)))
    number, _colon, what = rest.partition(":")
    if rest == "add":
        order.append(len(order))
    elif number.isdecimal() and len(number) < 4 and int(number) < len(order):
        at = int(number)
        other = {"up": at - 1, "down": at + 1}.get(what, -1)
        if what == "drop":
            order.remove(at)
        elif 0 <= other < len(order):
            order[at], order[other] = order[other], order[at]
    sent = data.copy()
    kept: dict[int, dict[str, list[str]]] = {}
    for key in list(sent):
        found = re.fullmatch(rf"{name}-(\d{{1,3}})-(\w+)", key)
        if found:
            kept.setdefault(int(found[1]), {})[found[2]] = sent.pop(key)
    for place, before in enumerate(order):
        for field, values in kept.get(before, {}).items():
            sent.setlist(f"{name}-{place}-{field}", values)
    sent[f"{name}-TOTAL_FORMS"] = str(len(order))
    return sent


# --- Forms ----------------------------------------------------------------------------------------


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
            row["key"] = row["key"] or _new_key()
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["choices"] = [_as_typed(row) for row in found.get("choices", ())]
        return known, found


REASONS["choices", "right and worth nothing"] = _(
    "An answer that is ticked as right is worth more than 0 percent."
)


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
        found["accepted"] = [_worth(row) for row in found["accepted"]]
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["accepted"] = [_worth_typed(row) for row in found.get("accepted", ())]
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
            _worth(row)
        for row in found["units"]:
            row["factor"] = str(Decimal(1) if row["factor"] is None else row["factor"])
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["accepted"] = [_worth_typed(row) for row in found.get("accepted", ())]
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
        _give_keys(found["pairs"])
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
        _give_keys(found["items"])
        return found


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
            accepted.setdefault(row.pop("gap"), []).append(_worth(row))
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
            {"gap": one["key"], **_worth_typed(row)} for one in gaps for row in one["accepted"]
        ]
        found["options"] = [
            {"gap": one["key"], "text": text} for one in gaps for text in one.get("choices", ())
        ]
        return known, found


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
        _give_keys([_worth(row) for row in found["areas"]])
        if not (found["width"] and found["height"]):
            raise QuestionError("picture", "size")
        return found

    @classmethod
    def typed(cls, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        known, found = super().typed(data)
        found["areas"] = [
            {**_worth_typed(row), "points": " ".join(map(str, row["points"]))}
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


FORMS: dict[Kind, type[QuestionForm]] = {
    Kind.SINGLE: SingleForm,
    Kind.MULTIPLE: MultipleForm,
    Kind.TRUE_FALSE: TrueFalseForm,
    Kind.SHORT: ShortForm,
    Kind.NUMERIC: NumericForm,
    Kind.MATCHING: MatchingForm,
    Kind.ORDERING: OrderingForm,
    Kind.BLANKS: BlanksForm,
    Kind.HOTSPOT: HotspotForm,
    Kind.ESSAY: EssayForm,
    Kind.FILE: FileForm,
}


def typed(version: Version) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields, rows) of a question as it is, for its form."""
    return FORMS[Kind(version.kind)].typed(version.data)


def unchecked(kind: Kind, data: QueryDict) -> tuple[dict[str, Any], dict[str, Any]]:
    """(fields, rows) as they were sent, right or wrong, for a form that says nothing about it."""
    shape = FORMS[kind]
    fields = {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in shape.base_fields.items()
    }
    found = {}
    for name, each in shape.ROWS.items():
        total = data.get(f"{name}-TOTAL_FORMS", "")
        number = int(total) if total.isdecimal() and len(total) < 4 else 0
        known = each.form.base_fields
        found[name] = [
            {
                key: field.widget.value_from_datadict(data, {}, f"{name}-{place}-{key}")
                for key, field in known.items()
            }
            for place in range(min(number, 2 * MOST_PARTS))
        ]
    return fields, found


def _worth(row: dict[str, Any]) -> dict[str, Any]:
    """What was left empty is worth all of the points, and compared as it is."""
    row["credit"] = 100 if row["credit"] is None else row["credit"]
    if "match" in row:
        row["match"] = row["match"] or Match.EXACT
    return row


def _worth_typed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "credit": None if row.get("credit", 100) == 100 else row["credit"]}


def _new_key() -> str:
    """A key that no version of the question has: answers to earlier ones speak of theirs."""
    return secrets.token_hex(4)


def _give_keys(found: list[dict[str, Any]]) -> None:
    for row in found:
        row["key"] = row["key"] or _new_key()
