"""What the lesson viewer shows around a lesson's body."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from lms.courses.selectors import Lesson
from lms.enrolments.selectors import LessonAccess, Way

from . import selectors
from .models import LessonProgress
from .selectors import CourseProgress


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson in the sidebar. `url` is empty where it is locked, and `opens_at` says until when
    it is, where time alone opens it."""

    id: int
    title: str
    minutes: int | None
    url: str
    done_at: datetime | None
    current: bool
    preview: bool
    optional: bool
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A module in the sidebar; `title` is empty for lessons directly below the course."""

    title: str
    rows: list[Row]
    open: bool

    @property
    def done(self) -> int:
        return sum(row.done_at is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """The sidebar, the neighbours and the reader's own state of the lesson."""

    course_url: str
    parts: list[Part]
    current: Row
    module: str
    previous: Link | None
    next: Link | None
    progress: CourseProgress | None
    mine: LessonProgress | None

    @property
    def part(self) -> Part:
        """The one that has the lesson."""
        return next(part for part in self.parts if part.open)

    @property
    def positions(self) -> dict[str, Any]:
        """Where recordings were left, in seconds by media id."""
        return self.mine.positions if self.mine else {}

    @classmethod
    def of(
        cls,
        access: LessonAccess,
        request: HttpRequest,
        opened: Mapping[int, LessonProgress] | None = None,
    ) -> "Viewer":
        """`opened` are the student's rows, where they are at hand. The queries of `course_progress`
        for a student and one without `opened`; none for anybody else."""
        progress = mine = None
        if access.enrolment:
            opened = selectors.opened_lessons(access.enrolment) if opened is None else opened
            progress = selectors.course_progress(access.enrolment, access.curriculum, opened)
            mine = opened.get(access.lesson.pk)
        parts = _parts(access, progress.completed if progress else {})
        rows = [row for part in parts for row in part.rows]
        at = next(index for index, row in enumerate(rows) if row.current)
        return cls(
            course_url=access.course.get_url(request) or "",
            parts=parts,
            current=rows[at],
            module=next(part.title for part in parts if part.open),
            previous=_link(rows[at - 1]) if at else None,
            next=_link(rows[at + 1]) if at + 1 < len(rows) else None,
            progress=progress,
            mine=mine,
        )


def _parts(access: LessonAccess, completed: dict[int, datetime]) -> list[Part]:
    # One reverse() for the course: hundreds of them would cost more than the rest of the page.
    base = reverse("learn:lesson", args=[access.course.pk, 0]).removesuffix("0/")

    def row(lesson: Lesson) -> Row:
        return Row(
            id=lesson.id,
            title=lesson.title,
            minutes=lesson.minutes,
            url=f"{base}{lesson.id}/" if access.is_open(lesson) else "",
            done_at=completed.get(lesson.id),
            current=lesson.id == access.lesson.pk,
            preview=access.way == Way.PREVIEW and lesson.free_preview,
            optional=not lesson.required,
            opens_at=access.opens_at(lesson),
        )

    return [
        Part(
            title=module.title,
            rows=(rows := [row(lesson) for lesson in module.lessons]),
            open=any(one.current for one in rows),
        )
        for module in access.curriculum.modules
    ]


def _link(row: Row) -> Link | None:
    return Link(row.title, row.url) if row.url else None
