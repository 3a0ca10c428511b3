"""What tiers limit, counted: how much a provider uses, and whether there is room for more.

Every use is counted from the rows themselves, so no counter can drift; the provider's row is locked
while it is, so that two who race for the last place don't both get it. What is counted stands in
apps above this one: each registers its counter.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, Forbidden
from lms.events import emit
from lms.tenants import events
from lms.tenants.models import Feature, Limit, Membership, Provider, Role, Tier
from lms.tenants.rules import Reading
from lms.tenants.scope import provider_scope

# Roles that a tier has so many places for.
PLACES = {Role.INSTRUCTOR: Limit.INSTRUCTORS, Role.STUDENT: Limit.STUDENTS}

Counter = Callable[[Provider], int]

_counters: dict[Limit, Counter] = {}


MESSAGES = {
    Limit.INSTRUCTORS: _(
        "The plan “%(tier)s” has places for %(allowed)s instructors, and all are taken. Remove an "
        "instructor, or move to a larger plan."
    ),
    Limit.STUDENTS: _(
        "All %(allowed)s places for students at this school are taken. Please tell the school: a "
        "larger plan makes room at once."
    ),
    Limit.COURSES: _(
        "The plan “%(tier)s” has room for %(allowed)s published courses. Your work is kept as a "
        "draft: unpublish another course or move to a larger plan, then publish it."
    ),
    Limit.STORAGE: _(
        "The plan “%(tier)s” has no room left for this file. Delete files you no longer use, or "
        "move to a larger plan."
    ),
}


class LimitReached(Conflict):
    """`details`: {"limit": a Limit, "used": n, "allowed": n, "tier": its name}."""

    code = "LIMIT_REACHED"
    message = _("This school's plan has no room for that.")

    @classmethod
    def of(cls, limit: Limit, found: Reading, tier: Tier) -> "LimitReached":
        """The refusal in words that say what to do."""
        told = {"tier": tier.name, "allowed": found.allowed}
        message = MESSAGES[limit] % told if limit in MESSAGES else None
        return cls(message, details={"limit": limit.value, "used": found.used, **told})


class NotInPlan(Forbidden):
    """`details`: {"feature": a Feature, "tier": the tier's name}."""

    code = "NOT_IN_PLAN"
    message = _("This school's plan does not include that.")


def count_with(limit: Limit) -> Callable[[Counter], Counter]:
    """Register the function that counts what a provider uses of `limit`, within its scope."""

    def register(counter: Counter) -> Counter:
        _counters[limit] = counter
        return counter

    return register


def reading(provider: Provider, limit: Limit) -> Reading:
    """How much `provider` uses of `limit`. What nothing counts yet is not used."""
    counter = _counters.get(limit)
    with provider_scope(provider):
        return Reading(counter(provider) if counter else 0, provider.tier.allowance(limit))


def meter(provider: Provider) -> dict[Limit, Reading]:
    """How much `provider` uses of everything that is counted: one query each."""
    return {limit: reading(provider, limit) for limit in Limit if limit in _counters}


def require_room(provider_id: Any, limit: Limit, *, adding: int = 1, actor: Any) -> None:
    """Refuse what would exceed the tier, and hold the place until the transaction ends.

    Where `adding` brings the use to 80 %, `LIMIT_NEAR` happens, once a crossing. Needs a
    transaction. Raises LimitReached.
    """
    # Not FOR UPDATE: whoever writes a row of the provider holds a key share of its row already, and
    # two of those would wait for each other.
    rows = Provider.objects.select_for_update(no_key=True, of=("self",)).select_related("tier")
    provider = rows.get(pk=provider_id)
    if provider.tier.allowance(limit) is None:
        return
    now = reading(provider, limit)
    if not now.has_room_for(adding):
        raise LimitReached.of(limit, now, provider.tier)
    if now.comes_near(adding):
        used = now.used + adding
        told = {"limit": limit.value, "used": used, "allowed": now.allowed}
        emit(events.LIMIT_NEAR, provider, actor=actor, **told)


def room_for(provider_id: Any, limit: Limit, *, wanted: int) -> int:
    """How many of `wanted` there is room for, until the transaction ends: for those who would
    rather have some than none, and then say so to `require_room`. Needs a transaction."""
    rows = Provider.objects.select_for_update(no_key=True, of=("self",)).select_related("tier")
    now = reading(rows.get(pk=provider_id), limit)
    return wanted if now.allowed is None else min(wanted, max(0, now.allowed - now.used))


def has_feature(provider: Provider, feature: Feature) -> bool:
    """Whether the provider's tier includes `feature`."""
    return feature.value in provider.tier.features


def require_feature(provider: Provider, feature: Feature) -> None:
    """Raises NotInPlan where the provider's tier does not include `feature`."""
    if not has_feature(provider, feature):
        told = {"feature": feature.value, "tier": provider.tier.name}
        raise NotInPlan(
            _("The plan “%(tier)s” does not include: %(feature)s. A larger plan does.")
            % {"tier": provider.tier.name, "feature": feature.label},
            details=told,
        )


@count_with(Limit.INSTRUCTORS)
def _instructors(provider: Provider) -> int:
    return Membership.objects.filter(role=Role.INSTRUCTOR).count()


@count_with(Limit.STUDENTS)
def _students(provider: Provider) -> int:
    return Membership.objects.filter(role=Role.STUDENT).count()
