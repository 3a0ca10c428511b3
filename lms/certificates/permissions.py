"""Who may see and revoke certificates."""

from typing import Any

from lms.tenants.permissions import Code, can, houses_where, is_operator

from .models import Certificate


def may_read(user: Any, certificate: Certificate) -> bool:
    """Their own, or their provider's to manage. What it says is public to whoever has its code."""
    return certificate.student_id == user.pk or may_revoke(user, certificate)


def may_revoke(user: Any, certificate: Certificate) -> bool:
    """Whether `user` manages the certificates of the provider that issued it."""
    return can(user, Code.REVOKE_CERTIFICATES, certificate)


def manages_any(user: Any) -> bool:
    """Whether `user` manages certificates of some provider."""
    return is_operator(user) or bool(managed_providers(user))


def managed_providers(user: Any) -> list[Any]:
    """Ids of the providers whose certificates `user` manages by their roles."""
    return houses_where(user, Code.REVOKE_CERTIFICATES)
