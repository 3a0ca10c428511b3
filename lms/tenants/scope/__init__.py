"""Tenancy's one mechanism: whose rows the running code may touch.

`provider_scope` and `every_tenant` set it; `TenantModel` obeys it, in reads, joins and writes.
`fenced` also has Wagtail's own models obey it, in the admin. docs/decisions/ 0001 and 0006 say why
it is built like this.
"""

from lms.tenants.scope.context import (
    CrossTenantWrite,
    NoScope,
    Scope,
    aheld,
    covers,
    current,
    every_tenant,
    held,
    provider_scope,
    scoped,
    sole_provider_id,
)
from lms.tenants.scope.expression import InScope
from lms.tenants.scope.fence import fenced, unfenced
from lms.tenants.scope.rows import TenantManager, TenantModel, TenantQuerySet

__all__ = [
    "CrossTenantWrite",
    "InScope",
    "NoScope",
    "Scope",
    "TenantManager",
    "TenantModel",
    "TenantQuerySet",
    "aheld",
    "covers",
    "current",
    "every_tenant",
    "fenced",
    "held",
    "provider_scope",
    "scoped",
    "sole_provider_id",
    "unfenced",
]
