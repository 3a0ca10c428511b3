"""Files of homework: what is taken, for what, and how it is sent. The one place that knows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from lms.common.errors import Invalid, NotFound
from lms.files import playing
from lms.files.actions import attach_upload, remove_upload
from lms.files.formats import EVERYTHING, RECORDINGS
from lms.files.formats import Kind as Format
from lms.files.models import Playable, Upload
from lms.files.purposes import Purpose, register
from lms.files.serving import content_type, serve
from lms.files.states import State
from lms.tenants.permissions import Code, can

MB = 1024 * 1024
WRONG_KIND = {
    "audio": _("Please hand in a sound recording."),
    "video": _("Please hand in a film."),
}


def _learns(user: Any, provider: Any) -> bool:
    return can(user, Code.LEARN, provider)


def _sets(user: Any, provider: Any) -> bool:
    return can(user, Code.SET_HOMEWORK, provider)


def _marks(user: Any, provider: Any) -> bool:
    return can(user, Code.MARK_HOMEWORK, provider)


# {kind of homework: what is sent for it}. A recorder calls sound alone "mp4" or "webm" too, so
# sound may come under a film's name; what it is, is known once somebody has looked into it.
HANDED_IN = {
    kind: register(Purpose(f"homework-{kind}", taken, largest, _learns))
    for kind, taken, largest in (
        ("file", EVERYTHING, 500 * MB),
        ("audio", RECORDINGS, 500 * MB),
        ("video", frozenset({Format.VIDEO}), 2048 * MB),
        ("audio_or_video", RECORDINGS, 2048 * MB),
    )
}
MATERIAL = register(Purpose("homework-material", EVERYTHING, 500 * MB, _sets))
SPOKEN = register(Purpose("homework-feedback", RECORDINGS, 500 * MB, _marks))


class WithUpload(models.Model):
    """A row with at most one file that somebody sent; it may still be looked at."""

    # Nothing that was sent goes by the way: its bytes would be left behind.
    upload = models.ForeignKey(
        Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def filename(self) -> str:
        return self.upload.name if self.upload else ""

    @property
    def is_refused(self) -> bool:
        """Whether the file turned out to be one that can't be taken: its bytes are gone."""
        return self.upload is not None and self.upload.state == State.REFUSED

    @property
    def media_type(self) -> str:
        """By its content, or by its name's ending until that is known."""
        return (self.upload.content_type if self.upload else "") or content_type(self.filename)

    @property
    def is_recording(self) -> bool:
        return self.upload is not None and self.player in ("audio", "video")

    @property
    def made(self) -> Playable | None:
        """What was made of a recording for every browser."""
        return self.upload.blob.playable if self.upload and self.upload.blob else None

    @property
    def player(self) -> str:
        """The element that plays it: "audio" or "video"."""
        return self.media_type.partition("/")[0]


def keep(given: Iterable[Upload], purpose: Purpose, *, owner: Any, at: datetime) -> list[Upload]:
    """What `owner` sent, attached: from now on something uses it.

    Raises Invalid for a recording that is not of the kind asked for, NotUsable, Forbidden.
    """
    kept = []
    for upload in given:
        asked = purpose.name.removeprefix("homework-")
        found = upload.content_type.partition("/")[0]
        if asked in ("audio", "video") and found and found != asked:
            raise Invalid(WRONG_KIND[asked])
        kept.append(attach_upload(upload, owner=owner, purpose=purpose.name, at=at))
    return kept


def let_go(rows: Iterable[WithUpload]) -> None:
    """Remove what these rows kept; the rows are gone, or keep something else now."""
    for row in rows:
        if row.upload is not None:
            remove_upload(row.upload)


def send(request: HttpRequest, row: WithUpload) -> HttpResponseBase:
    """The file, whole or in part, for one who has been found to be allowed. Recordings play in
    place unless asked for with `?download`, as they were sent or (`?as=`) as they were prepared;
    everything else is saved.

    Raises NotFound for one that nobody has looked into yet.
    """
    upload = row.upload
    if upload is None or upload.state != State.READY:
        raise NotFound
    sha256 = upload.blob.sha256 if upload.blob else ""
    if redirected := playing.answer(request, sha256, upload.provider_id):
        return redirected
    attachment = "download" in request.GET or not row.is_recording
    return serve(
        request, upload.file, name=row.filename, found=upload.content_type, attachment=attachment
    )
