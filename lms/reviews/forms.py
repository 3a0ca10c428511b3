"""What people type: a review, an answer, a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lms.courses.rules import STARS

from .models import LONGEST_REASON, LONGEST_TEXT


class PlainText(forms.CharField):
    """Words of several lines, with one kind of line end, so that their length is what is stored."""

    def __init__(self, *, rows: int = 6, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "dir": "auto"})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python(text) or ""


def stars_in_words(number: int) -> str:
    return ngettext("%(n)s star", "%(n)s stars", number) % {"n": number}


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        label=_("Your rating"),
        choices=lambda: [(star, stars_in_words(star)) for star in STARS],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one to five stars.")},
    )
    text = PlainText(
        label=_("Your review"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_("What helped you, what did not, and for whom is it?"),
    )


class AnswerForm(forms.Form):
    answer = PlainText(label=_("Your answer"), max_length=LONGEST_TEXT)


class ReasonForm(forms.Form):
    reason = PlainText(label=_("Reason"), max_length=LONGEST_REASON, rows=3)
