"""Grades for templates, those of apps below too."""

from decimal import Decimal

from django import template

from lms.courses.models import LessonPage
from lms.enrolments.selectors import CourseAccess
from lms.grades import rendering, rules, selectors
from lms.grades.models import Item
from lms.grades.selectors import CourseWork

register = template.Library()


register.filter("plain", rendering.shown)
register.simple_tag(rendering.work_url)


@register.simple_tag
def course_work(access: CourseAccess, lesson: LessonPage) -> CourseWork:
    """What a lesson's page leads its reader to besides lessons."""
    if access.way == "preview":
        return CourseWork()
    return selectors.course_work(access, lesson.pk)


@register.filter
def shown(points: Decimal) -> str:
    """Exact points as they are shown."""
    return rendering.shown(rules.shown(points))


@register.filter
def column_name(item: Item) -> str:
    """What the column of an item is called."""
    return selectors.name_of(item)
