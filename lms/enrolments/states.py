"""The life of a seat in a course."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.common.states import Machine


class State(models.TextChoices):
    """What an enrolment is, in the student's words."""

    ACTIVE = "active", pgettext_lazy("state", "Enrolled")
    LEFT = "left", _("Left")
    REMOVED = "removed", _("Removed")
    EXPIRED = "expired", _("Access ended")


LEAVE, RETURN, UNDO, REMOVE, RESTORE = "leave", "return", "undo", "remove", "restore"
EXPIRE, EXTEND = "expire", "extend"

ENROLMENT = Machine(
    "enrolment",
    {
        State.ACTIVE: _("The student has a seat: the course's content is open."),
        State.LEFT: _("The student gave the seat up; the record of their work is kept."),
        State.REMOVED: _("The provider took the seat away; the record is kept."),
        State.EXPIRED: _(
            "The time was up before the course was completed; the seat is free again."
        ),
    },
    initial=State.ACTIVE,
    transitions={
        (State.ACTIVE, LEAVE): State.LEFT,
        (State.LEFT, RETURN): State.ACTIVE,
        (State.LEFT, UNDO): State.ACTIVE,
        (State.ACTIVE, REMOVE): State.REMOVED,
        (State.REMOVED, RESTORE): State.ACTIVE,
        (State.ACTIVE, EXPIRE): State.EXPIRED,
        (State.ACTIVE, EXTEND): State.ACTIVE,
        (State.EXPIRED, EXTEND): State.ACTIVE,
    },
)
