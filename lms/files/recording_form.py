"""The authors' form for recordings: large ones come in pieces, like everybody's files."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import FileInput, Script
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from wagtailmedia.forms import BaseMediaForm

from lms.common.errors import NotFound

from . import actions
from .forms import UploadInput
from .models import Upload, house_of
from .purposes import RECORDING
from .selectors import own_upload


class SentFile(UploadedFile):
    """A ready upload as a form's file. What it takes is freed once it has been stored anew."""

    is_examined = True

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.file.open("rb"), upload.name, upload.content_type, upload.size)
        self.upload = upload
        alone = upload.blob is not None and upload.blob.uploads.count() == 1
        self.released = upload.size if alone else 0


class RecordingInput(UploadInput):
    """One file: the form has put the upload's among the files."""

    allow_multiple_selected = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return FileInput.value_from_datadict(self, data, files, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return FileInput.value_omitted_from_data(self, data, files, name)


class RecordingForm(BaseMediaForm):
    """Where the author works in a house, the field `file` is resumable."""

    class Media:
        js = [Script("js/uploads.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent: Upload | None = None
        self.unusable = False
        author, first = kwargs.get("user"), self.collections[0]
        house = house_of(first)
        if author is None or house is None:
            return
        widget = RecordingInput(RECORDING, self.fields["file"].widget.attrs)
        widget.owner_id, widget.provider_id = author.pk, house
        self.fields["file"].widget = widget
        if self.is_bound:
            self._take(author)

    def _take(self, author: Any) -> None:
        """Have the upload that the script has put into the form be its file."""
        form: Any = self
        field, files = self.add_prefix("file"), MultiValueDict(form.files or {})
        given = self.data.get(f"{field}-upload")
        if not given or field in files:
            return
        try:
            found = own_upload(author, given)
        except (NotFound, ValidationError):
            self.unusable = True
            return
        if not found.is_ready or found.purpose != RECORDING.name or found.attached_at:
            self.unusable = True
            return
        self.sent = found
        files[field] = SentFile(found)
        form.files = files

    def clean(self) -> Any:
        if self.unusable:
            self.add_error("file", _("This file can't be used. Please send it again."))
        return super().clean()

    def save(self, commit: bool = True) -> Any:
        """What was sent in pieces is stored as the recording's own, and the upload goes."""
        row = super().save(commit=commit)
        if self.sent is not None and commit:
            actions.discard_upload(self.sent, actor=self.sent.owner)
        return row
