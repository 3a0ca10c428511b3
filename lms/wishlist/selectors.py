"""Reads: a person's wishes, as far as the site they are on may show them."""

from typing import Any

from django.core.cache import cache
from django.db.models import Q, QuerySet

from lms.courses.models import CourseListing
from lms.tenants.models import Provider
from lms.tenants.permissions import roles_of
from lms.tenants.states import State

from .models import Wish

COUNTED_FOR = 300  # seconds


def wished_ids(person: Any) -> set[int]:
    """The courses on a person's wishlist; none for visitors. One query."""
    if not person.is_authenticated:
        return set()
    return set(Wish.objects.filter(person_id=person.pk).values_list("course_id", flat=True))


def wish_count(person: Any, *, host: Provider | None) -> int:
    """How many `wishes_of` are; remembered for some minutes, since the dashboard asks each time."""
    known: dict[Any, int] = cache.get(_count_key(person)) or {}
    where = host and host.pk
    if where not in known:
        known[where] = wishes_of(person, host=host).order_by().count()
        cache.set(_count_key(person), known, COUNTED_FOR)
    return known[where]


def count_anew(person: Any) -> None:
    """Something was put on the list or taken off."""
    cache.delete(_count_key(person))


def _count_key(person: Any) -> str:
    return f"wishlist.count.{person.pk}"


def wishes_of(person: Any, *, host: Provider | None) -> QuerySet[CourseListing]:
    """What is on the wishlist, the latest wish first: the house's courses on a school's own site,
    everywhere else all of them but those of portals that are closed to the person.

    A course that was unpublished is still there, as it was published last.
    """
    rows = CourseListing.objects.filter(
        course__wishes__person=person.pk, provider__status=State.OPEN
    )
    if host is not None:
        rows = rows.filter(provider=host)
    else:
        rows = rows.filter(Q(provider__is_portal=False) | Q(provider__in=list(roles_of(person))))
    rows = rows.select_related("provider").defer("description")
    return rows.order_by("-course__wishes__created_at", "-pk")
