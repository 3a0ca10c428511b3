"""The life of a list of people that a house brings in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """How far a list is."""

    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Waits for your word")
    IMPORTING = "importing", _("Being brought in")
    DONE = "done", _("Brought in")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


CHECK, CONFIRM, FINISH, UNDO, UNDO_ALL = "check", "confirm", "finish", "undo", "finish_undo"

PEOPLE = Machine(
    "people_import",
    {
        State.CHECKING: _("The worker finds out what each row would do; nothing is written."),
        State.CHECKED: _("The house's admins read the report, and confirm or throw away."),
        State.IMPORTING: _("The worker brings rows in, some hundred at a time."),
        State.DONE: _("Every row has its result; for some days it can be undone."),
        State.UNDOING: _("The worker takes back what the list did."),
        State.UNDONE: _("Taken back, but for those who have done something since."),
    },
    initial=State.CHECKING,
    transitions={
        (State.CHECKING, CHECK): State.CHECKED,
        (State.CHECKED, CONFIRM): State.IMPORTING,
        (State.IMPORTING, FINISH): State.DONE,
        (State.DONE, UNDO): State.UNDOING,
        (State.UNDOING, UNDO_ALL): State.UNDONE,
    },
)
# In these the worker has something to do.
BUSY = (State.CHECKING, State.IMPORTING, State.UNDOING)
