"""Files of homework: what is taken, where it lies, how it is sent. The one place that knows.

A row with a file is a `StoredFile`; everything else asks `check`, `describe` and `send`.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from filetype import guess

from lms.files.models import private_storage
from lms.files.serving import content_type, serve
from lms.files.validation import HEAD, validate_document, validate_recording

LONGEST_NAME = 200  # characters

# Browsers record sound into containers that are film's too.
SOUND_OR_FILM = {"video/webm", "video/mp4", "video/x-matroska"}


class StoredFile(models.Model):
    """A row with at most one private file. `filename` is the name it was uploaded under."""

    file = models.FileField(
        _("file"), upload_to="homework/", storage=private_storage, blank=True, max_length=255
    )
    filename = models.CharField(_("file name"), max_length=LONGEST_NAME, blank=True)

    class Meta:
        abstract = True

    @property
    def media_type(self) -> str:
        """By the name's ending; "application/octet-stream" for what is not played."""
        return content_type(self.filename)

    @property
    def is_recording(self) -> bool:
        return bool(self.file) and self.media_type.partition("/")[0] in ("audio", "video")

    @property
    def player(self) -> str:
        """The element that plays it: "audio" or "video"."""
        return self.media_type.partition("/")[0]


def check(file: File, kinds: frozenset[str]) -> None:
    """Raises ValidationError unless `file` is one of `kinds`: "audio", "video", "any"."""
    if "any" in kinds:
        validate_document(file)
        return
    validate_recording(file)
    file.seek(0)
    found = guess(file.read(HEAD))
    file.seek(0)
    mime = found.mime if found else ""
    if mime.partition("/")[0] in kinds or ("audio" in kinds and mime in SOUND_OR_FILM):
        return
    raise ValidationError(
        _("Please hand in a sound recording.")
        if kinds == {"audio"}
        else _("Please hand in a film."),
        code="wrong_kind",
    )


def describe(file: File) -> dict[str, Any]:
    """The fields of a StoredFile that is to hold `file`."""
    name = (file.name or "").replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    if dot and len(name) > LONGEST_NAME:
        name = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending
    return {"file": file, "filename": name[:LONGEST_NAME] or "file"}


def send(request: HttpRequest, row: StoredFile) -> HttpResponseBase:
    """The file, whole or in part, for one who has been found to be allowed. Recordings play in
    place unless asked for with `?download`; everything else is saved.
    """
    attachment = "download" in request.GET or not row.is_recording
    return serve(request, row.file, name=row.filename, attachment=attachment)
