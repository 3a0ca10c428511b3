from typing import Any

from django.core.management.commands import flush
from django.db import connections

from lms.tenants import append_only
from lms.tenants.management.installation import WholeInstallation


class Command(WholeInstallation, flush.Command):
    why = "it empties every table"

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        append_only.lift(connection)
        try:
            super().handle(**options)
        finally:
            append_only.install(connection)
