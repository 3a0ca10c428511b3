from django import forms
from django.utils.translation import gettext_lazy as _

from .models import LONGEST_REASON


class CodeForm(forms.Form):
    """A code to check, as somebody reads it off paper."""

    code = forms.CharField(
        label=_("Verification code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "dir": "ltr",
                "placeholder": "XXXX-XXXX-XXXX-XXXX",
            }
        ),
        help_text=_("It stands beside the square pattern at the foot of the certificate."),
    )


class RevocationForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown to the student and to everybody who checks the certificate."),
    )
