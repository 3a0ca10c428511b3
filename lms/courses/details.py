"""What a course's page shows: read once a request, from the page itself, so that previews work."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.images.models import SourceImageIOError

from lms.tenants.hosts import provider_origin

from .languages import language_name
from .models import CourseListing, CoursePage
from .models.pages import Frequency
from .page_forms import DAYS
from .rules import Ratings
from .selectors import Curriculum, curriculum, other_languages, similar_listings


@dataclass(frozen=True, slots=True)
class CourseDetails:
    """A course for its reader."""

    course: CoursePage
    provider: Any
    instructors: list[Any]
    categories: list[Any]
    curriculum: Curriculum
    modules: list[dict[str, Any]]
    preview_url: str  # of the first free lesson
    cover: dict[str, str]
    trailer_url: str
    schedule: list[tuple[str, str, str]]
    learners: int
    ratings: Ratings
    similar: list[CourseListing]
    languages: list[dict[str, str]]
    breadcrumbs: list[dict[str, str]]
    school_url: str
    canonical: str
    image: str
    structured_data: dict[str, Any]

    @classmethod
    def of(cls, course: CoursePage, request: Any, preview_as: str | None) -> "CourseDetails":
        """`preview_as` is "visitor" or "student" in the admin's preview, else None."""
        host = getattr(request, "provider", None)
        listing = CourseListing.objects.filter(pk=course.pk).select_related("provider").first()
        if listing and listing.provider_id == course.provider_id:
            course.provider = listing.provider  # known now: no query for it
        found = curriculum(course)
        instructors = sorted(course.instructors.all(), key=lambda person: person.name)
        categories = sorted(course.categories.all(), key=lambda row: (row.position, row.name))
        learners = listing.learners if listing else 0
        ratings = listing.ratings if listing else Ratings()
        free = [lesson for lesson in found.lessons if lesson.free_preview]
        # By plan, which lessons are open is said by the plan, not by the curriculum.
        opened = not course.opens_by_plan and (
            preview_as == "student" or _is_enrolled(course, request, preview_as)
        )
        cover = cover_of(course, listing)
        return cls(
            course=course,
            provider=course.provider,
            instructors=instructors,
            categories=categories,
            curriculum=found,
            modules=_modules(course, found, opened),
            preview_url=_lesson_url(course, free[0]) if free and not opened else "",
            cover=cover,
            trailer_url=_trailer_url(course),
            schedule=schedule_rows(course),
            learners=learners,
            ratings=ratings,
            similar=[] if preview_as else similar_listings(course, categories, host),
            languages=[] if preview_as else _languages(course, host),
            breadcrumbs=_breadcrumbs(categories),
            school_url="/" if host else "/" + public_path(course).split("/")[1] + "/",
            canonical=canonical_url(course),
            image=absolute(cover["src"]) if cover["src"] else "",
            structured_data=structured_data(course, instructors, found, cover, ratings),
        )


def _languages(course: CoursePage, host: Any) -> list[dict[str, str]]:
    """Where the course is there in other languages, for readers and for search engines."""
    return [
        {
            "code": listing.language,
            "name": language_name(listing.language),
            "url": listing_url(listing, host),
            "canonical": canonical_url(listing),
        }
        for listing in other_languages(course, host)
    ]


def listing_url(listing: CourseListing, provider: Any = None) -> str:
    """Where a course stands on the marketplace, or on its provider's own site."""
    return _on_site(listing.path, provider)


def course_url(course: CoursePage, provider: Any = None) -> str:
    """`listing_url` of a page."""
    return _on_site(public_path(course), provider)


def public_path(course: CoursePage) -> str:
    """Where a course stands below the marketplace's root page: "/school/course/"."""
    return "/" + course.url_path.split("/", 2)[2]


def canonical_url(course: CoursePage | CourseListing) -> str:
    """The one address search engines shall keep: the marketplace's, or the school's own for a
    course that stands nowhere else.
    """
    path = course.path if isinstance(course, CourseListing) else public_path(course)
    if not course.on_marketplace:
        return provider_origin(course.provider) + _on_site(path, course.provider)
    return settings.FLEDGE_BASE_URL + path


def cover_of(course: CoursePage, listing: CourseListing | None = None) -> dict[str, str]:
    """`src` and `srcset` of the cover: the listing's where it is of the same picture."""
    if course.cover_id is None:
        return {"src": "", "srcset": ""}
    if listing and listing.cover_url and course.live and not course.has_unpublished_changes:
        return {"src": listing.cover_url, "srcset": listing.cover_srcset}
    return cover_renditions(course.cover)


COVER_WIDTHS = (400, 800, 1200)


def cover_renditions(image: Any) -> dict[str, str]:
    """A picture in the covers' sizes; empty where its file can't be read."""
    specs = [f"fill-{w}x{w * 9 // 16}|format-webp|preserve-svg" for w in COVER_WIDTHS]
    try:
        renditions = image.get_renditions(*specs).values()
    except (SourceImageIOError, OSError, ValueError):
        return {"src": "", "srcset": ""}
    by_width = {rendition.width: rendition.url for rendition in renditions}
    middle = min(by_width, key=lambda width: abs(width - COVER_WIDTHS[1]))
    srcset = ", ".join(f"{url} {width}w" for width, url in sorted(by_width.items()))
    return {"src": by_width[middle], "srcset": srcset}


def schedule_rows(course: CoursePage) -> list[tuple[str, str, str]]:
    """(icon, label, text) of when the course takes place."""
    if course.self_paced:
        return [("calendar-clock", _("Pace"), _("Self-paced"))]
    rows = []
    if course.starts_on:
        rows.append(("calendar", _("Starts"), date_format(course.starts_on, "DATE_FORMAT")))
    if course.weeks:
        weeks = ngettext("%(n)s week", "%(n)s weeks", course.weeks) % {"n": course.weeks}
        rows.append(("calendar-range", _("Length"), weeks))
    if sessions := _sessions(course):
        rows.append(("repeat", _("Sessions"), sessions))
    if course.session_minutes:
        text = _("%(minutes)s minutes each") % {"minutes": course.session_minutes}
        rows.append(("timer", _("Session length"), text))
    if course.schedule_note:
        rows.append(("info", _("Note"), course.schedule_note))
    return rows


def structured_data(
    course: CoursePage,
    instructors: list[Any],
    found: Curriculum,
    cover: dict[str, str],
    ratings: Ratings,
) -> dict[str, Any]:
    """schema.org's Course (https://schema.org/Course), as search engines read it."""
    url = canonical_url(course)
    provider = {
        "@type": "Organization",
        "name": course.provider.name,
        "url": provider_origin(course.provider) + "/",
    }
    instance: dict[str, Any] = {
        "@type": "CourseInstance",
        "courseMode": "Online",
        "courseWorkload": f"PT{max(found.minutes, 1)}M",
        "instructor": [{"@type": "Person", "name": person.name} for person in instructors],
    }
    if course.starts_on and not course.self_paced:
        instance["startDate"] = course.starts_on.isoformat()
    data = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": course.title,
        "description": course.search_description or course.summary,
        "url": url,
        "inLanguage": course.language,
        "provider": provider,
        "isAccessibleForFree": course.is_free,
        "hasCourseInstance": instance,
    }
    if not course.provider.is_portal:
        data["offers"] = {
            "@type": "Offer",
            "category": "Free" if course.is_free else "Paid",
            "price": str(course.price.decimal),
            "priceCurrency": course.currency,
            "url": url,
        }
    if cover["src"]:
        data["image"] = absolute(cover["src"])
    if ratings.average is not None:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": float(ratings.average),
            "ratingCount": ratings.count,
            "bestRating": 5,
            "worstRating": 1,
        }
    if course.licence_url:
        data["license"] = course.licence_url
    return data


def absolute(url: str) -> str:
    """An address with its host: public files may be served from elsewhere."""
    return url if "//" in url else settings.FLEDGE_BASE_URL + url


def _on_site(path: str, provider: Any) -> str:
    return path if provider is None else "/" + path.split("/", 2)[2]


def _modules(course: CoursePage, found: Curriculum, opened: bool) -> list[dict[str, Any]]:
    """The curriculum as the component draws it: closed lessons have no address."""
    return [
        {
            "title": module.title,
            "open": number == 0,
            "detail": module_size(module),
            "lessons": [_lesson(course, lesson, opened) for lesson in module.lessons],
        }
        for number, module in enumerate(found.modules)
    ]


def module_size(part: Any) -> str:
    """How much a module, or a whole curriculum, is: “4 lessons · 35 min”."""
    number = len(part.lessons)
    lessons = ngettext("%(n)s lesson", "%(n)s lessons", number) % {"n": number}
    return f"{lessons} · {duration(part.minutes)}"


def duration(minutes: int) -> str:
    """45 → "45 min", 200 → "3 h 20 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    if not rest:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def _lesson(course: CoursePage, lesson: Any, opened: bool) -> dict[str, Any]:
    readable = opened or lesson.free_preview
    state = "open" if opened else "preview" if lesson.free_preview else "locked"
    url = _lesson_url(course, lesson) if readable else ""
    return {
        "id": lesson.id,
        "title": lesson.title,
        "url": url,
        "state": state,
        "minutes": lesson.minutes,
    }


def _lesson_url(course: CoursePage, lesson: Any) -> str:
    return reverse("learn:lesson", args=[course.pk, lesson.id])


def _breadcrumbs(categories: list[Any]) -> list[dict[str, str]]:
    path = reverse("search:catalogue")
    crumbs = [{"title": _("Courses"), "url": path}]
    shared = [row for row in categories if row.provider_id is None][:1]
    return crumbs + [{"title": row.name, "url": f"{path}?category={row.slug}"} for row in shared]


def _is_enrolled(course: CoursePage, request: Any, preview_as: str | None) -> bool:
    user = getattr(request, "user", None)
    if preview_as or user is None or not user.is_authenticated:
        return False
    return course.enrolments.filter(student=user, state="active").exists()


def _trailer_url(course: CoursePage) -> str:
    if course.trailer is None:
        return ""
    return reverse("learn:trailer", args=[course.pk, course.trailer.filename])


def _sessions(course: CoursePage) -> str:
    names = [str(label) for code, label in DAYS if code in course.days]
    days = get_text_list(names, _("and"))
    often: dict[str, str] = {
        Frequency.DAILY: _("Every day"),
        Frequency.WEEKLY: _("Every week on %(days)s") if days else _("Every week"),
        Frequency.FORTNIGHTLY: _("Every two weeks on %(days)s") if days else _("Every two weeks"),
        Frequency.CUSTOM: "%(days)s",
    }
    return often.get(course.frequency, "%(days)s") % {"days": days}
