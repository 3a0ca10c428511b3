"""The life of a certificate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    """What the verification page says."""

    ISSUED = "issued", _("Valid")
    REVOKED = "revoked", _("Revoked")


REVOKE = "revoke"

CERTIFICATE = Machine(
    "certificate",
    {
        State.ISSUED: _("Stands for what it says."),
        State.REVOKED: _("Withdrawn for good, with a reason that its verification page shows."),
    },
    initial=State.ISSUED,
    transitions={(State.ISSUED, REVOKE): State.REVOKED},
)
