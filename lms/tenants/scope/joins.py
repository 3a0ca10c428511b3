"""Joins into private rows obey the scope too.

A manager filters the table a query starts from. `User.objects.annotate(n=Count("enrolments"))`
starts elsewhere and joins private rows in. Django asks each relation for an extra condition of its
joins (`ForeignObject.get_extra_restriction`); that is where the scope goes.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, Q
from django.db.models.sql.where import WhereNode

from lms.tenants.scope.expression import InScope
from lms.tenants.scope.rows import TenantModel


def restrict_joins() -> None:
    """Put the scope on every foreign key from or to a TenantModel. Call once the apps are ready."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey):
                holder, target = _tenant(model), _tenant(field.remote_field.model)
                if holder or target:
                    field.get_extra_restriction = _restriction(holder, target)  # type: ignore[assignment,method-assign]


def _tenant(model: type[Model]) -> type[TenantModel] | None:
    return model if issubclass(model, TenantModel) else None


def _restriction(
    holder: type[TenantModel] | None, target: type[TenantModel] | None
) -> Callable[[str | None, str | None], WhereNode | None]:
    """The condition on both ends; an alias is None where Django has trimmed that end away."""

    def get_extra_restriction(
        target_alias: str | None, holder_alias: str | None
    ) -> WhereNode | None:
        conditions: list[Any] = [
            InScope(model._meta.get_field("provider").get_col(alias))
            for model, alias in ((target, target_alias), (holder, holder_alias))
            if model and alias
        ]
        return WhereNode(conditions, Q.AND) if conditions else None

    return get_extra_restriction
