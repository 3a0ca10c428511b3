"""Why something about an assessment is refused, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class NotOpen(Conflict):
    """`details`: {"opens_at": ISO 8601 or None, "closes_at": the same}."""

    code = "ASSESSMENT_NOT_OPEN"
    message = _("This assessment is not open now.")


class NoAttemptsLeft(Conflict):
    code = "NO_ATTEMPTS_LEFT"
    message = _("You have used all your attempts. Your teacher can give you another one.")


class TimeUp(Conflict):
    """The answer came after the end. It is kept, for the marker to see; it does not count."""

    code = "TIME_UP"
    message = _("Time is up. What you had answered until then has been handed in.")


class AttemptClosed(Conflict):
    code = "ATTEMPT_CLOSED"
    message = _("This attempt has been handed in already.")


class AnsweredElsewhere(Conflict):
    """Another tab or device saved this answer first. `details`: {"version", "answer"}: what is
    kept."""

    code = "ANSWERED_ELSEWHERE"
    message = _("You answered this question in another window in the meantime.")


class NothingToTake(Conflict):
    code = "NOTHING_TO_TAKE"
    message = _("An assessment needs at least one question before it can be published.")


class TooFewToDraw(Conflict):
    """`details`: {"place": from 1}."""

    code = "TOO_FEW_TO_DRAW"
    message = _("There are fewer questions with these tags than are to be drawn.")


class GradesMoved(Conflict):
    """What would change is not what was shown."""

    code = "GRADES_MOVED"
    message = _("Something was marked in the meantime. Please look at the changes once more.")


class MarkedByAnother(Conflict):
    """`details`: {"points", "comment"}: what is kept."""

    code = "MARKED_BY_ANOTHER"
    message = _("Somebody else marked this answer in the meantime.")


class NotAllMarked(Conflict):
    code = "NOT_ALL_MARKED"
    message = _("Some answers of this attempt are not marked yet.")
