"""What a house's admins hand in."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from . import wording
from .rules import MAX_BYTES, Unreadable


class PeopleForm(forms.Form):
    """A list of people. The size is looked at before a byte of it is read."""

    file = forms.FileField(
        label=_("List of people"),
        help_text=_("A CSV file, as every spreadsheet saves one. At most 10,000 people."),
        validators=[FileExtensionValidator(["csv", "tsv", "txt"])],
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: Any = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            self.refuse(Unreadable("too_large", file.size))
        return file

    def refuse(self, refused: Unreadable) -> None:
        """Show why the file can't be read."""
        self.add_error("file", wording.of_file(refused))
