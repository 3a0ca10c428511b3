"""How students stand in a course, what is watched for, and what teachers note about it."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.tenants.scope import TenantModel

from .rules import Thresholds
from .states import ANNOUNCEMENT, State

LONGEST_NOTE = 2000  # characters
LONGEST_TEXT = 10_000
at_most = MaxLengthValidator(LONGEST_TEXT)  # of a text field Django asks forms alone
DEFAULTS = Thresholds()
days = [MinValueValidator(1), MaxValueValidator(365)]
percent = [MinValueValidator(1), MaxValueValidator(100)]


class Standing(TenantModel):
    """How far a student is, kept as things happen (lms.teaching.counting), so that a roster of ten
    thousand is sorted without adding up ten thousand. It can be counted anew at any time.
    """

    enrolment = models.OneToOneField(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="standing"
    )
    course = models.ForeignKey("courses.CoursePage", on_delete=models.CASCADE, related_name="+")
    percent = models.PositiveSmallIntegerField(_("progress in percent"), default=0)
    grade = models.DecimalField(
        _("grade in percent"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    # The last time something was done or handed in; opening a lesson is the enrolment's to know.
    worked_at = models.DateTimeField(_("last work"), null=True, blank=True)
    # The earliest date of what is not done, past or to come.
    due_at = models.DateTimeField(_("due first"), null=True, blank=True)
    due_title = models.CharField(_("what is due first"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("standing of a student")
        verbose_name_plural = _("standings of students")
        constraints = [
            models.UniqueConstraint(fields=["provider", "enrolment"], name="teaching_one_standing"),
        ]
        indexes = [
            models.Index(fields=["provider", "course", "percent"], name="teaching_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}: {self.percent} %"


class Watch(TenantModel):
    """What is watched for in a course. Without a row, what DEFAULTS say."""

    course = models.OneToOneField(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="watch"
    )
    idle_days = models.PositiveSmallIntegerField(
        _("days without activity"),
        null=True,
        blank=True,
        default=DEFAULTS.idle_days,
        validators=days,
    )
    overdue_days = models.PositiveSmallIntegerField(
        _("days after a missed date"),
        null=True,
        blank=True,
        default=DEFAULTS.overdue_days,
        validators=days,
    )
    behind_points = models.PositiveSmallIntegerField(
        _("percentage points behind half of the class"),
        null=True,
        blank=True,
        default=DEFAULTS.behind_points,
        validators=percent,
    )
    pass_percent = models.PositiveSmallIntegerField(
        _("pass mark in percent"),
        null=True,
        blank=True,
        default=DEFAULTS.pass_percent,
        validators=percent,
    )
    # What half of the students with a seat have done, in percent.
    median = models.PositiveSmallIntegerField(default=0)
    # Since when everybody is to be counted anew: the course itself has changed.
    stale_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("watch over a course")
        verbose_name_plural = _("watches over courses")
        constraints = [
            models.UniqueConstraint(fields=["provider", "course"], name="teaching_one_watch"),
        ]
        indexes = [
            models.Index(fields=["provider", "stale_since"], name="teaching_stale"),
        ]

    def __str__(self) -> str:
        return str(self.course_id)

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(self.idle_days, self.overdue_days, self.behind_points, self.pass_percent)


class Snooze(TenantModel):
    """A teacher has seen that a student is at risk, and wants to hear no more of it: until a
    moment, or at all."""

    enrolment = models.OneToOneField(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="risk_snooze"
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    set_at = models.DateTimeField(_("set"))
    set_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("snoozed risk")
        verbose_name_plural = _("snoozed risks")
        constraints = [
            models.UniqueConstraint(fields=["provider", "enrolment"], name="teaching_one_snooze"),
        ]

    def __str__(self) -> str:
        return str(self.enrolment_id)

    def holds(self, now: datetime) -> bool:
        return self.until is None or self.until > now


class Announcement(TenantModel):
    """What teachers tell all students of a course, or a group of them. `told_to` is how far the
    mails have come, so that a worker that was stopped goes on where it was."""

    machine: ClassVar[Machine] = ANNOUNCEMENT

    course = models.ForeignKey(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="announcements"
    )
    group = models.ForeignKey(
        "enrolments.Group",
        verbose_name=_("group"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), max_length=LONGEST_TEXT, validators=[at_most])
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.SCHEDULED
    )
    publish_at = models.DateTimeField(_("publish at"))
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    author: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    told_to = models.UUIDField(null=True, blank=True)
    told_at = models.DateTimeField(_("everybody told"), null=True, blank=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        indexes = [
            models.Index(fields=["provider", "course", "state"], name="announcement_course"),
            models.Index(fields=["provider", "state", "publish_at"], name="announcement_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED


class Dismissal(TenantModel):
    """A student has read an announcement and put it away."""

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="dismissals"
    )
    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        verbose_name = _("dismissed announcement")
        verbose_name_plural = _("dismissed announcements")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "announcement", "enrolment"], name="announcement_dismissed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}: {self.announcement_id}"


class Note(TenantModel):
    """What somebody who works in the course notes about a student, for colleagues; the student
    never sees it. Taken away, it is kept for as long as that can be undone."""

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="staff_notes"
    )
    text = models.TextField(_("note"), max_length=LONGEST_NOTE)
    written_at = models.DateTimeField(_("written"))
    author: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("note about a student")
        verbose_name_plural = _("notes about students")
        indexes = [
            models.Index(fields=["provider", "enrolment", "-written_at"], name="teaching_notes"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} at {self.written_at}"


class SupportProfile(models.Model):
    """What helps a person to learn, in their own words, for those who teach them.

    It is the person's and no provider's row, so that no export of a house has it, and nothing but
    lms.teaching.support reads it: no search, no API, no admin.
    """

    student = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    needs = models.TextField(_("needs"), max_length=LONGEST_NOTE)
    consent = models.PositiveSmallIntegerField(_("version of the consent"))
    consented_at = models.DateTimeField(_("consented"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("learning-support profile")
        verbose_name_plural = _("learning-support profiles")

    def __str__(self) -> str:
        return str(self.student_id)


class SupportLook(models.Model):
    """Somebody looked at a learning-support profile. The student reads these; with their names,
    since the course and the account may be gone by then."""

    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    reader_name = models.CharField(_("who"), max_length=255)
    course_title = models.CharField(_("course"), max_length=255)
    looked_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("look at a learning-support profile")
        verbose_name_plural = _("looks at learning-support profiles")
        indexes = [models.Index(fields=["student", "-looked_at"], name="teaching_looks")]

    def __str__(self) -> str:
        return f"{self.student_id} at {self.looked_at}"
