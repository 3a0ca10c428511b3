"""Lesson plans: what some students do in which order, and whose they are."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.accounts.models import validate_time_zone
from lms.tenants.scope import TenantModel

LONGEST_NOTE = 500  # characters


class Plan(TenantModel):
    """An ordered list of steps through a course. A template is nobody's: plans start from it.

    Students read the plan itself, never a copy: what changes here has changed for all of them.
    """

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name="plans",
    )
    title = models.CharField(_("title"), max_length=200)
    is_template = models.BooleanField(_("template"), default=False)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    created_at = models.DateTimeField(_("written"))
    # When steps or dates changed of which the students have not been told yet.
    untold_since = models.DateTimeField(_("changes untold since"), null=True, blank=True)

    class Meta:
        verbose_name = _("lesson plan")
        verbose_name_plural = _("lesson plans")
        indexes = [
            models.Index(fields=["provider", "course", "is_template"], name="plan_course"),
            models.Index(fields=["provider", "untold_since"], name="plan_untold"),
        ]

    def __str__(self) -> str:
        return self.title


class Step(TenantModel):
    """One thing to do. `kind` says what, one of lms.plans.kinds, and `key` which: its primary key.

    What a step was about may be deleted: it is then left out wherever the plan is shown.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=20)
    key = models.PositiveBigIntegerField(_("what"))
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)

    class Meta:
        verbose_name = _("step of a lesson plan")
        verbose_name_plural = _("steps of lesson plans")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "plan", "kind", "key"], name="plan_step_once"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "plan", "position"], name="plan_step_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def what(self) -> tuple[str, int]:
        return self.kind, self.key


class Assignment(TenantModel):
    """A plan given to one student, or to a group: to whoever is in it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="assignments")
    enrolment = models.ForeignKey(
        "enrolments.Enrolment",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="plan_assignments",
    )
    group = models.ForeignKey(
        "enrolments.Group",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="plan_assignments",
    )
    assigned_at = models.DateTimeField(_("given"))
    assigned_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("assignment of a lesson plan")
        verbose_name_plural = _("assignments of lesson plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(enrolment=None) ^ Q(group=None), name="plan_for_student_or_group"
            ),
            models.UniqueConstraint(
                fields=["provider", "plan", "enrolment"], name="plan_once_per_student"
            ),
            models.UniqueConstraint(
                fields=["provider", "plan", "group"], name="plan_once_per_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} for {self.enrolment_id or self.group_id}"
