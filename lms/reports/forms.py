from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from .models import By, Format, Rhythm
from .rules import Span
from .selectors import whole_span

PRESETS = (7, 30, 90, 365)
DEFAULT = 30
LONGEST = 366 * 30  # days: nobody looks at more, and an address can say anything


class SpanForm(forms.Form):
    """The days to look at: a number of the last ones, all, or from one to another."""

    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST:
            raise forms.ValidationError(_("The first day comes before the last."))
        return cleaned

    def span(self, days: str, today: date) -> tuple[Span, str]:
        """The days asked for, and the preset they are ("" for one's own choice)."""
        if self.is_valid() and self.cleaned_data["first"]:
            first = self.cleaned_data["first"]
            last = min(self.cleaned_data["last"] or today, today)
            if first <= last and (last - first).days < LONGEST and first.year > 1970:
                return Span(first, last), ""
        if days == "all":
            return whole_span(today), days
        number = int(days) if days in map(str, PRESETS) else DEFAULT
        return Span(today - timedelta(days=number - 1), today), str(number)


class ReportForm(SpanForm):
    """What a report at the desk is asked for; `groups` are the course's."""

    group = forms.TypedChoiceField(label=_("Group"), required=False, coerce=int, empty_value=None)
    q = forms.CharField(label=_("Student"), required=False, max_length=100)
    by = forms.ChoiceField(label=_("Show"), required=False, choices=By.choices)

    def __init__(self, data: Any, *, groups: Any) -> None:
        super().__init__(data)
        self.groups = groups
        names = [(str(one.pk), one.name) for one in groups]
        self.fields["group"].choices = [("", _("All students")), *names]  # type: ignore[attr-defined]

    def value(self, name: str) -> Any:
        """A valid value, or nothing: an address can say anything."""
        return self.cleaned_data.get(name) if self.is_bound and not self.errors.get(name) else None

    def chosen(self, days: str, today: date) -> tuple[Span, str]:
        return self.span("" if days == "all" else days, today)


class MailingForm(forms.Form):
    """A report to be sent regularly; `people` are who may get it."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices)
    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        initial=0,
        help_text=_("Of a weekly report. A monthly one comes on the first."),
    )
    by = forms.ChoiceField(label=_("Breakdown"), choices=By.choices)
    format = forms.ChoiceField(label=_("File"), choices=Format.choices, initial=Format.PDF)
    group: Any = forms.ModelChoiceField(
        label=_("Group"), queryset=None, required=False, empty_label=_("All students")
    )
    people: Any = forms.ModelMultipleChoiceField(
        label=_("For"), queryset=None, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, groups: Any, people: Any, zone: str) -> None:
        super().__init__(data)
        self.zone = zone
        self.fields["group"].queryset = groups  # type: ignore[attr-defined]
        self.fields["people"].queryset = people  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        """Fields of a Mailing."""
        names = ("rhythm", "weekday", "by", "format", "group")
        values = {name: self.cleaned_data[name] for name in names}
        return {**values, "weekday": values["weekday"] or 0, "time_zone": self.zone}
