"""Progress for templates of apps that stand below this one."""

from django import template

from lms.courses.details import duration
from lms.enrolments.models import Enrolment
from lms.progress import selectors

register = template.Library()


@register.simple_tag
def course_progress(enrolment: Enrolment) -> selectors.CourseProgress:
    """How far the student of `enrolment` is."""
    return selectors.course_progress(enrolment)


register.filter("duration", duration)
