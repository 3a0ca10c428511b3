"""The life of an assessment, and of a student's attempt at it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """What an assessment is to those who set it. Whether it is open now, the clock decides."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


PUBLISH, WITHDRAW = "publish", "withdraw"

ASSESSMENT = Machine(
    "assessment",
    {
        State.DRAFT: _("Being written; students don't see it."),
        State.PUBLISHED: _("Students see it and take it while it is open."),
        State.WITHDRAWN: _("Hidden from students again; their attempts are kept."),
    },
    initial=State.DRAFT,
    transitions={
        (State.DRAFT, PUBLISH): State.PUBLISHED,
        (State.WITHDRAWN, PUBLISH): State.PUBLISHED,
        (State.PUBLISHED, WITHDRAW): State.WITHDRAWN,
    },
)


class AttemptState(models.TextChoices):
    OPEN = "open", _("In progress")
    SUBMITTED = "submitted", _("Submitted")
    GRADED = "graded", _("Graded")


SUBMIT, GRADE, REOPEN = "submit", "grade", "reopen"

ATTEMPT = Machine(
    "assessment_attempt",
    {
        AttemptState.OPEN: _("The student is answering."),
        AttemptState.SUBMITTED: _(
            "Handed in, by the student or by the clock; part is to be marked."
        ),
        AttemptState.GRADED: _("All of it is marked; the student has a grade."),
    },
    initial=AttemptState.OPEN,
    transitions={
        (AttemptState.OPEN, SUBMIT): AttemptState.SUBMITTED,
        (AttemptState.SUBMITTED, GRADE): AttemptState.GRADED,
        (AttemptState.GRADED, REOPEN): AttemptState.SUBMITTED,
    },
)
