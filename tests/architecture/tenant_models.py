"""What is asked of every model that names a provider."""

from collections.abc import Iterator
from typing import Any

from django.db.models import ForeignKey, Model, UniqueConstraint
from django.db.models.expressions import F

from lms.tenants.models import Provider
from lms.tenants.scope import TenantModel

# Models with a provider that are no private rows: {label: why}.
PUBLIC = {
    "home.ProviderPage": "public content, scoped by the page tree",
    "courses.CoursePage": "public content, scoped by the page tree",
    "courses.CourseListing": "the public catalogue, read across providers",
    "courses.Category": "public; a category without a provider is everybody's",
}

# Unique constraints that can't begin with the provider: {constraint or field: why}.
GLOBALLY_UNIQUE = {
    "domain_verified_once": "a host name leads to one house",
    "payment_ref_once": "a gateway's name of a payment means one, whoever sold",
    "certificates.Certificate.code": "whoever holds the code verifies it, knowing no provider",
}


def names_provider(model: type[Model]) -> bool:
    return any(
        isinstance(field, ForeignKey) and field.remote_field.model is Provider
        for field in model._meta.local_fields
    )


def problems(model: type[Model]) -> Iterator[str]:
    """What is wrong with a model that names a provider; nothing for others."""
    label = model._meta.label
    if not issubclass(model, TenantModel):
        if names_provider(model) and label not in PUBLIC:
            yield f"{label} names a provider but is no TenantModel"
        return
    for name, first in _unique_starts(model):
        if first != "provider" and name not in GLOBALLY_UNIQUE:
            yield f"{label}: {name} is unique across providers"
    for index in model._meta.indexes:
        first = index.fields[0].lstrip("-") if index.fields else _first_of(index.expressions)
        if first != "provider":
            yield f"{label}: the index {index.name} does not begin with the provider"
    for field in model._meta.local_fields:
        if field.db_index and not field.unique and not isinstance(field, ForeignKey):
            yield f"{label}: {field.name} has an index without the provider"


def _unique_starts(model: type[Model]) -> Iterator[tuple[str, str]]:
    """(name, first field) of everything unique but the primary key. A one-to-one field is a foreign
    key whose row is this provider's already (the write guard)."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield (
                constraint.name,
                constraint.fields[0] if constraint.fields else _first_of(constraint.expressions),
            )
    for fields in model._meta.unique_together:
        yield f"{model._meta.label}.{'+'.join(fields)}", fields[0]
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key and not isinstance(field, ForeignKey):
            yield f"{model._meta.label}.{field.name}", field.name


def _first_of(expressions: Any) -> str:
    first = expressions[0] if expressions else None
    return first.name if isinstance(first, F) else ""
