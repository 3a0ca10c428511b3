"""Who has a seat in which course. Knows nothing of money."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.common.states import Machine
from lms.tenants.scope import TenantModel

from .rules import UNDO_WITHIN, is_over
from .states import ENROLMENT, State


class Enrolment(TenantModel):
    """A student's seat in a course. There is at most one row for the two, for ever: leaving and
    coming back move its state, so that work done before is never lost.
    """

    machine: ClassVar[Machine] = ENROLMENT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.PROTECT,  # unpublish a course people study; their record needs it
        related_name="enrolments",
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("student"),
        on_delete=models.CASCADE,
        related_name="enrolments",
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.ACTIVE)
    enrolled_at = models.DateTimeField(_("enrolled"))
    ended_at = models.DateTimeField(_("left, removed or expired"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=300, blank=True)
    # When access ends, unless the course is completed by then; never without one. Set by hand, it
    # counts instead of the end of the student's groups too.
    expires_at = models.DateTimeField(_("access until"), null=True, blank=True)
    extended = models.BooleanField(_("end set by hand"), default=False)
    # How many days ahead the student was last told of the end.
    expiry_told = models.PositiveSmallIntegerField(null=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    last_lesson = models.ForeignKey(
        "courses.LessonPage",
        verbose_name=_("last lesson"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "student"], name="enrolment_once_per_course"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "student", "-enrolled_at"], name="enrolment_student"),
            models.Index(
                fields=["provider", "course", "state", "-enrolled_at"], name="enrolment_course"
            ),
            # What the clock asks of every house at once: whose time is up, or nearly.
            models.Index(
                fields=["provider", "expires_at"],
                name="enrolment_expiry",
                condition=Q(state=State.ACTIVE, completed_at=None, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student_id} in {self.course_id}"

    @property
    def is_active(self) -> bool:
        return self.state == State.ACTIVE

    def may_undo(self, at: datetime) -> bool:
        """Whether the student left so lately that they may take it back, if there is a seat."""
        if self.state != State.LEFT or self.ended_at is None or at - self.ended_at > UNDO_WITHIN:
            return False
        return not is_over(expires_at=self.expires_at, completed_at=self.completed_at, now=at)

    @property
    def may_undo_leaving(self) -> bool:
        """`may_undo` now."""
        return self.may_undo(clock.now())

    @property
    def is_used(self) -> bool:
        """Whether the student has been in the course, or ended the seat."""
        return bool(self.last_seen_at or self.completed_at or self.ended_at)


class Group(TenantModel):
    """Some of a course's students, whom teachers give something together. With dates it is a class
    of its own time: lessons are open to its students from its start to its end."""

    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("course"),
        on_delete=models.CASCADE,
        related_name="groups",
    )
    name = models.CharField(_("name"), max_length=120)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "course", "name"], name="group_name_once_per_course"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="group_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantModel):
    """A student's seat in a group of the same course; they may be in several."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.CASCADE, related_name="group_memberships"
    )

    class Meta:
        verbose_name = _("member of a group")
        verbose_name_plural = _("members of groups")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "group", "enrolment"], name="group_member_once"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "enrolment", "group"], name="group_of_enrolment"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} in {self.group_id}"


class Seats(TenantModel):
    """How many seats of a course are taken. One row a course; its conditional update is what a
    thousand students race for, so no more seats than the limit are ever given.
    """

    course = models.OneToOneField(
        "courses.CoursePage", on_delete=models.CASCADE, related_name="seats"
    )
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "course"], name="seats_once_per_course"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="seats_taken_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.taken} in {self.course_id}"
