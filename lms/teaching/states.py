"""The life of an announcement."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


PUBLISH, WITHDRAW = "publish", "withdraw"

ANNOUNCEMENT = Machine(
    "announcement",
    {
        State.SCHEDULED: _("It waits for its moment; students don't see it."),
        State.PUBLISHED: _("Students see it until it expires, and were written to."),
        State.WITHDRAWN: _("Nobody sees it any more. What was sent by mail stays sent."),
    },
    initial=State.SCHEDULED,
    transitions={
        (State.SCHEDULED, PUBLISH): State.PUBLISHED,
        (State.SCHEDULED, WITHDRAW): State.WITHDRAWN,
        (State.PUBLISHED, WITHDRAW): State.WITHDRAWN,
        (State.WITHDRAWN, PUBLISH): State.PUBLISHED,
    },
)
