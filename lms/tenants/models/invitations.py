"""Invitations to work at a house, by e-mail."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.tenants.scope import TenantModel
from lms.tenants.states import INVITATION, Invited

from .memberships import STAFF_ROLES, Role


class StaffInvitation(TenantModel):
    """One address asked to take `roles` (values of STAFF_ROLES). `approved` is for instructors.

    The link's token is kept as its SHA-256 alone: who reads the table can't answer for anybody.
    `expires_at` decides whether the link works; the state says "expired" once somebody has noticed.
    """

    machine: ClassVar[Machine] = INVITATION

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"))
    roles = models.JSONField(_("roles"))
    approved = models.BooleanField(_("approved"), default=False)
    message = models.TextField(_("message"), max_length=500, blank=True)
    token_hash = models.CharField(max_length=64, editable=False)
    state = models.CharField(
        _("state"), max_length=16, choices=Invited.choices, default=Invited.SENT
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("invited by"),
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    # When the admins heard last that there was no place left for who wanted to accept.
    full_told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invitation of staff")
        verbose_name_plural = _("invitations of staff")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "email"],
                condition=models.Q(state=Invited.SENT),
                name="staff_invitation_one_open",
            ),
            models.UniqueConstraint(
                fields=["provider", "token_hash"], name="staff_invitation_token"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-sent_at"], name="staff_invitation_newest"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role_names(self) -> list[str]:
        """What is offered, in words, the most responsible first."""
        return [str(role.label) for role in Role if role in STAFF_ROLES and role in self.roles]

    def state_at(self, moment: datetime) -> Invited:
        """The state, knowing that time has passed."""
        if self.state == Invited.SENT and moment >= self.expires_at:
            return Invited.EXPIRED
        return Invited(self.state)
