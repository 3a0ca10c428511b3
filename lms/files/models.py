"""Files authors upload: images are public, documents and media are private to their lessons. And
uploads, private to whoever sent them and to what they are used for.
"""

import uuid
from contextlib import suppress
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import models, transaction
from django.db.models import Sum, Value
from django.db.models.signals import post_delete
from django.dispatch import Signal, receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.models import Image as WagtailImage
from wagtail.models import Collection
from wagtailmedia.models import AbstractMedia

from lms.common import clock
from lms.common.states import Machine
from lms.events import SYSTEM
from lms.gateways.store import StoreFailed, TakesParts
from lms.tenants.limits import LimitReached, count_with, reading, require_room
from lms.tenants.models import Limit, Provider
from lms.tenants.scope import TenantModel, sole_provider_id

from .states import PLAYABLE, UPLOAD, Failure, Making, Refusal, State
from .svg import sanitised
from .validation import validate_document, validate_picture, validate_recording

# An author has stored a recording, or another file in its place.
media_stored = Signal()


def _tags(related_name: str) -> TaggableManager:
    """Tags under a reverse name of ours: Wagtail's own models hold the plain ones."""
    return TaggableManager(
        verbose_name=_("tags"), help_text=None, blank=True, related_name=related_name
    )


def private_storage():
    """The storage whose files have no public address (a callable, so migrations name it)."""
    return storages["private"]


def house_of(collection: Any) -> Any:
    """The id of the provider whose collection this is, or is in; None for the platform's own."""
    step, path = collection.steplen, collection.path
    above = [path[:end] for end in range(step, len(path) + 1, step)]
    houses = Provider.objects.filter(collection__path__in=above)
    return houses.values_list("pk", flat=True).first()


class CountedFile:
    """Mixed into what authors store: its bytes count against their house's plan, and more than that
    has room for is refused.
    """

    def clean(self) -> None:
        """Raises ValidationError where the plan has no room for the file."""
        super().clean()  # type: ignore[misc]
        row: Any = self
        if not row.file or row.file._committed:
            return
        # Wagtail's forms set the collection late where there is only one to choose: then it is
        # the one of the house that is worked in.
        if house := house_of(row.collection) or sole_provider_id():
            provider = Provider.objects.select_related("tier").get(pk=house)
            found = reading(provider, Limit.STORAGE)
            if not found.has_room_for(self._growth()):
                refusal = LimitReached.of(Limit.STORAGE, found, provider.tier)
                raise ValidationError({"file": refusal.message}, code="limit_reached")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises LimitReached where the plan has no room, before anything is stored."""
        row: Any = self
        if not row.file or row.file._committed:
            super().save(*args, **kwargs)  # type: ignore[misc]
            return
        with transaction.atomic():
            if house := house_of(row.collection):
                actor = row.uploaded_by_user or SYSTEM
                require_room(house, Limit.STORAGE, adding=self._growth(), actor=actor)
            row.file_size = row.file.size
            super().save(*args, **kwargs)  # type: ignore[misc]

    def _growth(self) -> int:
        """How many bytes more there will be; fewer, where a smaller file takes the place, or one
        comes from an upload, which is counted already."""
        row: Any = self
        rows = type(row)._default_manager.filter(pk=row.pk)
        before = rows.values_list("file_size", flat=True).first() if row.pk else None
        released = getattr(row.file.file, "released", 0)
        return int(row.file.size) - (before or 0) - released


class Image(CountedFile, AbstractImage):
    """A picture: covers, logos, figures. Served publicly as renditions."""

    file: Any  # the field is Wagtail's
    tags = _tags("files_images")

    admin_form_fields = WagtailImage.admin_form_fields

    class Meta(AbstractImage.Meta):
        default_related_name = "files_images"
        permissions = [("choose_image", "Can choose image")]
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def clean(self) -> None:
        """Raises ValidationError for a picture that can't be shown."""
        super().clean()
        if self.file and not self.file._committed:
            validate_picture(self.file)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Drawings are kept without scripts and outside references, however they come in.

        They are served from our own origin. Raises SvgError where `clean` was not asked first.
        """
        if self._new_drawing():
            self.file.open()
            harmless, _dropped = sanitised(self.file.read())
            self.file = ContentFile(harmless, name=self.file.name)
            self.file_size = len(harmless)
        super().save(*args, **kwargs)

    def _new_drawing(self) -> bool:
        return bool(
            self.file and not self.file._committed and self.file.name.lower().endswith(".svg")
        )

    @property
    def default_alt_text(self) -> str:
        """The description an author gave; never the file's name."""
        return self.description


class Rendition(AbstractRendition):
    """A picture in one size and format."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)


class Document(CountedFile, AbstractDocument):
    """A file to download. Reached only through a lesson that uses it, or by its editors."""

    file = models.FileField(
        _("file"), upload_to="documents", max_length=255, storage=private_storage
    )

    tags = _tags("files_documents")

    admin_form_fields = ("title", "file", "collection", "tags")

    class Meta(AbstractDocument.Meta):
        default_related_name = "files_documents"
        permissions = [("choose_document", "Can choose document")]
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def clean(self) -> None:
        """Raises ValidationError for a file that is too large or not what its name says."""
        super().clean()
        if self.file and not self.file._committed:  # type: ignore[attr-defined]
            validate_document(self.file)


class Media(CountedFile, AbstractMedia):
    """A recording: audio or video. Reached only through a lesson that uses it."""

    file = models.FileField(_("file"), upload_to="media", max_length=255, storage=private_storage)
    file_size = models.PositiveBigIntegerField(null=True, editable=False)  # bytes
    # In hexadecimal, once the worker has read it: what was made of it is found by this.
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    tags = _tags("files_media")

    class Meta:
        default_related_name = "files_media"
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")

    @property
    def url(self) -> str:
        """Where its editors play it. Students reach it by way of a lesson that uses it."""
        return reverse("recording_file", args=[self.pk, self.filename])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new file is prepared for every browser, once it is certain that it stays."""
        new = bool(self.file) and not self.file._committed  # type: ignore[attr-defined]
        if new:
            self.sha256 = ""
        super().save(*args, **kwargs)
        if new:
            media_stored.send(sender=Media, instance=self)

    def clean(self) -> None:
        """Raises ValidationError for a file that is too large or no recording."""
        super().clean()
        file: Any = self.file
        if file and not file._committed and not getattr(file.file, "is_examined", False):
            validate_recording(file)


class Playable(TenantModel):
    """What was made of a recording for every browser: once for all a provider's recordings with the
    same content (`Blob`, `Media`), which `sha256` names. It goes with the last of them.

    `touched_at` is when the worker last said how far it is; `percent` is that. `loudness` is the
    original's (LUFS), `peaks` its waveform (0 to 100).
    """

    machine: ClassVar[Machine] = PLAYABLE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64)  # in hexadecimal
    state = models.CharField(
        _("state"), max_length=20, choices=Making.choices, default=Making.WAITING
    )
    failure = models.CharField(_("reason"), max_length=40, choices=Failure.choices, blank=True)
    percent = models.PositiveSmallIntegerField(_("done, in percent"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    asked_at = models.DateTimeField(_("asked for"))
    touched_at = models.DateTimeField(_("last heard of"))
    kind = models.CharField(_("kind"), max_length=10, blank=True)  # "audio", "video"
    seconds = models.FloatField(_("length in seconds"), null=True)
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    loudness = models.FloatField(_("loudness (LUFS)"), null=True)
    peaks = models.JSONField(_("waveform"), default=list)
    names = models.JSONField(_("renditions"), default=list)  # of its files

    class Meta:
        verbose_name = _("prepared recording")
        verbose_name_plural = _("prepared recordings")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "sha256"], name="playable_once_per_content"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=Making.values), name="playable_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "state", "touched_at"], name="playable_state"),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.state})"

    @property
    def is_done(self) -> bool:
        return self.state == Making.DONE

    @property
    def is_failed(self) -> bool:
        return self.state == Making.FAILED


class Blob(TenantModel):
    """The bytes of finished uploads: one file for all of a provider's uploads with the same
    content. Nothing changes it; the last upload that points to it takes it along. `playable` is
    what is made of a recording that is used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64)  # in hexadecimal
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    file = models.FileField(_("file"), upload_to="uploads", max_length=255, storage=private_storage)
    playable = models.ForeignKey(
        Playable, null=True, on_delete=models.SET_NULL, related_name="blobs", editable=False
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "sha256"], name="blob_once_per_content"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Upload(TenantModel):
    """A file somebody sends in pieces, until it is there, examined and used by something.

    `purpose` names a Purpose (lms.files.purposes). An app that uses it says so by
    `actions.attach_upload`; what nothing uses is removed at `expires_at`. `content_type` and `blob`
    are there once it has been examined, `refusal` where that went wrong.
    """

    machine: ClassVar[Machine] = UPLOAD

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent by"),
        on_delete=models.CASCADE,
        related_name="uploads",
    )
    purpose = models.CharField(_("purpose"), max_length=40)
    name = models.CharField(_("name"), max_length=255)
    declared_type = models.CharField(_("type according to the sender"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    offset = models.PositiveBigIntegerField(_("received"), default=0)  # bytes
    # What the object store calls it while a browser sends its parts there (lms.files.direct).
    parts_id = models.TextField(blank=True, default="", editable=False)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.RECEIVING
    )
    refusal = models.CharField(_("reason"), max_length=40, choices=Refusal.choices, blank=True)
    content_type = models.CharField(_("type"), max_length=100, blank=True)
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, null=True, related_name="uploads", verbose_name=_("file")
    )
    created_at = models.DateTimeField(_("begun"))
    finished_at = models.DateTimeField(_("received whole"), null=True)
    attached_at = models.DateTimeField(_("used since"), null=True)
    expires_at = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset__lte=models.F("size")), name="upload_within_size"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="upload_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "owner", "-created_at"], name="upload_owner"),
            models.Index(fields=["provider", "state"], name="upload_state"),
            models.Index(
                fields=["provider", "expires_at"],
                name="upload_unused",
                condition=models.Q(attached_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def is_ready(self) -> bool:
        return self.state == State.READY

    @property
    def file(self) -> Any:
        """The stored file; None until it has been examined."""
        return self.blob.file if self.blob else None

    @property
    def url(self) -> str:
        """Where those who may read it get it."""
        return reverse("files:download", args=[self.pk, self.name])

    @property
    def folder(self) -> str:
        """Where its pieces lie in the private storage until they are put together."""
        return f"incoming/{self.pk}"

    @property
    def whole_name(self) -> str:
        """What a piece that is all of it is called there."""
        return f"{self.folder}/{0:020d}"


def _piece_name(part: "UploadPart", filename: str) -> str:
    return f"incoming/{part.upload_id}/{part.offset:020d}"


class UploadPart(TenantModel):
    """A piece of an upload that is not whole yet: `size` bytes from `offset` on."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    offset = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    file = models.FileField(upload_to=_piece_name, max_length=255, storage=private_storage)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "upload", "offset"], name="upload_part_once_per_offset"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size} from {self.offset}"


def _made_name(made: "PlayableFile", filename: str) -> str:
    return f"playable/{made.playable_id}/{made.name}"


class PlayableFile(TenantModel):
    """A rendition, a piece of a stream, a playlist or a picture of a recording."""

    playable = models.ForeignKey(Playable, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("name"), max_length=40)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))  # bytes
    file = models.FileField(upload_to=_made_name, max_length=255, storage=private_storage)

    class Meta:
        verbose_name = _("rendition of a recording")
        verbose_name_plural = _("renditions of recordings")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "playable", "name"], name="playable_file_once_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@receiver(post_delete, sender=Blob)
@receiver(post_delete, sender=PlayableFile)
@receiver(post_delete, sender=UploadPart)
def forget_file(instance: Any, **kwargs: Any) -> None:
    """A row takes its file along, once it is certain that it is gone, whatever deletes it: an
    action, a person's account, a house."""
    storage, name = instance.file.storage, instance.file.name
    transaction.on_commit(lambda: storage.delete(name))


@receiver(post_delete, sender=Upload)
def forget_parts_elsewhere(instance: Upload, **kwargs: Any) -> None:
    """The same for what a browser has sent to the store of an upload that is not whole."""
    if parts_id := instance.parts_id:
        name, store = instance.whole_name, storages["private"]
        if isinstance(store, TakesParts):
            transaction.on_commit(lambda: _forget_elsewhere(store, name, parts_id))


def _forget_elsewhere(store: Any, name: str, parts_id: str) -> None:
    with suppress(StoreFailed):  # the sweep comes by
        store.abort_parts(name, parts_id)
        store.delete(name)


@count_with(Limit.STORAGE)
def _stored(provider: Provider) -> int:
    """Bytes: what authors have stored, originals alone; what people have sent, the same content
    once; and what is on its way, from the beginning.
    """
    on_its_way = Upload.objects.filter(state__in=(State.RECEIVING, State.CHECKING))
    found = [_total(Blob.objects.all(), "size"), _total(on_its_way, "size")]
    if collection := provider.collection:
        inside = Collection.objects.filter(path__startswith=collection.path)
        for model in (Image, Document, Media):
            rows = model._default_manager.filter(collection__in=inside)
            found.append(_total(rows, "file_size"))
    return sum(total or 0 for _all, total in found[0].union(*found[1:], all=True))


def _total(rows: Any, field: str) -> Any:
    """A query for one row, (1, the sum of `field`); for none where there is nothing."""
    return rows.order_by().annotate(all=Value(1)).values_list("all").annotate(total=Sum(field))
