"""Django's commands that are about a whole installation and not about one provider."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from lms.tenants.scope import every_tenant


@contextmanager
def whole_installation(using: str, why: str) -> Iterator[None]:
    """Every provider's rows, and the tables themselves."""
    as_owner = getattr(connections[using], "as_owner", nullcontext)
    with every_tenant(why), as_owner():
        yield


class WholeInstallation(BaseCommand):
    """To be put before a command of Django's that has a `--database`; `why` says why it may."""

    why: str

    def execute(self, *args: Any, **options: Any) -> Any:
        with whole_installation(options["database"], self.why):
            return super().execute(*args, **options)
