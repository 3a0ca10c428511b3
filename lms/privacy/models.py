"""What people ask for about their own data. The rows are a person's and no provider's, like the
account: every read names the person.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.files.models import private_storage

from .states import DATA_EXPORT, ERASURE, Packed, State

FOLDER = "personal-data"  # in the private storage


class DataExport(models.Model):
    """A person's data as a zip: made by a task, theirs alone, kept until `ends_at`.

    `touched_at` moves on while it is packed: one that stands still was left by its worker.
    """

    machine: ClassVar[Machine] = DATA_EXPORT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=Packed.choices, default=Packed.WAITING
    )
    asked_at = models.DateTimeField(_("asked for"))
    touched_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("kept until"))
    done = models.PositiveIntegerField(_("parts done"), default=0)
    total = models.PositiveIntegerField(_("parts"), default=0)
    file = models.FileField(upload_to=FOLDER, storage=private_storage, blank=True, max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)

    class Meta:
        verbose_name = _("download of one's data")
        verbose_name_plural = _("downloads of one's data")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=(Packed.WAITING, Packed.MAKING)),
                name="data_export_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="data_export_newest"),
            models.Index(fields=["state", "touched_at"], name="data_export_unfinished"),
            models.Index(fields=["ends_at"], name="data_export_ended"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_running(self) -> bool:
        return self.state in (Packed.WAITING, Packed.MAKING)

    @property
    def is_failed(self) -> bool:
        return self.state == Packed.FAILED

    def is_ready(self, at: datetime) -> bool:
        return self.state == Packed.READY and at < self.ends_at

    @property
    def percent(self) -> int:
        return min(99, self.done * 100 // self.total) if self.total else 0


class Erasure(models.Model):
    """Somebody wants an account erased: its person, or an operator for them (`asked_by`), with a
    `reason`. Until `due_at` the person may take it back."""

    machine: ClassVar[Machine] = ERASURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    asked_at = models.DateTimeField(_("asked for"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("to be erased on"))
    # When the person was told last that they can't be erased as things are.
    held_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(_("erased"), null=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=(State.WAITING, State.ERASING)),
                name="erasure_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="erasure_due"),
            models.Index(fields=["person", "-asked_at"], name="erasure_newest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


@receiver(post_delete, sender=DataExport)
def forget_file(instance: DataExport, **kwargs: Any) -> None:
    """Its file goes with the row, whatever deletes it."""
    if name := instance.file.name:
        storage = instance.file.storage
        transaction.on_commit(lambda: storage.delete(name))
