"""System checks: what would otherwise fail silently."""

from typing import Any

from django.apps import apps
from django.core.checks import Error, Tags, register
from django.db import connections

from lms.tenants.postgresql import wall
from lms.tenants.scope import TenantManager, TenantModel


@register()
def tenant_models_have_scoped_managers(**kwargs: Any) -> list[Error]:
    """E001: a manager of a TenantModel that is no TenantManager reads every provider's rows."""
    return [
        Error(
            f"{model._meta.label}.{manager.name} is not scoped.",
            hint="Build it with TenantManager.from_queryset(…).",
            obj=model,
            id="tenants.E001",
        )
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for manager in model._meta.managers
        if not isinstance(manager, TenantManager)
    ]


@register(Tags.database, deploy=True)
def row_level_security_stands(databases: Any = None, **kwargs: Any) -> list[Error]:
    """E002: PostgreSQL would show the application rows out of scope. Asked by
    `check --deploy --database default`, of the role the application signs in as."""
    return [
        Error(problem, hint="See docs/operators/production.md, Database roles.", id="tenants.E002")
        for alias in databases or []
        if connections[alias].vendor == "postgresql"
        for problem in wall.weaknesses(connections[alias])
    ]
