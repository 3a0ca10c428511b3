"""The life of a report as a file."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


MAKE, FINISH, FAIL, RETRY, AGAIN = "make", "finish", "fail", "retry", "again"

EXPORT = Machine(
    "report_export",
    {
        State.WAITING: _("Asked for; the worker has not begun."),
        State.MAKING: _("The worker is writing the file."),
        State.READY: _("The file can be downloaded until it ends."),
        State.FAILED: _("It went wrong several times; the person may have it tried again."),
    },
    initial=State.WAITING,
    transitions={
        (State.WAITING, MAKE): State.MAKING,
        (State.MAKING, FINISH): State.READY,
        (State.MAKING, FAIL): State.FAILED,
        # It went wrong, or the worker died over it; a while later it is tried again.
        (State.MAKING, RETRY): State.WAITING,
        (State.FAILED, AGAIN): State.WAITING,
    },
)
