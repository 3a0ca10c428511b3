"""Schools, courses and completions, for fixtures and for Hypothesis."""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from django.test import TestCase

from home import actions as home
from home.models import ProviderPage
from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments import actions as enrolments
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.progress import actions as progress
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, person


def school(slug: str = "acme", **fields: Any) -> Provider:
    """An open house with its page and host name; its admin is <slug>-admin."""
    home.set_up_marketplace()
    owner = person(f"{slug}-admin")
    return home.open_provider(
        name=fields.pop("name", slug.title()), slug=slug, owner=owner, actor=SYSTEM, **fields
    )


def course(
    provider: Provider,
    lessons: int = 1,
    optional: int = 0,
    instructors: Any = (),
    categories: Any = (),
    **fields: Any,
) -> CoursePage:
    """A published course with so many required and optional lessons of ten minutes."""
    values = {"title": "Night Sky", "summary": "Look up.", **fields}
    page = CoursePage(provider=provider, **values)
    # Read again: what one Hypothesis example adds is undone before the next.
    ProviderPage.objects.get(provider=provider).add_child(instance=page)
    page.instructors.set(instructors)
    page.categories.set(categories)
    page.save_revision().publish()
    for number in range(lessons + optional):
        lesson = LessonPage(title=f"Lesson {number}", minutes=10, required=number < lessons)
        page.add_child(instance=lesson)
        lesson.save_revision().publish()
    return CoursePage.objects.get(pk=page.pk)


class Shelf:
    """Courses laid out once for all examples of a property: `make(wanted)` makes one.

    Ask outside of `fresh_rows()`, which would undo what is laid out.
    """

    def __init__(self, make: Callable[[Any], CoursePage]) -> None:
        self._make = make
        self._made: defaultdict[Any, list[int]] = defaultdict(list)

    def __call__(self, *wanted: Any) -> list[CoursePage]:
        """A course of its own for each, read again; nothing is cached of what an earlier example
        did to them.
        """
        forget_cached()
        unused = {}
        for one, count in Counter(wanted).items():
            made = self._made[one]
            while len(made) < count:
                made.append(self._make(one).pk)
            unused[one] = iter(made)
        return [CoursePage.objects.get(pk=next(unused[one])) for one in wanted]


def lessons_of(page: CoursePage) -> list[LessonPage]:
    """In the author's order: the required ones first."""
    return list(LessonPage.objects.child_of(page).order_by("path"))


def enrol(student: Any, page: CoursePage) -> Enrolment:
    return enrolments.enrol(page, student, actor=student, at=clock.now())


def complete(enrolment: Enrolment, lessons: list[LessonPage] | None = None) -> Enrolment:
    """Complete `lessons` (default: all), with everything that happens after the commits."""
    with provider_scope(enrolment.provider_id):
        for lesson in lessons_of(enrolment.course) if lessons is None else lessons:
            with TestCase.captureOnCommitCallbacks(execute=True):
                progress.complete_lesson(enrolment, lesson, actor=enrolment.student, at=clock.now())
        return Enrolment.objects.get(pk=enrolment.pk)


def named(key: str, name: str) -> Any:
    """A person with e-mail <key>@example.org who is called `name`."""
    user = person(key)
    user.name = name
    user.save()
    return user
