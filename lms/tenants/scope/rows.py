"""The base of every private row, its manager and its queryset."""

from collections.abc import Iterable, Sequence
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.tenants.scope import guard
from lms.tenants.scope.context import CrossTenantWrite, NoScope, current, sole_provider_id
from lms.tenants.scope.expression import InScope

Row = TypeVar("Row", bound="TenantModel", covariant=True)


class TenantQuerySet(models.QuerySet[Row]):
    """Reads are scoped by the manager's filter; this class guards the writes."""

    def update(self, **kwargs: Any) -> int:
        guard.check_update(self, kwargs)
        return super().update(**kwargs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        guard.check_rows(rows, using=self.db)
        if kwargs.get("update_conflicts") and not (
            {"provider", "provider_id"} & set(kwargs.get("unique_fields") or ())
        ):
            raise CrossTenantWrite(reason="update_conflicts could hit another provider's row.")
        return super().bulk_create(rows, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any
    ) -> int:
        rows, names = tuple(objs), list(fields)
        if {"provider", "provider_id"} & set(names):
            raise CrossTenantWrite(reason=f"{self.model._meta.label} rows keep their provider.")
        guard.check_rows(rows, names, using=self.db)
        # Checked above; the CASE expressions Django builds from them would be refused by `update`.
        plain: models.QuerySet[Any] = models.QuerySet(self.model, self.query.chain(), self.db)
        return plain.bulk_update(rows, names, *args, **kwargs)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        """Raises NoScope unless every tenant is in scope: nothing can be added to raw SQL."""
        if current().provider_ids is not None:
            raise NoScope("Raw SQL is not scoped.")
        return super().raw(*args, **kwargs)


class TenantManager(models.Manager[Row]):
    """Only rows in scope. For own queryset methods: `TenantManager.from_queryset(Mine)()`, where
    `Mine` extends TenantQuerySet."""

    _queryset_class: type[TenantQuerySet[Any]] = TenantQuerySet

    def get_queryset(self) -> TenantQuerySet[Row]:
        return super().get_queryset().filter(InScope())  # type: ignore[return-value]


class TenantModel(models.Model):
    """A private row: it names its provider, is found only in scope and refuses writes outside it.

    The provider is filled in from a scope of exactly one, and never changes. It is not editable, so
    no form can offer it. A provider with rows can't be deleted (PROTECT): a house is emptied by the
    erasure action, in order, and never by one slip in an admin screen.
    """

    provider = models.ForeignKey(
        "tenants.Provider",
        on_delete=models.PROTECT,
        default=sole_provider_id,
        editable=False,
        related_name="+",
        verbose_name=_("provider"),
    )
    provider_id: UUID

    objects = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields: Sequence[str] | None = kwargs.get("update_fields")
        guard.check_rows([self], fields, using=kwargs.get("using"))
        super().save(*args, **kwargs)
        self._state.provider_id = self.provider_id  # type: ignore[attr-defined]

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        guard.check_row_in_scope(self)
        return super().delete(*args, **kwargs)

    def refresh_from_db(
        self, using: Any = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        """In scope, like every other read. Raises NoScope, DoesNotExist."""
        if from_queryset is None:
            from_queryset = TenantQuerySet(type(self), using=self._state.db).filter(InScope())
        super().refresh_from_db(using, fields, from_queryset)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._state.provider_id = row.__dict__.get("provider_id")  # type: ignore[attr-defined]
        return row

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        # A made-up instance with the key of another provider's row updates nothing.
        return super()._do_update(base_qs.filter(provider_id=self.provider_id), *args, **kwargs)
