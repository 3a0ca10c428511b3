from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import FrontEnd


class FrontEndForm(forms.Form):
    """Where the front end shows drafts; `{token}` and `{id}` in it are filled in."""

    preview_url = forms.CharField(
        label=_("Preview address of your front end"),
        required=False,
        max_length=FrontEnd._meta.get_field("preview_url").max_length,
        help_text=_(
            "For example https://www.example.org/preview?token={token}. Leave empty to switch the "
            "button in the page editor off."
        ),
        widget=forms.TextInput(attrs={"inputmode": "url", "dir": "ltr"}),
    )

    def clean_preview_url(self) -> str:
        """An http or https address that has room for the token."""
        url: str = self.cleaned_data["preview_url"].strip()
        if not url:
            return url
        if "{token}" not in url:
            raise forms.ValidationError(_("Put {token} where the token belongs."))
        field: Any = forms.URLField(assume_scheme="https")
        filled = url.replace("{token}", "t").replace("{id}", "1")
        try:
            field.clean(filled)
        except forms.ValidationError as wrong:
            raise forms.ValidationError(_("Enter the address of a web page.")) from wrong
        if not filled.startswith(("https://", "http://")):
            raise forms.ValidationError(_("The address begins with https:// or http://."))
        return url
