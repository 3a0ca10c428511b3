"""Reads: a course's curriculum, and the catalogue's rows as a reader may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from wagtail.models import Page

from .models import Category, CourseListing, CoursePage, LessonPage, ModulePage, Visibility
from .rules import STARS, Ratings, Release


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as the curriculum lists it. `releases` are its own and its module's: it opens when
    all of them have come."""

    id: int
    title: str
    summary: str
    minutes: int
    free_preview: bool
    required: bool
    path: str
    releases: tuple[Release, ...] = ()


@dataclass(slots=True)
class Module:
    """A part of the curriculum; `id` is None for lessons that stand directly below the course."""

    id: int | None
    title: str
    summary: str
    lessons: list[Lesson] = field(default_factory=list)
    releases: tuple[Release, ...] = ()

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)


@dataclass(slots=True)
class Curriculum:
    """A course's published modules and lessons in the author's order."""

    modules: list[Module]

    @property
    def lessons(self) -> list[Lesson]:
        return [lesson for module in self.modules for lesson in module.lessons]

    @property
    def minutes(self) -> int:
        return sum(module.minutes for module in self.modules)

    def around(self, lesson_id: int) -> tuple[Lesson | None, Lesson | None]:
        """The lessons before and after; None at the ends. Raises ValueError for a stranger."""
        lessons = self.lessons
        at = [lesson.id for lesson in lessons].index(lesson_id)
        return (
            lessons[at - 1] if at else None,
            lessons[at + 1] if at + 1 < len(lessons) else None,
        )


def curriculum(course: Page) -> Curriculum:
    """The published curriculum of `course`, in two queries however long it is."""
    return curricula([course])[course.pk]


def curricula(courses: Iterable[Page]) -> dict[int, Curriculum]:
    """{course id: its published curriculum}, in two queries for all of them.

    A lesson stands only if it and its module are published. Whether the *course* is published does
    not matter: students keep access to a course that was taken off the marketplace.
    """
    by_path = {course.path: course for course in courses}
    found = {course.pk: Curriculum([]) for course in by_path.values()}
    if not by_path:
        return found
    below = reduce(or_, (Q(path__startswith=path) for path in by_path))
    modules = {
        row["path"]: Module(
            id=row["pk"], title=row["title"], summary=row["summary"], releases=_releases(row)
        )
        for row in ModulePage.objects.filter(below)
        .live()
        .order_by("path")
        .values("pk", "path", "title", "summary", *RELEASE)
    }
    lessons = (
        LessonPage.objects.filter(below)
        .live()
        .order_by("path")
        .annotate(length=Coalesce("minutes", "estimated_minutes"))
        .values("pk", "path", "title", "summary", "length", "free_preview", "required", *RELEASE)
    )
    for row in lessons:
        parent = row["path"][: -Page.steplen]
        if course := by_path.get(parent):
            module = None
        elif module := modules.get(parent):
            course = by_path[parent[: -Page.steplen]]
        else:
            continue
        above = module.releases if module else ()
        _place(found[course.pk].modules, module).lessons.append(_lesson(row, above))
    return found


def _place(ordered: list[Module], module: Module | None) -> Module:
    """The module a lesson goes into, appended when it is new. Lessons that stand directly below
    the course share a nameless one with their neighbours."""
    last = ordered[-1] if ordered else None
    if module is None:
        if last is None or last.id is not None:
            ordered.append(Module(id=None, title="", summary=""))
    elif last is not module:
        ordered.append(module)
    return ordered[-1]


RELEASE = ("release_at", "release_after_days")


def _releases(row: dict[str, Any]) -> tuple[Release, ...]:
    found = Release(row["release_at"], row["release_after_days"])
    return () if found == Release() else (found,)


def _lesson(row: dict[str, Any], above: tuple[Release, ...]) -> Lesson:
    return Lesson(
        id=row["pk"],
        title=row["title"],
        summary=row["summary"],
        minutes=row["length"],
        free_preview=row["free_preview"],
        required=row["required"],
        path=row["path"],
        releases=(*above, *_releases(row)),
    )


def visible_listings(provider=None) -> QuerySet[CourseListing]:
    """The courses a visitor may find: on the marketplace, or on `provider`'s own site."""
    if provider is None:
        return CourseListing.objects.filter(live=True, visibility=Visibility.MARKETPLACE)
    return CourseListing.objects.filter(live=True, provider=provider)


def ratings_of(course: Page) -> Ratings:
    """How a course was rated; none where it was never published."""
    listing = CourseListing.objects.filter(pk=course.pk).first()
    return listing.ratings if listing else Ratings()


def instructor_ratings(person: Any, provider=None) -> Ratings:
    """All ratings of all courses `person` teaches, published or not any more; none of private
    portals but the one the reader is on. One query."""
    seen = Q(provider__is_portal=False) | Q(provider=provider)
    rows = CourseListing.objects.filter(seen, instructors=person)
    found = rows.aggregate(**{f"stars_{star}": Sum(f"stars_{star}", default=0) for star in STARS})
    return Ratings(tuple(found[f"stars_{star}"] for star in STARS))


def other_languages(course: CoursePage, provider=None) -> list[CourseListing]:
    """The course in other languages, as far as a visitor of this site may find them."""
    rows = visible_listings(provider).filter(course__translation_key=course.translation_key)
    return list(rows.exclude(pk=course.pk).order_by("language"))


def similar_listings(
    course: CoursePage, categories: Sequence[Category], provider=None, limit: int = 3
) -> list[CourseListing]:
    """The most popular other courses of the first category that a visitor of this site may find."""
    if not categories:
        return []
    rows = (
        visible_listings(provider)
        .filter(category_rows__category=categories[0])
        .order_by("-category_rows__learners", "-category_rows__listing_id")
    )
    return [row for row in rows[: limit + 1] if row.pk != course.pk][:limit]
