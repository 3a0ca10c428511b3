"""What may be written: rows of a provider in scope, pointing at rows of that same provider."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, ForeignKey, Model
from django.db.models.expressions import BaseExpression, Value

from lms.tenants.scope.context import CrossTenantWrite, covers, current

if TYPE_CHECKING:
    from lms.tenants.scope.rows import TenantModel, TenantQuerySet


def check_rows(
    rows: Sequence["TenantModel"], fields: Collection[str] | None = None, using: str | None = None
) -> None:
    """Refuse rows that are out of scope, have changed provider, or point at another provider's row.

    `rows` are of one model. `fields` limits the look at foreign keys to these names. Foreign keys
    whose target is not loaded cost one query per key, for all rows together.

    Raises NoScope, CrossTenantWrite.
    """
    current()
    for row in rows:
        check_row_in_scope(row)
        loaded = getattr(row._state, "provider_id", None)
        if loaded is not None and loaded != row.provider_id:
            raise CrossTenantWrite(reason=f"{row!r} was {loaded}'s.")
    if rows:
        for field in owned_foreign_keys(type(rows[0])):
            if fields is None or field.name in fields or field.attname in fields:
                _check_targets(field, rows, using)


def check_row_in_scope(row: "TenantModel") -> None:
    """Raises NoScope, CrossTenantWrite."""
    if not covers(row.provider_id) or row.provider_id is None:
        raise CrossTenantWrite(reason=f"{row._meta.label} of provider {row.provider_id}")


def check_update(rows: "TenantQuerySet[Any]", values: Mapping[str, Any]) -> None:
    """Refuse `rows.update(**values)` where it moves rows to another provider or points them at
    another provider's. Raises NoScope, CrossTenantWrite."""
    current()
    model: type[Model] = rows.model
    if {"provider", "provider_id"} & set(values):
        raise CrossTenantWrite(reason=f"{model._meta.label} rows keep their provider.")
    for field in owned_foreign_keys(model):
        for name in {field.name, field.attname} & set(values):
            owner = _owner_of(field, values[name], rows.db)
            if owner is not None and rows.exclude(provider_id=owner).exists():
                raise CrossTenantWrite(reason=f"{model._meta.label}.{name} of provider {owner}")


def check_links(instance: Model, model: type[Model], pks: Collection[Any]) -> None:
    """Refuse many-to-many links between `instance` and rows of `model` of another provider."""
    owner = getattr(instance, "provider_id", None)
    if owner is None or not is_owned(model):
        return
    for target_owner in _owners(model, pks, instance._state.db).values():
        if target_owner is not None and target_owner != owner:
            raise CrossTenantWrite(reason=f"{instance!r} linked to provider {target_owner}")


@cache
def is_owned(model: type[Model]) -> bool:
    """Whether rows of `model` name a provider (null, where allowed, means shared)."""
    try:
        field = model._meta.get_field("provider")
    except FieldDoesNotExist:
        return False
    return isinstance(field, ForeignKey) and field.remote_field.model._meta.label == (
        "tenants.Provider"
    )


@cache
def owned_foreign_keys(model: type[Model]) -> tuple["ForeignKey[Any, Any]", ...]:
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and is_owned(field.remote_field.model)
    )


def _check_targets(
    field: "ForeignKey[Any, Any]", rows: Iterable["TenantModel"], using: str | None
) -> None:
    unknown: dict[Any, set[UUID | None]] = defaultdict(set)
    for row in rows:
        if field.attname not in row.__dict__ or (key := getattr(row, field.attname)) is None:
            continue
        target = row._state.fields_cache.get(field.name)
        if target is None:
            unknown[key].add(row.provider_id)
        elif target.provider_id not in (None, row.provider_id):
            raise CrossTenantWrite(reason=f"{row!r}.{field.name} of {target.provider_id}")
    owners = _owners(field.remote_field.model, unknown, using, field)
    for key, pointing in unknown.items():
        if owners[key] is not None and pointing != {owners[key]}:
            raise CrossTenantWrite(reason=f"{field} {key} of provider {owners[key]}")


def _owners(
    model: type[Model],
    keys: Collection[Any],
    using: str | None,
    field: "ForeignKey[Any, Any] | None" = None,
) -> dict[Any, UUID | None]:
    """{key: provider id}.

    Raises CrossTenantWrite for a key that isn't there. PostgreSQL's row-level security hides rows
    out of scope from this very look, and yet its foreign keys would accept them.
    """
    target = field.target_field if field else model._meta.pk
    values = {key: target.to_python(key) for key in keys}
    found: dict[Any, UUID | None] = {}
    for chunk in _chunks(list(values.values())):
        rows = model._base_manager.using(using).filter(**{f"{target.attname}__in": chunk})
        found.update(rows.values_list(target.attname, "provider_id"))
    if gone := [key for key, value in values.items() if value not in found]:
        raise CrossTenantWrite(reason=f"There is no {model._meta.label} {gone} in scope.")
    return {key: found[value] for key, value in values.items()}


def _chunks(keys: list[Any], size: int = 500) -> Iterator[list[Any]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _owner_of(field: "ForeignKey[Any, Any]", value: Any, using: str) -> UUID | None:
    """The provider of the row an update points at. A computed key can't be checked: refused."""
    if isinstance(value, Value):
        value = value.value
    if value is None:
        return None
    if isinstance(value, Model):
        return getattr(value, "provider_id", None)
    if isinstance(value, BaseExpression | F) or hasattr(value, "resolve_expression"):
        raise CrossTenantWrite(reason=f"{field} from an expression")
    return next(iter(_owners(field.remote_field.model, [value], using, field).values()))
