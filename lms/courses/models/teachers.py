"""Whom the operators let teach on the public marketplace."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.courses.states import TEACHER, Teacher


class TeacherApproval(models.Model):
    """What was decided about one person, whichever providers they teach at. There is no row before
    their first course for the marketplace, nor where FLEDGE_APPROVE_TEACHERS is off.
    """

    machine: ClassVar[Machine] = TEACHER

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("teacher"),
    )
    state = models.CharField(
        _("state"), max_length=16, choices=Teacher.choices, default=Teacher.PENDING
    )
    reason = models.TextField(_("reason"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("waits since"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    class Meta:
        verbose_name = _("approval of a teacher")
        verbose_name_plural = _("approvals of teachers")
        indexes = [models.Index(fields=["state", "asked_at"], name="teacher_by_state")]

    def __str__(self) -> str:
        return str(self.user)
