"""The people who work at a house: who they are, their roles, leaving and coming back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from lms.common.errors import Conflict, NotFound

from .actions import add_member, approve_instructor, remove_member, withdraw_approval
from .models import STAFF_ROLES, Membership, Provider, Role
from .permissions import Code, require
from .scope import provider_scope, unfenced


@dataclass(slots=True)
class Colleague:
    """Somebody who works at a house, with their roles there, the most responsible first."""

    user: Any
    roles: list[Role] = field(default_factory=list)
    since: datetime | None = None
    teaches: bool = False
    approved: bool = False

    @property
    def role_names(self) -> list[str]:
        return [str(role.label) for role in self.roles]

    @property
    def waits(self) -> bool:
        """Teaches, but is not approved yet."""
        return self.teaches and not self.approved


def staff_of(provider: Provider, *, actor: Any, words: str = "") -> QuerySet[Any]:
    """The people who work at `provider`, by name; those whose name or address has `words`.

    To be read within a scope that has the provider. Raises Forbidden.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    working = Membership.objects.filter(provider=provider, role__in=STAFF_ROLES).values("user")
    people = get_user_model()._default_manager.filter(pk__in=working)
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    return people.order_by("name", "pk")


def colleagues(provider: Provider, people: Iterable[Any]) -> list[Colleague]:
    """These people as colleagues, in their order; in one query."""
    found = {person.pk: Colleague(person) for person in people}
    order = list(Role)
    with provider_scope(provider):
        rows = Membership.objects.filter(user__in=list(found), role__in=STAFF_ROLES)
        for row in sorted(rows, key=lambda row: order.index(Role(row.role))):
            one = found[row.user_id]
            one.roles.append(Role(row.role))
            one.since = min(one.since or row.joined_at, row.joined_at)
            if row.role == Role.INSTRUCTOR:
                one.teaches, one.approved = True, row.approved
    return list(found.values())


def colleague(provider: Provider, user_id: Any, *, actor: Any) -> Colleague:
    """One of them. Raises Forbidden, and NotFound for who doesn't work there."""
    with provider_scope(provider):
        person = staff_of(provider, actor=actor).filter(pk=user_id).first()
    if person is None:
        raise NotFound
    return colleagues(provider, [person])[0]


@transaction.atomic
def change_roles(
    *, provider: Provider, user: Any, roles: Iterable[Role], approved: bool, actor: Any
) -> None:
    """Give a colleague exactly these roles of staff; `approved` is for instructors.

    Raises Forbidden, NotFound for who doesn't work there, Conflict for none at all and for the last
    admin's, LimitReached.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    wanted = set(roles) & STAFF_ROLES
    if not wanted:
        raise Conflict(_("Choose at least one role, or remove the person from the school."))
    held = set(_lock(provider, user))
    if not held:
        raise NotFound
    for role in sorted(wanted - held):
        add_member(provider=provider, user=user, role=role, actor=actor)
    if Role.INSTRUCTOR in wanted:
        decide = approve_instructor if approved else withdraw_approval
        decide(provider=provider, user=user, actor=actor)
    # An admin's own right goes last.
    for role in sorted(held - wanted, key=lambda role: role == Role.ADMIN):
        remove_member(provider=provider, user=user, role=role, actor=actor)


@transaction.atomic
def dismiss(*, provider: Provider, user: Any, actor: Any) -> list[dict[str, Any]]:
    """Take every role of staff from a colleague; what they wrote, and what they study, stays.

    Returns what `bring_back` needs, as JSON. Raises Forbidden, NotFound for who doesn't work there,
    and Conflict for the last admin.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    held = _lock(provider, user)
    if not held:
        raise NotFound
    for role in sorted(held, key=lambda role: role == Role.ADMIN):
        remove_member(provider=provider, user=user, role=role, actor=actor)
    return [
        {"role": str(role), "approved": row.approved, "joined_at": row.joined_at.isoformat()}
        for role, row in held.items()
    ]


@transaction.atomic
def bring_back(*, provider: Provider, user_id: Any, past: list[dict[str, Any]], actor: Any) -> None:
    """Undo `dismiss`: the same roles, approval and beginning.

    Raises Forbidden, NotFound for an account that is gone, LimitReached.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    with unfenced("who was removed is no colleague any more; the house has just seen them"):
        user = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None:
        raise NotFound
    for row in past:
        add_member(
            provider=provider,
            user=user,
            role=Role(row["role"]),
            approved=row["approved"],
            at=datetime.fromisoformat(row["joined_at"]),
            actor=actor,
        )


@transaction.atomic
def approve_all(*, provider: Provider, user_ids: Iterable[Any], actor: Any) -> list[Any]:
    """Approve those of these people who teach and wait for it; returns them. Raises Forbidden."""
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        rows = Membership.objects.filter(
            user__in=list(user_ids), role=Role.INSTRUCTOR, approved=False
        )
        waiting = [row.user for row in rows.select_related("user").order_by("user__name")]
    for user in waiting:
        approve_instructor(provider=provider, user=user, actor=actor)
    return waiting


def _lock(provider: Provider, user: Any) -> dict[Role, Membership]:
    """The roles of staff somebody holds, held still until the transaction ends. Lock order: the
    provider first, as `remove_member` does."""
    with provider_scope(provider):
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        rows = Membership.objects.filter(user=user, role__in=STAFF_ROLES)
        return {Role(row.role): row for row in rows}
