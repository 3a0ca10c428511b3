"""Lists of people that a house brings in: each row, what it would do and what it did."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.states import Machine
from lms.migration.states import BUSY, PEOPLE, State
from lms.tenants.scope import TenantModel

UNDO_WITHIN = timedelta(days=7)


class Forecast(models.TextChoices):
    """What bringing a row in would do. Whether there is an account already is said to nobody."""

    ADD = "add", _("Will be added")
    ENROL = "enrol", _("A member already; will be enrolled")
    ALREADY = "already", _("A member already; nothing to do")
    ERROR = "error", _("Can’t be brought in")


class Result(models.TextChoices):
    """What bringing a row in has done."""

    ADDED = "added", _("Added")
    ENROLLED = "enrolled", _("Enrolled")
    ALREADY = "already", _("Was a member already")
    NO_ROOM = "no_room", _("No room in your plan")
    UNDONE = "undone", _("Taken back")
    KEPT = "kept", _("Kept: they have done something here")


class PeopleImport(TenantModel):
    """One list. `told` says how the file was read: {encoding, guessed, separator, unused}."""

    machine: ClassVar[Machine] = PEOPLE

    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=machine.initial
    )
    file_name = models.CharField(_("file"), max_length=120)
    # Who handed it in; later who confirmed it, and who undid it: in whose name the worker acts.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    told = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("people"))
    with_mail = models.BooleanField(_("write to those who are added"), default=False)
    created_at = models.DateTimeField(_("handed in"), default=clock.now)
    finished_at = models.DateTimeField(_("brought in at"), null=True)

    class Meta:
        verbose_name = _("list of people")
        verbose_name_plural = _("lists of people")
        indexes = [
            models.Index(fields=["provider", "-created_at"], name="people_import_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY

    def can_be_undone(self, at: datetime) -> bool:
        """Whether it has been brought in, and not too long ago."""
        return bool(
            self.state == State.DONE and self.finished_at and at < self.finished_at + UNDO_WITHIN
        )


class PeopleImportRow(TenantModel):
    """A row of the file, as it was read. Empty `forecast` or `result`: the worker's turn.

    `problems` are [code, value] of lms.migration.rules.Problem. What the row made: `new_account`,
    `joined` (a membership), and seats in the courses whose ids are `enrolled`.
    """

    batch = models.ForeignKey(PeopleImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=16)
    language = models.CharField(max_length=10)
    time_zone = models.CharField(max_length=64)
    courses = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    forecast = models.CharField(max_length=8, choices=Forecast.choices, blank=True)
    result = models.CharField(max_length=8, choices=Result.choices, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    new_account = models.BooleanField(default=False)
    joined = models.BooleanField(default=False)
    enrolled = models.JSONField(default=list)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "batch", "number"], name="people_import_row_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.batch_id}"
