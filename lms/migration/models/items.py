"""What was imported, so that importing again updates and never doubles."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import TenantModel


class ImportedItem(TenantModel):
    """A source and what was made of it: a course, module or lesson ↔ its page, a file by its
    content ↔ its row.

    The page or file is empty once somebody deleted it; the row stays, so that the next import
    does not bring back silently what an author took out.
    """

    class Kind(models.TextChoices):
        COURSE = "course", _("Course")
        MODULE = "module", _("Module")
        LESSON = "lesson", _("Lesson")
        IMAGE = "image", _("Image")
        DOCUMENT = "document", _("Document")
        RECORDING = "recording", _("Recording")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # Which course: its address, repository or folder. Empty for files, which courses share.
    course_key = models.CharField(_("course key"), max_length=255, blank=True)
    # The source's path in the course's folder; for files the SHA-256 of the content.
    source = models.CharField(_("source"), max_length=500, blank=True)
    # SHA-256 of the source as it was last brought in, and of the page as it was left.
    source_hash = models.CharField(_("source hash"), max_length=64, blank=True)
    written_hash = models.CharField(_("written hash"), max_length=64, blank=True)
    # For a course: the SHA-256 of the order of its parts.
    order_hash = models.CharField(_("order hash"), max_length=64, blank=True)
    page = models.ForeignKey(
        "wagtailcore.Page", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    image = models.ForeignKey("files.Image", null=True, on_delete=models.SET_NULL, related_name="+")
    document = models.ForeignKey(
        "files.Document", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recording = models.ForeignKey(
        "files.Media", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    imported_at = models.DateTimeField(_("imported at"), auto_now=True)

    class Meta:
        verbose_name = _("imported item")
        verbose_name_plural = _("imported items")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course_key", "kind", "source"], name="imported_item_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"
