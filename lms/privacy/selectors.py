"""Reads: what a person has asked for, and what stands in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lms.accounts.holdings import Holding, Text, holdings
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.scope import every_tenant
from lms.tenants.states import State as House

from .models import DataExport, Erasure
from .states import State

# A school in these is somebody's to look after; a closed one is on its way out already.
LOOKED_AFTER = (House.PENDING, House.OPEN, House.SUSPENDED)


def exports_of(person: Any) -> list[DataExport]:
    """The last ones, the newest first."""
    return list(DataExport.objects.filter(person=person).order_by("-asked_at")[:5])


def erasure_of(person: Any) -> Erasure | None:
    """The one that is open."""
    found = Erasure.objects.filter(person=person, state__in=(State.WAITING, State.ERASING))
    return found.first()


def sole_schools(person: Any) -> list[Provider]:
    """Schools that nobody else manages, by name."""
    with every_tenant("who else manages the schools that this person manages"):
        admins = Membership.objects.filter(role=Role.ADMIN)
        mine = list(admins.filter(user=person).values_list("provider", flat=True))
        others = admins.filter(provider__in=mine, user__is_active=True).exclude(user=person)
        shared = set(others.values_list("provider", flat=True))
    alone = [pk for pk in mine if pk not in shared]
    rows = Provider.objects.filter(pk__in=alone, status__in=LOOKED_AFTER)
    return list(rows.order_by("name"))


@dataclass(frozen=True, slots=True)
class Held:
    """How many rows of a kind there are about a person, and what erasure does to them: they go,
    or stay, and why."""

    name: Text
    count: int
    stays: Text


def held_of(person: Any) -> list[Held]:
    """What there is about a person, in as many queries as kinds, however many rows."""
    with every_tenant("what is held about a person, at whichever schools"):
        return [
            Held(holding.name, count, holding.stays)
            for holding in holdings()
            if (count := holding.of(person).count())
        ]


def rows_of(holding: Holding, person: Any) -> Iterator[dict[str, Any]]:
    """{column: value} of the person's rows, in memory for some at a time. Needs a scope."""
    paths = list(holding.columns)
    rows = holding.of(person).values_list(*paths)
    for values in rows.iterator(chunk_size=500):
        yield dict(zip(paths, values, strict=True))
