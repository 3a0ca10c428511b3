"""Reads for the shop window: front page, schools, instructors, and what a site is called."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from wagtail.log_actions import registry

from lms.courses import freshness
from lms.courses.models import CourseListing
from lms.courses.selectors import visible_listings
from lms.courses.signal_handlers import PAGE_DEEDS
from lms.events import declared
from lms.tenants.models import STAFF_ROLES, AuditEntry, Membership, Provider
from lms.tenants.scope import provider_scope
from lms.tenants.selectors import logo_of
from search.selectors import Facet, facets

from .rules import Style

FRONT_COURSES = 8
FRONT_SCHOOLS = 6


@dataclass(frozen=True, slots=True)
class Brand:
    """How a site presents itself: the marketplace, or a provider's own."""

    name: str
    tagline: str
    logo_url: str
    footer_text: str
    is_marketplace: bool
    is_portal: bool
    contact_email: str
    terms_url: str
    privacy_url: str
    style: Style
    icon: str  # address of the picture for browser tabs
    icon_type: str
    touch_icons: dict[int, str]  # {pixels: address} of the icon as PNG, for home screens
    image: str  # with its host, for those who share the site
    links: list[tuple[str, str]]  # (name, address) elsewhere


@dataclass(frozen=True, slots=True)
class School:
    """A provider as the marketplace lists it."""

    name: str
    slug: str
    tagline: str
    logo_url: str
    courses: int


@dataclass(frozen=True, slots=True)
class Front:
    """The front page's lists."""

    featured: list[CourseListing]
    newest: list[CourseListing]
    categories: list[Facet]
    schools: list[School]
    total: int


def front() -> Front:
    """What the marketplace's front page lists; kept until a change."""
    return freshness.kept("home.front", _front)


def school_listings(school: Provider, host: Provider | None) -> QuerySet[CourseListing]:
    """A provider's courses: all on its own site, those of the marketplace elsewhere."""
    return visible_listings(host).filter(provider=school)


def instructors_at(school: Provider, host: Provider | None, limit: int = 12) -> list[Any]:
    """The people who teach the provider's courses, those with most students first."""
    listings = school_listings(school, host)
    people = get_user_model().objects.filter(listings__in=listings, is_active=True)
    return list(people.annotate(reach=Sum("listings__learners")).order_by("-reach", "name")[:limit])


def instructor(pk: Any, host: Provider | None) -> Any | None:
    """Somebody who teaches a course that a visitor of this site may find."""
    taught = Q(listings__in=visible_listings(host))
    return get_user_model().objects.filter(taught, pk=pk, is_active=True).first()


def schools_of(listings: QuerySet[CourseListing]) -> list[Provider]:
    """The providers of these courses, by name."""
    ids = listings.order_by().values("provider")
    return list(Provider.objects.filter(pk__in=ids).select_related("page"))


def audit_of(provider: Provider, chosen: dict[str, Any]) -> QuerySet[AuditEntry]:
    """What was done at a house, the newest first; `chosen` are fields of AuditFilter. To be read
    in its scope."""
    rows = AuditEntry.objects.filter(provider=provider).order_by("-at", "-pk")
    exact = {"person": "person_id", "event": "event", "course": "course_id"}
    rows = rows.filter(**{exact[name]: value for name, value in chosen.items() if name in exact})
    if since := chosen.get("since"):
        rows = rows.filter(at__gte=_midnight(since))
    if until := chosen.get("until"):
        rows = rows.filter(at__lt=_midnight(until + timedelta(days=1)))
    for word in chosen.get("words", "").split():
        rows = rows.filter(Q(person_name__icontains=word) | Q(about__icontains=word))
    return rows


def older_than(rows: QuerySet[AuditEntry], last: AuditEntry) -> QuerySet[AuditEntry]:
    """Those of `rows` behind `last`: the next page, found by an index however far down it is."""
    return rows.filter(at__lte=last.at).filter(Q(at__lt=last.at) | Q(pk__lt=last.pk))


def kinds_of_deed() -> list[tuple[str, str]]:
    """(name, meaning) of what an audit may hold, by meaning."""
    names = [event.name for event in declared() if not event.routine] + sorted(PAGE_DEEDS)
    return sorted(((name, deed_in_words(name)) for name in names), key=lambda kind: kind[1])


def deed_in_words(name: str) -> str:
    """What an event's name, or a log action's, means; the name itself where nobody knows it."""
    registry.scan_for_actions()
    return str(dict(registry.get_choices()).get(name, name))


def people_in_audit(provider: Provider) -> list[tuple[str, str]]:
    """(id, name) of those who work at the house now. Who has left is found by the search."""
    with provider_scope(provider):
        ids = list(Membership.objects.filter(role__in=STAFF_ROLES).values_list("user", flat=True))
    people = get_user_model()._default_manager.filter(pk__in=ids).order_by("name")
    return [(str(user.pk), user.get_full_name() or user.email) for user in people]


def _midnight(day: date) -> datetime:
    """When the day began where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))


def may_author(user: Any) -> bool:
    """Whether the Wagtail admin is open to `user`: remembered, since every page asks."""
    if not user.is_authenticated or user.is_superuser:
        return user.is_authenticated
    key = _author_key(user)
    found = caches["default"].get(key)
    if found is None:
        found = user.has_perm("wagtailadmin.access_admin")
        caches["default"].set(key, found, 300)
    return found


def forget_author(user: Any) -> None:
    """Their groups have changed."""
    caches["default"].delete(_author_key(user))


def _author_key(user: Any) -> str:
    return f"home.may_author.{user.pk}"


def _front() -> Front:
    listings = visible_listings()
    popular = list(listings.order_by("-learners", "-pk")[: FRONT_COURSES * 2])
    chosen = list(listings.filter(featured=True).order_by("-learners", "-pk")[:FRONT_COURSES])
    taken = {row.pk for row in chosen}
    chosen += [row for row in popular if row.pk not in taken][: FRONT_COURSES - len(chosen)]
    known = facets(None)
    return Front(
        featured=chosen,
        newest=list(listings.order_by("-published_at", "-pk")[:FRONT_COURSES]),
        categories=known.categories,
        schools=_schools(listings),
        total=known.total,
    )


def _schools(listings: QuerySet[CourseListing]) -> list[School]:
    counts = (
        listings.order_by()
        .values("provider")
        .annotate(courses=Count("pk"), reach=Sum("learners"))
        .order_by("-reach", "-courses")[:FRONT_SCHOOLS]
    )
    numbers = {row["provider"]: row["courses"] for row in counts}
    found = Provider.objects.filter(pk__in=numbers).select_related("logo", "page").in_bulk()
    return [
        School(row.name, row.page.slug, row.tagline, logo_of(row), number)
        for pk, number in numbers.items()
        if (row := found[pk])
    ]
