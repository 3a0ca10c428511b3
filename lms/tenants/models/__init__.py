"""A provider's own rows, one module a noun."""

from .audit import AuditEntry
from .domains import Domain, Problem
from .invitations import StaffInvitation
from .memberships import STAFF_ROLES, Membership, Role
from .providers import (
    BRAND,
    LOOK,
    CertificateDesign,
    Font,
    Provider,
    dns_label,
    first_tier,
    hex_colour,
)
from .tiers import Feature, Limit, Tier

__all__ = [
    "BRAND",
    "LOOK",
    "STAFF_ROLES",
    "AuditEntry",
    "CertificateDesign",
    "Domain",
    "Feature",
    "Font",
    "Limit",
    "Membership",
    "Problem",
    "Provider",
    "Role",
    "StaffInvitation",
    "Tier",
    "dns_label",
    "first_tier",
    "hex_colour",
]
