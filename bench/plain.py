"""The same code without scope and row-level security: what bench.tenancy measures them against."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import models

# Whose rows a query is for, while code runs without the scope; None while it runs with it.
_providers: ContextVar[list[UUID] | None] = ContextVar("providers", default=None)


class Router:
    """Queries without the scope go to the plain connection."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None if _providers.get() is None else "plain"

    db_for_write = db_for_read


@contextmanager
def by_hand(providers: list[UUID]) -> Iterator[None]:
    """Private rows are filtered by these providers in the query that starts from them."""
    token = _providers.set(providers)
    try:
        yield
    finally:
        _providers.reset(token)


@contextmanager
def without_scope() -> Iterator[None]:
    """Queries are as one would write them who has no scope: `by_hand` says whose rows they are for,
    joins are left alone, and the database lets everything pass."""
    from django.apps import apps

    from lms.tenants.scope import TenantManager

    def get_queryset(manager: Any) -> Any:
        rows = models.Manager.get_queryset(manager)
        match _providers.get():
            case [provider]:
                return rows.filter(provider_id=provider)
            case providers:
                return rows.filter(provider_id__in=providers)

    restricted = [
        (field, field.__dict__.pop("get_extra_restriction"))
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if "get_extra_restriction" in field.__dict__
    ]
    try:
        with patch.object(TenantManager, "get_queryset", get_queryset):
            yield
    finally:
        for field, restriction in restricted:
            field.get_extra_restriction = restriction
