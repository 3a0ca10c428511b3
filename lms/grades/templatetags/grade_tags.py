"""Grades for templates, those of apps below too."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template

from lms.enrolments.selectors import CourseAccess
from lms.grades import rendering, rules, selectors
from lms.grades.models import Item

register = template.Library()


register.filter("plain", rendering.shown)
register.simple_tag(rendering.work_url)


@register.simple_tag
def shows_grades(access: CourseAccess, *work: Sequence[Any]) -> bool:
    """Whether the course's pages lead its reader to their grades. `work` is the reader's homework
    and assessments."""
    return access.way != "preview" and selectors.shows_grades(access, any(work))


@register.filter
def shown(points: Decimal) -> str:
    """Exact points as they are shown."""
    return rendering.shown(rules.shown(points))


@register.filter
def column_name(item: Item) -> str:
    """What the column of an item is called."""
    return selectors.name_of(item)
