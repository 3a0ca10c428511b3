"""What certificates hold about a person."""

from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import hold
from lms.certificates.models import Certificate


def _pdf(certificate: Any) -> list[Any]:
    if not certificate.pdf:
        return []
    ending = PurePosixPath(certificate.pdf.name).suffix
    return [(f"certificates/{certificate.code}{ending}", certificate.pdf)]


def _drop_pdf(batch: list[Any], person: Any) -> None:
    """The file could be made again; what the certificate says stays."""
    for row in batch:
        transaction.on_commit(partial(row.pdf.storage.delete, row.pdf.name))
    Certificate.objects.filter(pk__in=[row.pk for row in batch]).update(pdf="")


hold(
    "certificates.Certificate",
    "student",
    (
        "code",
        "state",
        "issued_at",
        "revoked_at",
        "revocation_reason",
        ("snapshot__student", _("name")),
        ("snapshot__course", _("course")),
        ("snapshot__provider", _("school")),
        ("snapshot__completed_on", _("completed")),
        ("snapshot__grade", _("grade")),
    ),
    stays=_(
        "It stays as it is worded, with your name: whoever you gave it to may check it by its code."
    ),
    files=_pdf,
    left=lambda rows: rows.exclude(pdf=""),
    forget=_drop_pdf,
    label=_("your certificates"),
)
