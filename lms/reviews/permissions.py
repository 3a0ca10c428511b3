"""Who answers reviews, and who decides which are shown."""

from typing import Any

from lms.courses.models import CoursePage
from lms.courses.teachers import teachers_of
from lms.tenants.permissions import Code, can, is_operator


def may_answer(user: Any, course: CoursePage) -> bool:
    """Whether `user` speaks for those who teach at the course's provider."""
    return bool(user.is_authenticated and can(user, Code.ANSWER_REVIEWS, course))


def teaches(user: Any, course: CoursePage) -> bool:
    return any(one.pk == user.pk for one in teachers_of(course))


def may_moderate(user: Any, course: CoursePage) -> bool:
    """Whether `user` decides which reviews of `course` are shown: never one who teaches it. The
    operators may always."""
    if not (user.is_authenticated and can(user, Code.MODERATE_REVIEWS, course)):
        return False
    return is_operator(user) or not teaches(user, course)
