"""A provider's figures, a row a day and a row a month: what the figures page reads instead of the
enrolments.

Days are UTC's, for a provider has no time zone. `lms.reports.actions` writes these rows: little by
little as things happen, and anew from the rows they summarise (`recount`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import TenantModel

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
