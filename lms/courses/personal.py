"""What courses hold about a person who teaches."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold
from lms.courses import actions


def _no_longer_listed(batch: list[Any], person: Any) -> None:
    """Listings repeat the names of those who teach."""
    for row in batch:
        actions.leave_listing(row.courselisting, person)


hold(
    "courses.CoursePage_instructors",
    "user",
    (("coursepage__title", _("course")),),
    label=_("courses that name you as an instructor"),
)
hold(
    "courses.CourseListing_instructors",
    "user",
    (("courselisting__title", _("course")),),
    label=_("courses in the catalogue that name you as an instructor"),
    forget=_no_longer_listed,
)
hold(
    "courses.TeacherApproval",
    "user",
    ("state", "reason", "asked_at", "decided_at"),
    label=_("whether you may teach on the marketplace"),
)
acted(
    "courses.TeacherApproval", "decided_by", ("decided_at",), label=_("teachers you decided about")
)
