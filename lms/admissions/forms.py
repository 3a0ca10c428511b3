"""What people type: whom to add and invite, a note, a reply, a link, a code."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from lms.common.addresses import is_email
from lms.common.forms import WallTimeField, moment

from .invitations import DAYS
from .models import LONGEST_TEXT
from .rules import LONGEST_CODE, MAX_BYTES


def _text(label: Any, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_TEXT,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
    )


def _days() -> forms.IntegerField:
    return forms.IntegerField(label=_("Valid for days"), min_value=1, max_value=365, initial=DAYS)


class AddForm(forms.Form):
    who = forms.CharField(
        label=_("E-mail address or name"),
        max_length=254,
        help_text=_(
            "Who has an account is enrolled at once. Any other address gets an invitation to "
            "register. By name you find members of your school."
        ),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    message = _text(_("Message"))

    def clean_who(self) -> str:
        who: str = self.cleaned_data["who"]
        if "@" in who and not is_email(who):
            raise forms.ValidationError(_("Enter a valid e-mail address."))
        return who


class InviteForm(forms.Form):
    """One address or a pasted list, or a file."""

    people = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        help_text=_("One or many, with or without names, as mail programs write them."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        help_text=_("With a column “email”, and “name” if you like. At most 10,000 people."),
        validators=[FileExtensionValidator(["csv", "tsv", "txt"])],
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    message = _text(_("Message"), _("Stands in the mail, and on the page where they answer."))
    days = _days()

    def clean_file(self) -> UploadedFile | None:
        file: Any = self.cleaned_data["file"]
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is too large: please split it into several."))
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        given = [bool(data.get("people", "").strip()), bool(data.get("file"))]
        if sum(given) != 1 and not self.errors:
            raise forms.ValidationError(_("Paste addresses or choose a file: one of the two."))
        return data


class NoteForm(forms.Form):
    note = _text(
        _("Note to the teacher"),
        _("Why you would like to join; the teacher also sees your name, picture and biography."),
    )


class ReplyForm(forms.Form):
    reply = _text(_("Reply"), _("Stands in the mail to the student."), rows=2)


class LinkForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("code", _("A short code to type or read out")), ("link", _("A secret link"))],
        initial="code",
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label=_("For whom"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    max_uses = forms.IntegerField(
        label=_("How many may use it"), required=False, min_value=1, max_value=1_000_000
    )
    expires = WallTimeField(label=_("Valid until"), required=False)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        return {**self.cleaned_data, "expires_at": moment(self, "expires", self.zone)}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(
            attrs={"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )
