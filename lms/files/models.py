"""Files authors upload. Images are public; documents and media are private to their lessons."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.models import Image as WagtailImage
from wagtailmedia.models import AbstractMedia

from .svg import sanitised
from .validation import validate_document, validate_drawing, validate_recording


def _tags(related_name: str) -> TaggableManager:
    """Tags under a reverse name of ours: Wagtail's own models hold the plain ones."""
    return TaggableManager(
        verbose_name=_("tags"), help_text=None, blank=True, related_name=related_name
    )


def private_storage():
    """The storage whose files have no public address (a callable, so migrations name it)."""
    return storages["private"]


class Image(AbstractImage):
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
        """Raises ValidationError for a drawing that can't be read."""
        super().clean()
        if self._new_drawing():
            validate_drawing(self.file)

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


class Document(AbstractDocument):
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


class Media(AbstractMedia):
    """A recording: audio or video. Reached only through a lesson that uses it."""

    file = models.FileField(_("file"), upload_to="media", max_length=255, storage=private_storage)
    tags = _tags("files_media")

    class Meta:
        default_related_name = "files_media"
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")

    @property
    def url(self) -> str:
        """Where its editors play it. Students reach it by way of a lesson that uses it."""
        return reverse("recording_file", args=[self.pk, self.filename])

    def clean(self) -> None:
        """Raises ValidationError for a file that is too large or no recording."""
        super().clean()
        if self.file and not self.file._committed:  # type: ignore[attr-defined]
            validate_recording(self.file)
