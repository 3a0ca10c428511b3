"""What an operator has decided about a teacher of the public marketplace."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class Teacher(models.TextChoices):
    PENDING = "pending", _("Waits")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


APPROVE, REFUSE = "approve", "refuse"

TEACHER = Machine(
    "teacher",
    {
        Teacher.PENDING: _("Published a first course; no operator has looked at the teacher yet."),
        Teacher.APPROVED: _("Courses are listed on the marketplace."),
        Teacher.REFUSED: _("Courses stand on their schools' own sites only."),
    },
    initial=Teacher.PENDING,
    transitions={
        (Teacher.PENDING, APPROVE): Teacher.APPROVED,
        (Teacher.PENDING, REFUSE): Teacher.REFUSED,
        (Teacher.APPROVED, REFUSE): Teacher.REFUSED,
        (Teacher.REFUSED, APPROVE): Teacher.APPROVED,
    },
)
