"""Forms about one's data."""

from django import forms
from django.utils.translation import gettext_lazy as _


class EraseForm(forms.Form):
    """Nobody leaves by a slip."""

    sure = forms.BooleanField(
        label=_("I have read what goes and what stays, and want my account to be erased."),
        error_messages={"required": _("Please tick this, or leave the page.")},
    )


class EraseForSomebodyForm(forms.Form):
    """An operator does it for a person who asked for it elsewhere."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_(
            "How and when the person asked, without names: “by letter of 3 May”. It is kept as "
            "proof."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
