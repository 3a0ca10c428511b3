"""A course's modules and lessons as its authors see them: drafts included, in the tree's order."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Coalesce
from django.urls import reverse
from wagtail.models import Page

ADD = {"module": "modulepage", "lesson": "lessonpage"}


@dataclass(slots=True)
class Row:
    """A module or lesson. Addresses are empty where the author may not do it."""

    page: Page
    kind: str  # "module" or "lesson"
    edit_url: str
    add_lesson_url: str = ""
    free_preview: bool = False
    minutes: int = 0
    lessons: list["Row"] = field(default_factory=list)


def outline(parent: Page, user: Any, back_to: str) -> list[Row]:
    """What stands below a course or module. `back_to` is where its forms lead back to.

    Four queries, however many pages.
    """
    from .models import LessonPage, ModulePage

    pages = (
        Page.objects.descendant_of(parent)
        .type(ModulePage, LessonPage)
        .prefetch_workflow_states()
        .annotate_approved_schedule()
        .order_by("path")
    )
    lessons = {
        pk: (free, minutes)
        for pk, free, minutes in LessonPage.objects.descendant_of(parent)
        .annotate(length=Coalesce("minutes", "estimated_minutes"))
        .values_list("pk", "free_preview", "length")
    }
    top: list[Row] = []
    modules: dict[str, Row] = {}
    for page in pages:
        row = _row(page, user, back_to)
        if page.pk in lessons:
            row.free_preview, row.minutes = lessons[page.pk]
            module = modules.get(page.path[: -Page.steplen])
            (module.lessons if module else top).append(row)
        else:
            row.kind = "module"
            row.add_lesson_url = add_url("lesson", page, user, back_to)
            modules[page.path] = row
            top.append(row)
    return top


@dataclass(frozen=True, slots=True)
class Step:
    """A course or module above a page. `url` is "" where the author may not edit it."""

    title: str
    url: str


def trail(parent: Page, user: Any) -> list[Step]:
    """From the course down to `parent`, which is it or one of its modules."""
    from .models import CoursePage, ModulePage

    above = parent.get_ancestors(inclusive=True).type(CoursePage, ModulePage)
    return [
        Step(
            page.get_admin_display_title(),
            lessons_url(page) if page.permissions_for_user(user).can_edit() else "",
        )
        for page in above
    ]


def lessons_url(page: Page) -> str:
    """The form of a course or module, open where its lessons are listed."""
    return reverse("wagtailadmin_pages:edit", args=[page.pk]) + "#tab-lessons"


def add_url(kind: str, parent: Page, user: Any, back_to: str) -> str:
    """The form for a new "module" or "lesson" below `parent`; "" where `user` may not add."""
    if not parent.permissions_for_user(user).can_add_subpage():
        return ""
    return _with_next(
        reverse("wagtailadmin_pages:add", args=["courses", ADD[kind], parent.pk]), back_to
    )


def _row(page: Page, user: Any, back_to: str) -> Row:
    editable = page.permissions_for_user(user).can_edit()
    url = reverse("wagtailadmin_pages:edit", args=[page.pk]) if editable else ""
    return Row(page=page, kind="lesson", edit_url=url and _with_next(url, back_to))


def _with_next(url: str, back_to: str) -> str:
    return f"{url}?{urlencode({'next': back_to})}"
