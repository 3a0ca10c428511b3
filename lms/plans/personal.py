"""What lesson plans hold about a person."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold

PLAN = ("plan__title", _("lesson plan"))

hold(
    "plans.Assignment", "enrolment__student", (PLAN, "assigned_at"), label=_("lesson plans you got")
)
acted(
    "plans.Assignment", "assigned_by", (PLAN, "assigned_at"), label=_("lesson plans you gave out")
)
