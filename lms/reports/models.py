"""Reports as files and by mail; and a provider's figures, a row a day and a row a month: what the
figures page reads instead of the enrolments.

Days are UTC's, for a provider has no time zone. `lms.reports.actions` writes these rows: little by
little as things happen, and anew from the rows they summarise (`recount`).
"""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import validate_time_zone
from lms.common.states import Machine
from lms.files.models import private_storage
from lms.tenants.scope import TenantModel

from . import rules
from .states import EXPORT, State

# What happened on the day…
HAPPENED = ("enrolments", "lessons", "completions", "certificates")
# …and how far those who enrolled on it have come since.
COHORT = ("started", "finished", "certified")


class Period(models.TextChoices):
    DAY = "day", _("day")
    WEEK = "week", _("week")  # from Monday
    MONTH = "month", _("month")


# What numbers that add up are kept by: a month is the sum of its days, so that long spans are few
# rows. Weeks lie across months, and spans that are drawn by them are short.
SUMMED = (Period.DAY, Period.MONTH)


class PeriodFigures(TenantModel):
    """The day or month that begins on `start`, of one course or of the whole house (`course` is
    empty)."""

    course = models.ForeignKey(
        "courses.CoursePage", null=True, on_delete=models.CASCADE, related_name="+"
    )
    period = models.CharField(max_length=8, choices=Period.choices)
    start = models.DateField()
    enrolments = models.PositiveIntegerField(default=0)
    lessons = models.PositiveIntegerField(default=0)
    completions = models.PositiveIntegerField(default=0)
    certificates = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    finished = models.PositiveIntegerField(default=0)
    certified = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("figures")
        verbose_name_plural = _("figures")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "period", "start"], name="figures_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "period", "start"],
                condition=models.Q(course=None),
                name="figures_once_house",
            ),
        ]
        indexes = [models.Index(fields=["provider", "period", "start"], name="figures_by_start")]

    def __str__(self) -> str:
        return f"{self.period} {self.start} {self.course_id or self.provider_id}"


class ActiveLearner(TenantModel):
    """Somebody who enrolled, opened a lesson for the first time or completed one on this day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "user", "day"], name="active_once_a_day"),
        ]
        indexes = [models.Index(fields=["provider", "day"], name="active_by_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"


class ActiveFigures(TenantModel):
    """How many different people were active in the day, week or month that begins on `start`."""

    period = models.CharField(max_length=8, choices=Period.choices)
    start = models.DateField()
    learners = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "period", "start"], name="active_figures_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.start}: {self.learners}"


class By(models.TextChoices):
    """What a line of a report is."""

    STUDENT = "students", _("Students")
    GROUP = "groups", _("Groups")
    LESSON = "lessons", _("Lessons")
    HOMEWORK = "homework", _("Homework")


class Format(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("XLSX")
    PDF = "pdf", _("PDF")


class Rhythm(models.TextChoices):
    WEEKLY = rules.WEEKLY, _("Every week")
    MONTHLY = rules.MONTHLY, _("Every month")


class Mailing(TenantModel):
    """A report of a course that is sent regularly; each time about the week or month before.

    `next_at` moves on when it is sent, in the transaction that has it made: it is sent once.
    """

    course = models.ForeignKey("courses.CoursePage", on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(
        "enrolments.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    by = models.CharField(_("breakdown"), max_length=20, choices=By.choices, default=By.STUDENT)
    format = models.CharField(_("file"), max_length=8, choices=Format.choices, default=Format.PDF)
    rhythm = models.CharField(_("how often"), max_length=10, choices=Rhythm.choices)
    # From Monday, 0; a monthly one is sent on the first.
    weekday = models.PositiveIntegerField(
        _("weekday"), default=0, validators=[MaxValueValidator(6)]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    next_at = models.DateTimeField(_("next"))
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    created_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("regular report")
        verbose_name_plural = _("regular reports")
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="reports_weekday"),
        ]
        indexes = [
            models.Index(fields=["provider", "paused_at", "next_at"], name="reports_due"),
            models.Index(fields=["provider", "course"], name="reports_mailings"),
        ]

    def __str__(self) -> str:
        return f"{self.rhythm} of {self.course_id}"


class Recipient(TenantModel):
    """Somebody a regular report is sent to, until they stop it."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="recipients")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    class Meta:
        verbose_name = _("recipient of a report")
        verbose_name_plural = _("recipients of reports")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "mailing", "user"], name="reports_recipient_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.mailing_id}"


class Export(TenantModel):
    """A report that somebody asked for, or is sent, as a file; theirs alone."""

    machine: ClassVar[Machine] = EXPORT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey("courses.CoursePage", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mailing = models.ForeignKey(
        Mailing, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    group = models.ForeignKey(
        "enrolments.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    words = models.CharField(_("search"), max_length=100, blank=True)
    by = models.CharField(_("breakdown"), max_length=20, choices=By.choices, default=By.STUDENT)
    format = models.CharField(_("file"), max_length=8, choices=Format.choices)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.WAITING
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="reports", storage=private_storage, blank=True)
    asked_at = models.DateTimeField(_("asked for"))
    # How often a worker has begun it since it was asked for.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Moves on as the file is made: one that stands still was given up.
    touched_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("kept until"))

    class Meta:
        verbose_name = _("report as a file")
        verbose_name_plural = _("reports as files")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "mailing", "user", "first"],
                condition=models.Q(mailing__isnull=False),
                name="reports_sent_once",
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "user", "-asked_at"], name="reports_files"),
            models.Index(fields=["provider", "state", "touched_at"], name="reports_unfinished"),
            models.Index(fields=["provider", "ends_at"], name="reports_ended"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def span(self) -> rules.Span:
        return rules.Span(self.first, self.last)

    @property
    def name(self) -> str:
        """What the file is saved as."""
        return f"{self.by}-{self.first}-{self.last}.{self.format}"

    @property
    def is_ready(self) -> bool:
        return self.state == State.READY

    @property
    def is_unfinished(self) -> bool:
        return self.state in (State.WAITING, State.MAKING)

    @property
    def is_failed(self) -> bool:
        return self.state == State.FAILED

    @property
    def percent(self) -> int:
        return min(99, self.done * 100 // self.total) if self.total else 0


@receiver(post_delete, sender=Export)
def forget_file(instance: Export, **kwargs: Any) -> None:
    """A report's file goes with its row, whatever deletes it: its time, a course, an account."""
    if name := instance.file.name:
        storage = instance.file.storage
        transaction.on_commit(lambda: storage.delete(name))
