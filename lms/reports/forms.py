from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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
