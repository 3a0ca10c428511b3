"""Writes. Each is atomic, names its actor and enters the provider's scope itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError
from django.db import transaction
from django.utils.translation import gettext as _

from lms.common import clock
from lms.common.errors import Conflict, Forbidden, NotFound
from lms.common.states import move
from lms.events import SYSTEM, emit, emit_many
from lms.tenants import events
from lms.tenants.limits import PLACES, meter, require_feature, require_room, room_for
from lms.tenants.models import BRAND, LOOK, Feature, Limit, Membership, Provider, Role, Tier
from lms.tenants.permissions import Code, can, forget_roles, is_operator, may_enter, require
from lms.tenants.scope import provider_scope
from lms.tenants.selectors import managed_by
from lms.tenants.states import APPROVE, CLOSE, REOPEN, State

# How many houses one person may manage before an operator has to open the next.
APPLICATIONS = 3


@transaction.atomic
def open_provider(
    *, slug: str, name: str, actor: Any, at: datetime | None = None, **fields: Any
) -> Provider:
    """Create a provider and let it in. For operators; `fields` are further Provider fields.

    Raises Forbidden, and ValidationError for values the model refuses.
    """
    if actor is not SYSTEM and not is_operator(actor):
        raise Forbidden
    provider = Provider(slug=slug, name=name, created_at=at or clock.now(), **fields)
    provider.full_clean()
    provider.save(force_insert=True)
    emit(events.PROVIDER_OPENED, provider, actor=actor, slug=slug)
    move_provider(provider, APPROVE, actor=actor)
    return provider


@transaction.atomic
def apply_for_provider(*, slug: str, name: str, owner: Any, at: datetime) -> Provider:
    """Create a provider that waits to be let in, with `owner` as its first admin.

    Anybody signed in may apply, for at most APPLICATIONS houses. Raises Conflict beyond that, and
    ValidationError for values the model refuses.
    """
    # Held, so that two requests at once can't both be the last that is allowed.
    people = get_user_model()._default_manager.select_for_update(no_key=True)
    people.get(pk=owner.pk)
    forget_roles(owner)
    if managed_by(owner).exclude(status=State.CLOSED).count() >= APPLICATIONS:
        raise Conflict(
            _("You manage %(number)s schools already. Please ask us for another.")
            % {"number": APPLICATIONS}
        )
    provider = Provider(slug=slug, name=name, contact_email=owner.email, created_at=at)
    provider.full_clean()
    provider.save(force_insert=True)
    emit(events.PROVIDER_APPLIED, provider, actor=owner, slug=slug)
    add_member(provider=provider, user=owner, role=Role.ADMIN, actor=SYSTEM, at=at)
    return provider


@transaction.atomic
def move_provider(provider: Provider, transition: str, *, actor: Any) -> None:
    """Take a provider through a transition of `lms.tenants.states`. For operators; its own admins
    may close an open house, and take back what they closed themselves.

    Raises Forbidden, IllegalMove, StaleMove.
    """
    rules = actor is SYSTEM or is_operator(actor)
    if not rules and not _may_move(actor, provider, transition):
        raise Forbidden
    before = provider.status
    dates: dict[str, Any] = {}
    if transition == CLOSE:
        dates = {"closed_at": clock.now(), "closed_by_itself": not rules}
    elif transition == REOPEN:
        dates = {"closed_at": None, "closed_by_itself": False}
    move(provider, transition, **dates)
    emit(events.PROVIDER_MOVED, provider, actor=actor, was=before, now=provider.status)


def _may_move(actor: Any, provider: Provider, transition: str) -> bool:
    """Closing must be no way around an operator: not out of a suspension, nor past the approval."""
    closes = transition == CLOSE and provider.status == State.OPEN
    takes_back = transition == REOPEN and provider.closed_by_itself
    return (closes or takes_back) and can(actor, Code.CLOSE, provider)


@transaction.atomic
def change_tier(provider: Provider, tier: Tier, *, actor: Any) -> list[Limit]:
    """Give a provider another tier; returns the limits it now exceeds. For operators.

    A smaller tier deletes and closes nothing: what is there stays and works, and only more of it is
    refused until there is room again. Raises Forbidden.
    """
    if actor is not SYSTEM and not is_operator(actor):
        raise Forbidden
    before = provider.tier_id
    if before != tier.pk:
        Provider.objects.filter(pk=provider.pk).update(tier=tier)
        provider.tier = tier
        emit(events.TIER_CHANGED, provider, actor=actor, was=before, now=tier.pk)
    return [limit for limit, found in meter(provider).items() if found.is_over]


@transaction.atomic
def change_brand(provider: Provider, values: Mapping[str, Any], *, actor: Any) -> list[str]:
    """Set fields of BRAND; returns the names of those that changed. `restore_brand` undoes it.

    Raises Forbidden, FieldError for any other field, and ValidationError for values the model
    refuses.
    """
    require(actor, Code.CHANGE_SETTINGS, provider)
    if strangers := set(values) - set(BRAND):
        raise FieldError(f"No part of a brand: {sorted(strangers)}")
    # Held, so that of two changes at once the later one knows the earlier one's values.
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    before = _brand_of(row)
    for name, value in values.items():
        setattr(row, name, value)
    changed = [name for name, value in _brand_of(row).items() if value != before[name]]
    if not changed:
        return []
    row.clean_fields(exclude={field.name for field in row._meta.fields} - set(changed))
    row.brand_before = before
    row.save(update_fields=[*changed, "brand_before"])
    for name in (*changed, "brand_before"):
        setattr(provider, name, getattr(row, name))
    emit(events.BRAND_CHANGED, row, actor=actor, fields=changed)
    return changed


@transaction.atomic
def restore_brand(provider: Provider, *, actor: Any) -> list[str]:
    """Go back to how it was before the last change; once more brings that change back.

    Pictures that were deleted since stay away. Raises Forbidden.
    """
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    values = {name: value for name, value in (row.brand_before or {}).items() if name in BRAND}
    for name in values:
        if _field(name).is_relation:
            pictures = _field(name).related_model._default_manager
            values[name] = pictures.filter(pk=values[name]).first()
    return change_brand(provider, values, actor=actor)


def reset_look(provider: Provider, *, actor: Any) -> list[str]:
    """The platform's pictures, colours and type again; words stay. Raises Forbidden."""
    defaults = {name: _field(name).get_default() for name in LOOK}
    return change_brand(provider, defaults, actor=actor)


def _brand_of(provider: Provider) -> dict[str, Any]:
    """Its values as JSON; pictures by their keys."""
    return {name: getattr(provider, _field(name).attname) for name in BRAND}


def _field(name: str) -> Any:
    return Provider._meta.get_field(name)


@transaction.atomic
def set_portal(provider: Provider, on: bool, *, actor: Any) -> None:
    """Close a house to all but its members, or open it to everybody again. Everything is kept:
    courses, prices and who is enrolled. Setting what is set changes nothing.

    A house whose plan loses the feature stays closed: nobody's private courses are shown to
    everybody because a bill was not paid. Raises Forbidden, NotInPlan.
    """
    require(actor, Code.CHANGE_SETTINGS, provider)
    rows = Provider.objects.select_for_update(no_key=True, of=("self",)).select_related("tier")
    found = rows.get(pk=provider.pk)
    if found.is_portal != on:
        if on:
            require_feature(found, Feature.PORTAL)
        found.is_portal = on
        found.save(update_fields=["is_portal"])
        event = events.PORTAL_OPENED if on else events.PORTAL_CLOSED
        emit(event, found, actor=actor)
    provider.is_portal = on


@transaction.atomic
def add_member(
    *,
    provider: Provider,
    user: Any,
    role: Role,
    actor: Any,
    approved: bool = False,
    at: datetime | None = None,
) -> Membership:
    """Give `user` a role at `provider`; where they have it already, that membership is returned.

    Admins of the provider and operators may give any role, anybody may become a student by
    themselves (courses have their own doors), except at a portal. `approved` is for instructors.

    Raises Forbidden, and LimitReached where the provider's tier has no place left.
    """
    joins_alone = role == Role.STUDENT and actor == user and may_enter(user, provider)
    if not (actor is SYSTEM or joins_alone or can(actor, Code.MANAGE_MEMBERS, provider)):
        raise Forbidden
    with provider_scope(provider):
        if limit := PLACES.get(role):
            known = Membership.objects.filter(provider=provider, user=user, role=role).first()
            if known:
                return known
            require_room(provider.pk, limit, actor=actor)
        membership, created = Membership.objects.get_or_create(
            provider=provider,
            user=user,
            role=role,
            defaults={
                "joined_at": at or clock.now(),
                "approved": approved and role == Role.INSTRUCTOR,
            },
        )
        if created:
            emit(events.MEMBER_ADDED, membership, actor=actor, user=str(user.pk), role=str(role))
    forget_roles(user)
    return membership


@transaction.atomic
def add_members(
    provider: Provider, people: Sequence[tuple[Any, Role]], *, actor: Any, at: datetime
) -> set[tuple[Any, str]]:
    """Give many their roles, as far as the tier has places; returns (user id, role) of those who
    have the role now and had not before. Who has it already is passed over, and so are those for
    whom there is no room: first come, first served. For admins of the provider.

    Raises Forbidden.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        # Held before looking: nobody takes the same places meanwhile.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        ids = [user.pk for user, _role in people]
        known = set(Membership.objects.filter(user__in=ids).values_list("user_id", "role"))
        new = {(user.pk, str(role)): user for user, role in people}
        new = {key: user for key, user in new.items() if key not in known}
        for role, limit in PLACES.items():
            wanted = [key for key in new if key[1] == role]
            if not wanted:
                continue
            room = room_for(provider.pk, limit, wanted=len(wanted))
            require_room(provider.pk, limit, adding=room, actor=actor)
            for key in wanted[room:]:
                del new[key]
        rows = Membership.objects.bulk_create(
            Membership(provider=provider, user=user, role=role, joined_at=at)
            for (_pk, role), user in new.items()
        )
        deeds = [(row, {"user": str(row.user_id), "role": row.role}) for row in rows]
        emit_many(events.MEMBER_ADDED, deeds, actor=actor)
    for user in new.values():
        forget_roles(user)
    return set(new)


@transaction.atomic
def remove_members(provider: Provider, people: Sequence[tuple[Any, str]], *, actor: Any) -> None:
    """Take roles, but an admin's, from many: `people` are (user id, role). For admins of the
    provider. Raises Forbidden."""
    require(actor, Code.MANAGE_MEMBERS, provider)
    wanted = {key for key in people if key[1] != Role.ADMIN}
    with provider_scope(provider):
        rows = Membership.objects.filter(user__in=[pk for pk, _role in wanted])
        rows = rows.select_related("user")  # the audit names them
        found = [row for row in rows if (row.user_id, row.role) in wanted]
        deeds = [(row, {"user": str(row.user_id), "role": row.role}) for row in found]
        emit_many(events.MEMBER_REMOVED, deeds, actor=actor)
        Membership.objects.filter(pk__in=[row.pk for row in found]).delete()


@transaction.atomic
def approve_instructor(*, provider: Provider, user: Any, actor: Any) -> Membership:
    """Let an instructor publish without a moderator. Repeating it changes nothing.

    Raises Forbidden, and NotFound when `user` is no instructor there.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        rows = Membership.objects.filter(user=user, role=Role.INSTRUCTOR)
        changed = rows.filter(approved=False).update(approved=True)
        membership = rows.first()
        if membership is None:
            raise NotFound
        if changed:
            emit(events.INSTRUCTOR_APPROVED, membership, actor=actor, user=str(user.pk))
    forget_roles(user)
    return membership


@transaction.atomic
def withdraw_approval(*, provider: Provider, user: Any, actor: Any) -> Membership:
    """Have an instructor ask a moderator again. What they published stays. Repeating it changes
    nothing. Raises Forbidden, and NotFound when `user` is no instructor there.
    """
    require(actor, Code.MANAGE_MEMBERS, provider)
    with provider_scope(provider):
        rows = Membership.objects.filter(user=user, role=Role.INSTRUCTOR)
        changed = rows.filter(approved=True).update(approved=False)
        membership = rows.first()
        if membership is None:
            raise NotFound
        if changed:
            emit(events.APPROVAL_WITHDRAWN, membership, actor=actor, user=str(user.pk))
    forget_roles(user)
    return membership


@transaction.atomic
def remove_member(*, provider: Provider, user: Any, role: Role, actor: Any) -> None:
    """Take a role from `user`. What they made and learned stays.

    People may leave by themselves. Raises Forbidden, NotFound when they don't have the role, and
    Conflict for the provider's last admin.
    """
    if not (actor is SYSTEM or actor == user or can(actor, Code.MANAGE_MEMBERS, provider)):
        raise Forbidden
    with provider_scope(provider):
        # Lock order: the provider first. Two admins leaving at once would both see the other.
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        membership = Membership.objects.filter(user=user, role=role).first()
        if membership is None:
            raise NotFound
        if role == Role.ADMIN and Membership.objects.filter(role=Role.ADMIN).count() == 1:
            raise Conflict(
                _("Nobody else manages this school. Make somebody else an admin first."),
                details={"role": str(role)},
                reason="the last admin",
            )
        emit(events.MEMBER_REMOVED, membership, actor=actor, user=str(user.pk), role=str(role))
        membership.delete()
    forget_roles(user)
