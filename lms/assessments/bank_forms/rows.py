"""Rows of answers, pairs, areas: the parts of a question as they are typed."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ..rules.questions import KEY, MOST_PARTS, Match, Shape
from .fields import Exact, Percent, Prose
from .reasons import Text


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
