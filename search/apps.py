from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    label = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        post_migrate.connect(renew_triggers, sender=self)


def renew_triggers(using: str, plan: Any = None, **kwargs: Any) -> None:
    """Django alters an SQLite table by making it anew, which loses its triggers."""
    from .full_text import install

    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            install(cursor, connection.vendor)
