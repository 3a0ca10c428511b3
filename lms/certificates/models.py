"""Proof that somebody completed a course."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine
from lms.files.models import private_storage
from lms.tenants.scope import TenantManager, TenantModel, TenantQuerySet

from .content import Content
from .states import CERTIFICATE, State

# Everything else was settled when the certificate was issued.
CHANGEABLE = frozenset({"state", "revoked_at", "revocation_reason", "pdf"})

LONGEST_REASON = 500  # characters


class Immutable(TypeError):
    """Somebody tried to rewrite what a certificate says."""


class CertificateQuerySet(TenantQuerySet["Certificate"]):
    """Refuses to rewrite certificates. Raises Immutable."""

    def update(self, **kwargs: Any) -> int:
        _refuse(kwargs)
        return super().update(**kwargs)

    def outlive_house(self) -> int:
        """For a house's erasure: the certificates stay, without the seat and the file they came
        from. What they say is untouched."""
        return super().update(enrolment=None, pdf="")

    def bulk_update(self, objs: Any, fields: Any, *args: Any, **kwargs: Any) -> int:
        names = list(fields)
        _refuse(names)
        return super().bulk_update(objs, names, *args, **kwargs)


class Certificate(TenantModel):
    """A certificate as issued: `snapshot` holds every word and picture reference it shows, so that
    a renamed course, student or school changes nothing about it.
    """

    machine: ClassVar[Machine] = CERTIFICATE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrolment = models.OneToOneField(
        "enrolments.Enrolment",
        on_delete=models.PROTECT,
        related_name="certificate",
        null=True,  # once its house is erased
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="certificates"
    )
    code = models.CharField(_("verification code"), max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.ISSUED)
    issued_at = models.DateTimeField(_("issued"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revocation_reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    snapshot = models.JSONField(_("content"))
    # Made by a task from the snapshot; can be made again at any time, byte for byte the same.
    pdf = models.FileField(
        _("PDF"), upload_to="certificates/", storage=private_storage, blank=True, max_length=255
    )

    objects = TenantManager.from_queryset(CertificateQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "enrolment"], name="certificate_once_per_enrolment"
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "student", "-issued_at"], name="certificate_student"),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises Immutable for a change to what the certificate says."""
        if not self._state.adding:
            settled = [
                field.attname
                for field in self._meta.concrete_fields
                if field.name not in CHANGEABLE
            ]
            stored = type(self).objects.filter(pk=self.pk).values(*settled).first() or {}
            _refuse(name for name, value in stored.items() if getattr(self, name) != value)
        super().save(*args, **kwargs)

    @property
    def content(self) -> Content:
        """The snapshot as a value."""
        return Content.from_json(self.snapshot)

    @property
    def is_valid(self) -> bool:
        return self.state == State.ISSUED


def _refuse(names: Any) -> None:
    if rewritten := sorted(set(names) - CHANGEABLE):
        raise Immutable(f"A certificate's {', '.join(rewritten)} can't be changed.")
