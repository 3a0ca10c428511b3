"""How far a student is, lesson by lesson."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import TenantModel


class LessonProgress(TenantModel):
    """A student's work on one lesson. The row outlives the lesson: hours learnt stay learnt."""

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="lessons"
    )
    lesson = models.ForeignKey(
        "courses.LessonPage",
        verbose_name=_("lesson"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="progress",
    )
    lesson_title = models.CharField(_("lesson title"), max_length=255)
    opened_at = models.DateTimeField(_("first opened"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    seconds = models.PositiveIntegerField(_("time spent in seconds"), default=0)
    # When reading time was last reported: no more is believed than has passed since.
    reported_at = models.DateTimeField(_("last report"), null=True, blank=True)
    # Where each recording of the lesson was left: {"<media id>": seconds}.
    positions = models.JSONField(_("playing positions"), default=dict, blank=True)

    class Meta:
        verbose_name = _("lesson progress")
        verbose_name_plural = _("lesson progress")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "enrolment", "lesson"], name="progress_once_per_lesson"
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "enrolment", "completed_at"], name="progress_enrolment_done"
            ),
        ]

    def __str__(self) -> str:
        return self.lesson_title

    @property
    def is_completed(self) -> bool:
        return self.completed_at is not None


class StudyTime(TenantModel):
    """Reading time of a quarter of an hour: every zone's midnight lies on the start of one, so that
    days add up wherever the reader of a report is. `start` is when the quarter begins.
    """

    progress = models.ForeignKey(LessonProgress, on_delete=models.CASCADE, related_name="times")
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("study time")
        verbose_name_plural = _("study time")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "progress", "start"], name="progress_time_once_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.progress_id} at {self.start}: {self.seconds}"
