"""Why somebody has no seat, said so that they know what to do next."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, DomainError, Forbidden, Gone, NotFound


class ClassFull(Conflict):
    """`details`: {"limit": seats there are}."""

    code = "CLASS_FULL"
    message = _("All seats in this course are taken.")


class EnrolmentClosed(Conflict):
    code = "ENROLMENT_CLOSED"
    message = _("This course is not published at the moment, so nobody new can enrol.")


class MembersOnly(Forbidden):
    """The course stands in a portal."""

    code = "MEMBERS_ONLY"
    message = _("This course is for members of the school. Please ask the school to add you.")


class SeatWithdrawn(Forbidden):
    code = "SEAT_WITHDRAWN"
    message = _("The provider ended your enrolment in this course. Please write to them.")


class NoSeat(DomainError):
    """The course exists and may be known, but its content is for those who are enrolled.

    `course` and `lesson` (a curriculum entry) say what was asked for. 401 for visitors, who may
    only have to sign in; 403 for everybody else.
    """

    code: ClassVar[str] = "NOT_ENROLLED"
    status: ClassVar[int] = 403
    message = _("Enrol in this course to read its lessons.")

    def __init__(self, *, course: Any, lesson: Any = None) -> None:
        super().__init__(details={"course": course.pk})
        self.course = course
        self.lesson = lesson


class SignedOut(NoSeat):
    code = "SIGN_IN_REQUIRED"
    status = 401
    message = _("Sign in and enrol to read the lessons of this course.")


class LessonClosed(NoSeat):
    """They have a seat, but the course opens its lessons one by one (lms.enrolments.opening)."""

    code = "LESSON_CLOSED"
    message = _(
        "This lesson is not open to you yet. In this course your teacher opens lessons by a lesson "
        "plan."
    )


class GroupExists(Conflict):
    code = "GROUP_EXISTS"
    message = _("There is a group of this name already. Please choose another name.")


class LessonMoved(DomainError):
    """The lesson stands in another course now. `course_id` says which."""

    code = "LESSON_MOVED"
    status = 409
    message = _("This lesson has moved to another course.")

    def __init__(self, *, course_id: int, lesson_id: int) -> None:
        super().__init__(details={"course": course_id, "lesson": lesson_id})
        self.course_id = course_id
        self.lesson_id = lesson_id


class LessonRemoved(Gone):
    """`details`: {"course": its id}."""

    template = "enrolments/no_lesson.html"
    message = _("This lesson has been removed from the course. What you learnt stays yours.")


class LessonWithdrawn(NotFound):
    """`details`: {"course": its id}."""

    template = "enrolments/no_lesson.html"
    message = _("This lesson is not published at the moment.")
