"""Who did what at a house, when and from where."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common import clock
from lms.tenants.scope import TenantModel


def keep_until() -> date:
    """The last day an entry of now is kept (UTC)."""
    return clock.now().date() + timedelta(days=settings.FLEDGE_AUDIT_DAYS)


class AuditEntry(TenantModel):
    """One deed, as it was written down in the deed's own transaction (`lms.tenants.audit`).

    The database itself refuses to change an entry, and to delete it before its day has come or its
    house is erased (`lms.tenants.append_only`). So nothing here is a key to a row that may go:
    people and courses are named, and their ids are kept to look for them.
    """

    at = models.DateTimeField(_("when"), default=clock.now)
    event = models.CharField(_("what"), max_length=64)  # an Event's name, or Wagtail's log action
    person_id = models.UUIDField(_("person"), null=True)  # null: a clock, a task, an unknown
    person_name = models.CharField(_("who"), max_length=255, blank=True)
    about = models.CharField(_("about"), max_length=255, blank=True)
    course_id = models.BigIntegerField(_("course"), null=True)
    data: Any = models.JSONField(default=dict)
    address = models.GenericIPAddressField(_("from where"), null=True)
    agent = models.CharField(_("device"), max_length=60, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    keep_until = models.DateField(default=keep_until)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        # Each filter reads its page from one of these, however long the house has been open.
        indexes = [
            models.Index(fields=["provider", "-at", "-id"], name="audit_newest"),
            models.Index(fields=["provider", "person_id", "-at", "-id"], name="audit_person"),
            models.Index(fields=["provider", "event", "-at", "-id"], name="audit_event"),
            models.Index(fields=["provider", "course_id", "-at", "-id"], name="audit_course"),
            models.Index(fields=["provider", "keep_until"], name="audit_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event}"
