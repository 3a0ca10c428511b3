"""A gradebook for the demo: categories, columns of its own, and grades set by hand."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.grades import actions, selectors
from lms.grades.actions import Placement, Wish
from lms.grades.models import Category, Kind, Scheme
from lms.tenants.scope import provider_scope


def set_grades(course: CoursePage, described: dict[str, Any]) -> None:
    """What `described` (a part of grades.yaml) says, unless somebody said how it is graded."""
    with provider_scope(course.provider_id), transaction.atomic():
        if Scheme.objects.filter(course=course).exists():
            return
        teacher = User.objects.get(email=described["by"])
        actions.set_scheme(course, {"mode": "weighted"}, actor=teacher)
        rows = [
            Category(title=one["title"], weight=Decimal(one["weight"]), drop=one.get("drop", 0))
            for one in described["categories"]
        ]
        actions.set_categories(course, rows, actor=teacher)
        categories = {row.title: row for row in rows}
        _place(course, teacher, described, categories)
        for entry in described["columns"]:
            _column(course, teacher, entry, categories)


def _place(course: CoursePage, teacher: User, described: Any, categories: Any) -> None:
    of = {
        "homework": categories[described["homework"]],
        "assessment": categories[described["assessments"]],
    }
    columns = selectors.book_of(course).all_columns
    placed = [Placement(one.key, of[one.source], points=one.most) for one in columns]
    actions.place(course, placed, actor=teacher)


def _column(course: CoursePage, teacher: User, entry: dict[str, Any], categories: Any) -> None:
    item = actions.add_column(
        course,
        entry["title"],
        Decimal(entry["points"]),
        category=categories[entry["category"]],
        actor=teacher,
    )
    seats = Enrolment.objects.filter(course=course, student__email__in=entry["grades"])
    wishes = {
        seat.pk: {f"m{item.pk}": _wish(entry["grades"][seat.student.email])}
        for seat in seats.select_related("student")
    }
    actions.commit(course, wishes, actor=teacher, at=clock.now())


def _wish(said: Any) -> Wish:
    excused = said == selectors.EXCUSED
    return Wish(Kind.EXCUSED) if excused else Wish(Kind.POINTS, Decimal(str(said)))
