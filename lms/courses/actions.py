"""Writes: keeping the catalogue's listings equal to what is published.

Listings are derived, so these take no actor: whoever publishes a course has been asked already.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.text import Truncator
from wagtail.rich_text import get_text_for_indexing

from lms.common import clock
from lms.events import SYSTEM, emit
from lms.tenants.limits import reading
from lms.tenants.models import Limit, Provider
from lms.tenants.scope import provider_scope

from . import events, freshness
from .details import cover_renditions, public_path
from .models import Category, CourseListing, CoursePage, ListingCategory
from .rules import STARS, Ratings
from .selectors import curriculum
from .teachers import listed_on

logger = logging.getLogger(__name__)


@transaction.atomic
def refresh_listing(course: CoursePage) -> CourseListing | None:
    """Make the listing say what `course` (as saved) says; None for one that was never published.

    An unpublished course keeps its listing, not live: its students' pages still show it.
    """
    freshness.changed()
    if not course.live or not course.provider.is_open:
        hide_listings(CourseListing.objects.filter(pk=course.pk))
        return CourseListing.objects.filter(pk=course.pk).first()
    categories = sorted(course.categories.all(), key=lambda row: (row.position, row.name))
    instructors = sorted(course.instructors.all(), key=lambda person: person.name)
    # Held while its students are counted, or one who enrols meanwhile would not be among them.
    known = CourseListing.objects.select_for_update(no_key=True).filter(pk=course.pk).first()
    listing = known or CourseListing(course=course)
    for name, value in _values(course, known, categories, instructors).items():
        setattr(listing, name, value)
    listing.save(force_insert=known is None, force_update=known is not None)
    listing.instructors.set(instructors)
    _set_categories(listing, categories)
    return listing


@transaction.atomic
def hide_listings(listings: QuerySet[CourseListing]) -> None:
    """Nobody finds these courses any more; their students still do."""
    freshness.changed()
    # Lock order: the listing, then its categories, as for those who enrol.
    listings.update(live=False)
    ListingCategory.objects.filter(listing__in=listings).delete()


def refresh_curriculum(course_id: int) -> None:
    """Count a listed course's lessons and minutes again."""
    freshness.changed()
    course = CoursePage.objects.filter(pk=course_id, listing__isnull=False).first()
    if course:
        found = curriculum(course)
        CourseListing.objects.filter(pk=course_id).update(
            lesson_count=len(found.lessons), minutes=found.minutes
        )


def refresh_listings(courses: Iterable[CoursePage]) -> None:
    """`refresh_listing` for several."""
    for course in courses:
        refresh_listing(course)


def refresh_paths(tree_path: str) -> None:
    """Write down again where the courses in a part of the page tree stand, after it was renamed."""
    freshness.changed()
    listings = CourseListing.objects.filter(course__path__startswith=tree_path)
    for listing in listings.select_related("course").only("path", "course__url_path").iterator():
        CourseListing.objects.filter(pk=listing.pk).update(path=public_path(listing.course))


@transaction.atomic
def learners_changed(course_id: int) -> None:
    """Count a course's active students again. Enrolments call this in the provider's scope.

    Visitors' pages show the new number within minutes; where seats are limited, at once, since
    "class full" is nothing to be late with.
    """
    learners = _learners(course_id)
    CourseListing.objects.filter(pk=course_id).update(learners=learners)
    ListingCategory.objects.filter(listing_id=course_id).update(learners=learners)
    if CoursePage.objects.filter(pk=course_id, enrolment_limit__isnull=False).exists():
        freshness.changed()


@transaction.atomic
def ratings_changed(course_id: int) -> None:
    """Count a course's ratings again. Reviews call this in the provider's scope, in the transaction
    that changed one.

    The listing is held first: of two at once, the second counts what the first has written.
    """
    held = CourseListing.objects.select_for_update(no_key=True).filter(pk=course_id)
    if held.first() is None:
        return  # never published: the first publication counts
    CourseListing.objects.filter(pk=course_id).update(**_ratings(course_id))
    freshness.changed()


def rebuild_listings(report: Callable[[int, int], None], batch: int = 200) -> int:
    """Rebuild every listing from the page tree, `batch` courses at a time; returns how many.

    `report(done, total)` is called after each batch. Listings stay readable meanwhile.
    """
    courses = CoursePage.objects.filter(Q(live=True) | Q(listing__isnull=False)).select_related(
        "provider", "cover"
    )
    total, done, last = courses.count(), 0, 0
    while page := list(courses.filter(pk__gt=last).order_by("pk")[:batch]):
        with transaction.atomic():
            refresh_listings(page)
        last, done = page[-1].pk, done + len(page)
        report(done, total)
    return total


def categories_renamed(listings: QuerySet[CourseListing]) -> None:
    """Categories of these listings got other names or went: listings repeat them for search."""
    freshness.changed()
    for listing in listings.prefetch_related("categories").iterator(chunk_size=500):
        names = _joined([row.name for row in listing.categories.all()], 1000)
        CourseListing.objects.filter(pk=listing.pk).update(category_names=names)


@transaction.atomic
def leave_listing(listing: CourseListing, user: Any) -> None:
    """The listing names this instructor no longer."""
    listing.instructors.remove(user)
    names = sorted(person.name for person in listing.instructors.all())
    CourseListing.objects.filter(pk=listing.pk).update(instructor_names=_joined(names, 500))
    freshness.changed()


def instructor_changed(user: Any) -> None:
    """An instructor changed name or profile: listings repeat the name."""
    listings = list(CourseListing.objects.filter(instructors=user).prefetch_related("instructors"))
    for listing in listings:
        names = sorted(person.name for person in listing.instructors.all())
        CourseListing.objects.filter(pk=listing.pk).update(instructor_names=_joined(names, 500))
    if listings:
        freshness.changed()


def provider_changed(provider: Provider) -> None:
    """A provider changed name, state or brand. Only an open one has courses to find."""
    freshness.changed()
    listings = CourseListing.objects.filter(provider=provider)
    listings.exclude(provider_name=provider.name).update(provider_name=provider.name)
    if provider.is_open:
        hidden = CoursePage.objects.filter(provider=provider, live=True, listing__live=False)
        refresh_listings(hidden.select_related("provider", "cover"))
    else:
        hide_listings(listings)


def portal_changed(provider: Provider) -> None:
    """A provider became a portal, or is one no more: its listings say where its courses stand."""
    courses = CoursePage.objects.filter(provider=provider, live=True, listing__isnull=False)
    refresh_listings(courses.select_related("provider", "cover"))


@transaction.atomic
def hold_back_schedules() -> list[CoursePage]:
    """Cancel the due publication of courses that their school's plan has no room for; their drafts
    stay. Returns the courses."""
    due = CoursePage.objects.filter(live=False, _revisions__approved_go_live_at__lte=clock.now())
    held: list[CoursePage] = []
    for course in due.select_related("provider__tier").distinct():
        if not reading(course.provider, Limit.COURSES).has_room_for(1):
            revisions = course.revisions.filter(approved_go_live_at__isnull=False)
            revisions.update(approved_go_live_at=None)
            held.append(course)
            emit(events.PUBLICATION_HELD_BACK, course, actor=SYSTEM, limit=Limit.COURSES.value)
    return held


def image_changed(image: Any) -> None:
    """A picture was cropped or replaced: covers and brands keep the addresses of its renditions."""
    if Provider.objects.filter(Q(logo=image) | Q(favicon=image)).exists():
        freshness.changed()
    courses = CoursePage.objects.filter(cover=image, live=True, listing__isnull=False)
    refresh_listings(courses.select_related("provider", "cover"))


def _values(
    course: CoursePage,
    known: CourseListing | None,
    categories: list[Any],
    instructors: list[Any],
) -> dict[str, Any]:
    found = curriculum(course)
    return {
        "provider": course.provider,
        "provider_name": course.provider.name,
        "title": course.title,
        "summary": course.summary,
        "description": get_text_for_indexing(course.description),
        "path": public_path(course),
        "level": course.level,
        "language": course.language,
        "price_minor": 0 if course.provider.is_portal else course.price_minor,
        "currency": course.currency,
        "self_paced": course.self_paced,
        "starts_on": course.starts_on,
        "visibility": listed_on(course, known, at=clock.now()),
        "live": True,
        "featured": course.featured,
        "instructor_names": _joined([person.name for person in instructors], 500),
        "category_names": _joined([category.name for category in categories], 1000),
        **_cover(course),
        "lesson_count": len(found.lessons),
        "minutes": found.minutes,
        **_counted_of(course),
        "published_at": course.first_published_at or clock.now(),
        "updated_at": course.last_published_at or clock.now(),
    }


def _counted_of(course: CoursePage) -> dict[str, int]:
    with provider_scope(course.provider):
        return {"learners": _learners(course.pk), **_ratings(course.pk)}


def _learners(course_id: int) -> int:
    students = Count("enrolments", filter=Q(enrolments__state="active"))
    return CoursePage.objects.filter(pk=course_id).aggregate(n=students)["n"]


def _ratings(course_id: int) -> dict[str, int]:
    """The fields of a listing that say how a course was rated."""
    numbers = {
        f"stars_{star}": Count("reviews", filter=Q(reviews__state="shown", reviews__rating=star))
        for star in STARS
    }
    found = CoursePage.objects.filter(pk=course_id).aggregate(**numbers)
    return {**found, "rating_rank": Ratings(tuple(found.values())).rank}


def _set_categories(listing: CourseListing, categories: list[Category]) -> None:
    ListingCategory.objects.filter(listing=listing).delete()
    ListingCategory.objects.bulk_create(
        ListingCategory(
            listing=listing,
            category=category,
            learners=listing.learners,
            published_at=listing.published_at,
        )
        for category in categories
    )


def _cover(course: CoursePage) -> dict[str, str]:
    if course.cover is None:
        return {"cover_url": "", "cover_srcset": "", "cover_alt": ""}
    found = cover_renditions(course.cover)
    if not found["src"]:
        logger.warning("The cover of course %s can't be read.", course.pk)
    return {
        "cover_url": found["src"],
        "cover_srcset": found["srcset"],
        "cover_alt": course.cover.default_alt_text[:255],
    }


def _joined(names: Iterable[str], limit: int) -> str:
    return Truncator(", ".join(names)).chars(limit)
