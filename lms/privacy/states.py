"""The life of an erasure that somebody asked for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    WAITING = "waiting", _("Asked for")
    TAKEN_BACK = "taken_back", _("Taken back")
    ERASING = "erasing", _("Being erased")
    ERASED = "erased", _("Erased")


TAKE_BACK, BEGIN, FINISH = "take_back", "begin", "finish"

ERASURE = Machine(
    "erasure",
    {
        State.WAITING: _("Asked for; the account works, and the person may take it back."),
        State.TAKEN_BACK: _("The person stays. They may ask anew."),
        State.ERASING: _("The time is over: nobody signs in any more, and rows go in batches."),
        State.ERASED: _("What is left has no name."),
    },
    initial=State.WAITING,
    transitions={
        (State.WAITING, TAKE_BACK): State.TAKEN_BACK,
        (State.WAITING, BEGIN): State.ERASING,
        (State.ERASING, FINISH): State.ERASED,
    },
)


class Packed(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    MAKING = "making", _("Being packed")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


MAKE, RETRY, FAIL, DONE = "make", "retry", "fail", "done"

DATA_EXPORT = Machine(
    "data_export",
    {
        Packed.WAITING: _("A worker will take it up."),
        Packed.MAKING: _("A worker is packing it."),
        Packed.READY: _("It can be downloaded until its time is over."),
        Packed.FAILED: _("Nothing was made; the person may ask again."),
    },
    initial=Packed.WAITING,
    transitions={
        (Packed.WAITING, MAKE): Packed.MAKING,
        (Packed.MAKING, RETRY): Packed.WAITING,
        (Packed.MAKING, FAIL): Packed.FAILED,
        (Packed.WAITING, FAIL): Packed.FAILED,
        (Packed.MAKING, DONE): Packed.READY,
    },
)
