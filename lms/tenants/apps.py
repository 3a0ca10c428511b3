from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "lms.tenants"
    label = "tenants"
    verbose_name = _("Providers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.tenants import audit, checks, receivers, sign_ins  # noqa: F401
        from lms.tenants.scope.joins import restrict_joins

        restrict_joins()
        pre_migrate.connect(make_way, sender=self)
        post_migrate.connect(raise_wall, sender=self)


def make_way(using: str, **kwargs: Any) -> None:
    """SQLite remakes a table to change it, and refuses while a trigger names it."""
    from lms.tenants import append_only

    append_only.lift(connections[using])


def raise_wall(using: str, **kwargs: Any) -> None:
    """Give tables that migrations have made their policies, on PostgreSQL, and the audit its
    triggers."""
    from lms.tenants import append_only
    from lms.tenants.postgresql import wall

    append_only.install(connections[using])
    if connections[using].vendor == "postgresql":
        wall.install(connections[using])
