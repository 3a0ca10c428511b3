"""The life of a piece of homework, and of a student's work on it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """What a piece of homework is to those who set it."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    ASSIGNED = "assigned", _("Assigned")
    WITHDRAWN = "withdrawn", _("Withdrawn")


SCHEDULE, ASSIGN, WITHDRAW = "schedule", "assign", "withdraw"

HOMEWORK = Machine(
    "homework",
    {
        State.DRAFT: _("Being written; students don't see it."),
        State.SCHEDULED: _("Will be handed out at its time."),
        State.ASSIGNED: _("Students see it and hand in."),
        State.WITHDRAWN: _("Hidden from students again; their work is kept."),
    },
    initial=State.DRAFT,
    transitions={
        (State.DRAFT, SCHEDULE): State.SCHEDULED,
        (State.SCHEDULED, SCHEDULE): State.SCHEDULED,
        (State.DRAFT, ASSIGN): State.ASSIGNED,
        (State.SCHEDULED, ASSIGN): State.ASSIGNED,
        (State.WITHDRAWN, ASSIGN): State.ASSIGNED,
        (State.SCHEDULED, WITHDRAW): State.WITHDRAWN,
        (State.ASSIGNED, WITHDRAW): State.WITHDRAWN,
    },
)


class WorkState(models.TextChoices):
    """How far a student's work is. Whether it is late or overdue, the clock decides (rules)."""

    PENDING = "pending", _("Not submitted")
    SUBMITTED = "submitted", _("Submitted")
    GRADED = "graded", _("Graded")


SUBMIT, RESUBMIT, UNMARK, GRADE = "submit", "resubmit", "unmark", "grade"

WORK = Machine(
    "homework_work",
    {
        WorkState.PENDING: _("Nothing has been handed in, or it was taken back."),
        WorkState.SUBMITTED: _("Handed in; feedback is still to come."),
        WorkState.GRADED: _("The student has feedback on what they handed in last."),
    },
    initial=WorkState.PENDING,
    transitions={
        (WorkState.PENDING, SUBMIT): WorkState.SUBMITTED,
        (WorkState.SUBMITTED, RESUBMIT): WorkState.SUBMITTED,
        (WorkState.GRADED, RESUBMIT): WorkState.SUBMITTED,
        (WorkState.SUBMITTED, UNMARK): WorkState.PENDING,
        (WorkState.GRADED, UNMARK): WorkState.PENDING,
        (WorkState.SUBMITTED, GRADE): WorkState.GRADED,
        (WorkState.GRADED, GRADE): WorkState.GRADED,
    },
)


class Marked(models.TextChoices):
    """How far two markers are with a submission. One that is marked once stays open."""

    OPEN = "open", _("Not marked yet")
    ONCE = "once", _("Waits for second marker")
    APART = "apart", _("To reconcile")
    AGREED = "agreed", _("Final mark")


MARK, TAKE_BACK, AGREE, DIFFER = "mark", "take_back", "agree", "differ"
DECIDE, RECONSIDER = "decide", "reconsider"

MARKING = Machine(
    "homework_second_marking",
    {
        Marked.OPEN: _("No marker is done, or one alone marks it."),
        Marked.ONCE: _("One marker is done; the second is still to come."),
        Marked.APART: _("Both are done and too far apart: somebody has to decide."),
        Marked.AGREED: _("There is a final mark, which can be released."),
    },
    initial=Marked.OPEN,
    transitions={
        (Marked.OPEN, MARK): Marked.ONCE,
        (Marked.ONCE, TAKE_BACK): Marked.OPEN,
        (Marked.ONCE, AGREE): Marked.AGREED,
        (Marked.ONCE, DIFFER): Marked.APART,
        (Marked.APART, DECIDE): Marked.AGREED,
        (Marked.AGREED, RECONSIDER): Marked.APART,
    },
    field="marked",
)
