"""Why something about homework is refused, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class TooLate(Conflict):
    """`details`: {"deadline": ISO 8601}."""

    code = "HOMEWORK_TOO_LATE"
    message = _(
        "The deadline has passed, so nothing more can be handed in. Please write to your teacher."
    )


class AlreadySubmitted(Conflict):
    code = "HOMEWORK_ALREADY_SUBMITTED"
    message = _("You have handed this in already, and it can't be handed in again.")


class HandedInAlready(Conflict):
    code = "HOMEWORK_HANDED_IN_ALREADY"
    message = _(
        "Somebody has handed this in, so it can't be deleted. Withdraw it: students don't see it "
        "any more, and their work is kept."
    )


class SavedByAnother(Conflict):
    """Another marker saved first. `details`: {"version": theirs, "by": their name}."""

    code = "MARKING_SAVED_BY_ANOTHER"
    message = _("Somebody else saved feedback on this in the meantime. Please look at theirs.")


class MarkedByTwo(Conflict):
    code = "MARKED_BY_TWO"
    message = _("Two others mark this already. Please go on to the next one.")


class MarkIsDone(Conflict):
    code = "MARK_IS_DONE"
    message = _("You are done with this. Take your mark back first to change it.")


class NotAgreed(Conflict):
    code = "MARKS_NOT_AGREED"
    message = _(
        "There is no final mark yet: two markers have to be done, and somebody has to decide "
        "where they differ."
    )


class SecondHasBegun(Conflict):
    code = "SECOND_MARKER_HAS_BEGUN"
    message = _("Two have begun to mark this, so both are needed.")


class HandedInAnew(Conflict):
    code = "HOMEWORK_HANDED_IN_ANEW"
    message = _("The student has handed in something newer. Please look at that first.")


class NothingToRelease(Conflict):
    code = "NOTHING_TO_RELEASE"
    message = _("There is nothing to tell the student yet: give points, a verdict or some words.")
