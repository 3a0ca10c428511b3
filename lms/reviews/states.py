"""The life of a review."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """What a review is to its author."""

    WAITING = "waiting", _("Waits for approval")
    SHOWN = "shown", _("Shown")
    HIDDEN = "hidden", _("Hidden")


SHOW, HIDE, REVISE = "show", "hide", "revise"

REVIEW = Machine(
    "review",
    {
        State.WAITING: _("A moderator looks at it first; it counts nowhere yet."),
        State.SHOWN: _("Everybody who sees the course reads it, and it counts."),
        State.HIDDEN: _("A moderator hid it and said why; its author may change it and try again."),
    },
    initial=State.WAITING,
    transitions={
        (State.WAITING, SHOW): State.SHOWN,
        (State.HIDDEN, SHOW): State.SHOWN,
        (State.WAITING, HIDE): State.HIDDEN,
        (State.SHOWN, HIDE): State.HIDDEN,
        (State.SHOWN, REVISE): State.WAITING,
        (State.HIDDEN, REVISE): State.WAITING,
    },
)
