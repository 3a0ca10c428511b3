"""The fence: what the people of a house find in models that name no provider.

Wagtail's own models (pages, files, sites, logs, workflows) carry no provider, and most code that
reads them is Wagtail's. In the Wagtail admin their managers look over the fence only as far as a
rule says. The rules stand in `home/fence.py`; this is what applies them.
"""

import copy
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import ForeignKey, Manager, Model, Q, QuerySet
from django.db.models.sql.query import Query
from django.db.models.sql.where import WhereNode

from lms.tenants.scope.context import Scope, _current, _Entry, _ids

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fence:
    """Around what one person may find: houses they work for, and themselves."""

    provider_ids: frozenset[UUID]
    user_id: Any
    _found: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, find: Callable[["Fence"], T]) -> T:
        """`find(self)`, outside of any fence and once for as long as this fence stands."""
        if find not in self._found:
            with unfenced("what a fence is made of"):
                self._found[find] = find(self)
        return cast(T, self._found[find])


Rule = Callable[[Fence], Q]

_rules: dict[type[Model], Rule] = {}


def in_force() -> Fence | None:
    """The fence around the running code. A lazy scope stays lazy: nobody is looked up."""
    scope = _current.get()
    return None if scope is None else scope.fence


def fenced(providers: Iterable[Any], user_id: Any) -> _Entry:
    """The scope of these providers, with the fence up. `provider_scope` inside keeps it;
    `unfenced` and `every_tenant` are outside."""
    ids = frozenset(_ids(providers))
    return _Entry(lambda: Scope(ids, fence=Fence(ids, user_id)), keeps_fence=False)


def unfenced(why: str) -> _Entry:
    """The scope in force, without its fence. Only where tests/architecture/escapes.py lists it."""
    if not why.strip():
        raise ValueError("unfenced needs a reason.")
    return _Entry(_without_fence, keeps_fence=False)


def _without_fence() -> Any:
    scope = _current.get()
    return scope if scope is None or scope.fence is None else scope.within(None)


class InFence(WhereNode):
    """True for rows of a model with a rule that stand inside the fence; where there is no fence,
    nothing at all: the SQL is what it would be without this.

    `pk` is the column of the table's primary key. A node without children, and not an expression
    like InScope, because Wagtail's search reads the conditions it is given: it wants to find names
    of indexed fields in them, and passes over an empty node.
    """

    def __init__(self, pk: Any) -> None:
        # A connector of its own keeps Django from merging the node into the one around it.
        super().__init__(connector="FENCE")
        self.pk = pk

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        fence = in_force()
        if fence is None:
            raise FullResultSet
        try:
            return compiler.compile(_where(fence, self.pk))
        # Spelled out, for the reasons InScope gives.
        except EmptyResultSet:
            return "1 = 0", ()
        except FullResultSet:
            return "1 = 1", ()

    def relabel_aliases(self, change_map: Any) -> None:
        self.pk = self.pk.relabeled_clone(change_map)

    def clone(self) -> "InFence":
        return InFence(self.pk)

    __copy__ = clone

    def __deepcopy__(self, memo: Any) -> "InFence":
        return self.clone()

    def replace_expressions(self, replacements: Any) -> "InFence":
        return self

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InFence) and self.pk == other.pk

    def __hash__(self) -> int:
        return hash((InFence, self.pk))


def _where(fence: Fence, pk: Any) -> WhereNode:
    """The rule about the table whose primary key is the Col `pk`, under that table's alias."""
    model = pk.target.model
    owner = cast(type[Model], rule_owner(model))
    inside = _rules[owner](fence)
    if owner is not model:
        # A child's own columns lie in another table; so does the index the rule counts on.
        inside = Q(pk__in=QuerySet(owner).filter(inside).values("pk"))
    query = Query(model)
    where = query.build_where(inside)
    if (alias := query.get_initial_alias()) != pk.alias:
        where.relabel_aliases({alias: pk.alias})
    return cast(WhereNode, where)


def rule_owner(model: type[Model]) -> type[Model] | None:
    """The model whose rule holds for `model`: itself or the nearest it inherits from."""
    return next((base for base in model.__mro__ if base in _rules), None)


class FencedManager(Manager[Any]):
    """Mixed into the managers of models with a rule. `unmixed` is the class it was mixed into."""

    unmixed: type[Manager[Any]]

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        pk = self.model._meta.pk
        rows.query.where.children.append(InFence(pk.get_col(rows.query.get_initial_alias())))
        return rows

    # For migrations, which write managers down, nothing has changed.
    def deconstruct(self) -> Any:
        plain: Any = copy.copy(self)
        plain.__class__ = self.unmixed
        return plain.deconstruct()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.unmixed)
            and vars(self)["_constructor_args"] == (vars(other)["_constructor_args"])
        )

    __hash__ = Manager.__hash__


def put_up(rules: Mapping[type[Model], Rule]) -> None:
    """Have these models, and those that inherit from them, obey their rules. Call once the apps
    are ready, and before anything has used a relation to the models."""
    _rules.update(rules)
    for model in apps.get_models():
        if rule_owner(model) is not None:
            _mix_in(model)
            _restrict_joins(model)


def _mix_in(model: type[Model]) -> None:
    options: Any = model._meta
    own = {manager.name for manager in options.local_managers}
    manager: Any
    for manager in options.managers:
        if manager.name not in own and not isinstance(manager, FencedManager):
            # From an abstract base, which other models share.
            copy.copy(manager).contribute_to_class(model, manager.name)
    for manager in options.local_managers:
        unmixed: type[Manager[Any]] = type(manager)
        if not issubclass(unmixed, FencedManager):
            names = {"unmixed": unmixed, "__module__": unmixed.__module__}
            manager.__class__ = type(f"Fenced{unmixed.__name__}", (FencedManager, unmixed), names)
    options._expire_cache()


def _restrict_joins(holder: type[Model]) -> None:
    """Joins from the other end: counting a tag's items counts those inside the fence."""
    for foreign_key in holder._meta.local_fields:
        if isinstance(foreign_key, ForeignKey) and not foreign_key.primary_key:
            known = foreign_key.remote_field.get_extra_restriction
            foreign_key.remote_field.get_extra_restriction = _restriction(holder, known)  # type: ignore[method-assign]


def _restriction(holder: type[Model], known: Callable[..., Any]) -> Callable[..., Any]:
    def get_extra_restriction(
        holder_alias: str | None, target_alias: str | None
    ) -> WhereNode | None:
        conditions = [known(holder_alias, target_alias)]
        if holder_alias and in_force() is not None:
            conditions.append(InFence(holder._meta.pk.get_col(holder_alias)))
        conditions = [condition for condition in conditions if condition is not None]
        return WhereNode(conditions, Q.AND) if conditions else None

    return get_extra_restriction
