"""The life of a report as a file."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


MAKE, FINISH, FAIL, RETRY = "make", "finish", "fail", "retry"

EXPORT = Machine(
    "report_export",
    {
        State.WAITING: _("Asked for; the worker has not begun."),
        State.MAKING: _("The worker is writing the file."),
        State.READY: _("The file can be downloaded until it ends."),
        State.FAILED: _("Something went wrong; it can be asked for again."),
    },
    initial=State.WAITING,
    transitions={
        (State.WAITING, MAKE): State.MAKING,
        (State.MAKING, FINISH): State.READY,
        (State.MAKING, FAIL): State.FAILED,
        # The worker died over it.
        (State.MAKING, RETRY): State.WAITING,
    },
)
