"""Who is what at which provider."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.tenants.scope import TenantModel


class Role(models.TextChoices):
    """What somebody is at one provider. One person may hold several."""

    ADMIN = "admin", _("provider admin")
    INSTRUCTOR = "instructor", _("instructor")
    ASSISTANT = "assistant", _("teaching assistant")
    STUDENT = "student", _("student")


STAFF_ROLES = frozenset({Role.ADMIN, Role.INSTRUCTOR, Role.ASSISTANT})


class Membership(TenantModel):
    """One role of one person at one provider.

    `approved` matters for instructors only: one who is not approved yet authors, and asks a
    moderator to publish.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    approved = models.BooleanField(_("approved"), default=False)
    joined_at = models.DateTimeField(_("joined at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "user", "role"], name="membership_once_per_role"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "role", "joined_at"], name="membership_by_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.provider_id}"
