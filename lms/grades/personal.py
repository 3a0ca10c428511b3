"""What the gradebook holds about a person."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import RECORD, acted, hold

ITEM = (
    ("item__title", _("item of the gradebook")),
    ("item__homework__title", _("homework")),
    ("item__assessment__title", _("assessment")),
)

hold(
    "grades.Entry",
    "enrolment__student",
    (*ITEM, "kind", "points", "reason", "set_at"),
    stays=RECORD,
    blank={"reason": ""},
    label=_("grades set for you by hand"),
)
acted("grades.Entry", "set_by", (*ITEM, "set_at"), label=_("grades you set by hand"))
