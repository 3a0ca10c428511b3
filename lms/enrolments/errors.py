"""Why somebody has no seat, said so that they know what to do next."""

from collections.abc import Mapping, Sequence
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


class PrerequisiteMissing(Conflict):
    """`details`: {"courses": ids of those to complete first}."""

    code = "PREREQUISITE"
    message = _("Complete the courses this one builds on first. Then you can enrol.")


class TooLateToUndo(Conflict):
    code = "TOO_LATE_TO_UNDO"
    message = _("Leaving can be undone for a day. Please enrol again, or ask the school.")


class EndInThePast(Conflict):
    code = "END_IN_THE_PAST"
    message = _("Choose a time that is still to come.")


class EntryByRequest(Forbidden):
    code = "ENTRY_BY_REQUEST"
    message = _("The teacher decides who joins this course. Ask to join on the course’s page.")


class EntryByInvitation(Forbidden):
    code = "ENTRY_BY_INVITATION"
    message = _(
        "This course is by invitation. Enter the code you were given, or ask the teacher for one."
    )


class MembersOnly(Forbidden):
    """The course stands in a portal."""

    code = "MEMBERS_ONLY"
    message = _("This course is for members of the school. Please ask the school to add you.")


class SeatWithdrawn(Forbidden):
    code = "SEAT_WITHDRAWN"
    message = _("The provider ended your enrolment in this course. Please write to them.")


class SeatExpired(SeatWithdrawn):
    code = "ACCESS_EXPIRED"
    message = _("Your access to this course has ended. Please ask the school to extend it.")


class NoSeat(DomainError):
    """The course exists and may be known, but it or the lesson is closed to the reader.

    `course` and `lesson` (a curriculum entry) say what was asked for, `reasons` why it is closed
    (lms.enrolments.access), the first one first; the kinds of error are its kinds. `details`:
    {"course": its id, "reasons": [{"code", "message", "when", "courses", "lesson"}, …]}.
    """

    code: ClassVar[str] = "NOT_ENROLLED"
    status: ClassVar[int] = 403
    message = _("Enrol in this course to read its lessons.")

    def __init__(
        self,
        *,
        course: Any,
        lesson: Any = None,
        reasons: Sequence[Any] = (),
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(details={"course": course.pk, **(details or {})})
        self.course = course
        self.lesson = lesson
        self.reasons = reasons
        if reasons:
            self.message = reasons[0].sentence


class SignedOut(NoSeat):
    """401: they may only have to sign in."""

    code = "SIGN_IN_REQUIRED"
    status = 401
    message = _("Sign in and enrol to read the lessons of this course.")


class SeatGivenUp(NoSeat):
    code = "SEAT_GIVEN_UP"


class SeatTaken(NoSeat):
    """By the provider."""

    code = "SEAT_WITHDRAWN"


class AccessExpired(NoSeat):
    code = "ACCESS_EXPIRED"


class CohortOver(NoSeat):
    code = "COHORT_OVER"


class CohortNotStarted(NoSeat):
    code = "COHORT_NOT_STARTED"


class NotReleased(NoSeat):
    code = "NOT_RELEASED"


class LessonClosed(NoSeat):
    """The course opens its lessons by plan (lms.enrolments.opening), and no plan opens this one."""

    code = "LESSON_CLOSED"


class LessonLocked(NoSeat):
    """The lessons open one after another, and another comes first."""

    code = "LESSON_LOCKED"


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
