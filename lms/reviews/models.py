"""What students say of the courses they completed, and what becomes of it."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.tenants.scope import TenantModel

from .states import REVIEW, State

LONGEST_TEXT = 5000  # characters
LONGEST_REASON = 500
at_most = MaxLengthValidator(LONGEST_TEXT)  # of a text field Django asks forms alone


class Review(TenantModel):
    """One student's rating of one course, 1 to 5, with what they say and what the school answers.

    It goes with its author's account (docs/decisions/0012-reviews.md). How many there are with how
    many stars stands on the course's listing as well.
    """

    machine: ClassVar[Machine] = REVIEW

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name="reviews",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("student"),
        on_delete=models.CASCADE,
        related_name="reviews",
    )
    rating = models.PositiveSmallIntegerField(_("rating"))
    text = models.TextField(_("review"), blank=True, max_length=LONGEST_TEXT, validators=[at_most])
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.WAITING
    )
    written_at = models.DateTimeField(_("written"))
    changed_at = models.DateTimeField(_("last changed"))
    # Why a moderator hid it; its author is told.
    hidden_reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    answer = models.TextField(
        _("answer"), blank=True, max_length=LONGEST_TEXT, validators=[at_most]
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "author"], name="review_once_per_course"
            ),
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=5), name="review_one_to_five_stars"
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "course", "state", "-changed_at"], name="review_newest"
            ),
            models.Index(
                fields=["provider", "course", "state", "rating", "-changed_at"], name="review_rated"
            ),
            models.Index(fields=["provider", "state", "-changed_at"], name="review_desk"),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of 5 for {self.course_id}"

    @property
    def is_shown(self) -> bool:
        return self.state == State.SHOWN

    @property
    def is_edited(self) -> bool:
        return self.changed_at != self.written_at


class Report(TenantModel):
    """Somebody says that a review should not stand there; once a person and review."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON)
    reported_at = models.DateTimeField(_("reported"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("report of a review")
        verbose_name_plural = _("reports of reviews")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "review", "reporter"], name="review_report_once"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "settled_at", "review"], name="review_report_open"),
        ]

    def __str__(self) -> str:
        return self.reason


class Declined(TenantModel):
    """A student does not want to be asked for a review of this course again."""

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", on_delete=models.CASCADE, related_name="review_declined"
    )

    class Meta:
        verbose_name = _("declined request for a review")
        verbose_name_plural = _("declined requests for reviews")
        constraints = [
            models.UniqueConstraint(fields=["provider", "enrolment"], name="review_declined_once"),
        ]

    def __str__(self) -> str:
        return str(self.enrolment_id)
