"""Why something about a review is refused, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, Forbidden


class NotCompleted(Forbidden):
    code = "COURSE_NOT_COMPLETED"
    template = "errors/error.html"
    message = _("Only who has completed a course can review it. Finish it first, then come back.")


class OwnCourse(Forbidden):
    code = "OWN_COURSE"
    template = "errors/error.html"
    message = _(
        "You teach this course, so others decide which of its reviews are shown. You can answer "
        "this one, or report it to them."
    )


class NotShown(Conflict):
    code = "REVIEW_NOT_SHOWN"
    message = _("Only reviews that are shown can be answered. Have it approved first.")
