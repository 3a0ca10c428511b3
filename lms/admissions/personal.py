"""What the ways into courses hold about a person. Others' addresses, of those one invited, are not
told."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, by_address, hold
from lms.admissions import waitlist
from lms.admissions.models import OPEN_PLACES, WaitlistEntry
from lms.common import clock


def _leave_line(batch: list[Any], person: Any) -> None:
    """A seat that is offered goes to the next."""
    for entry in batch:
        if entry.state in OPEN_PLACES:
            waitlist.leave(entry, student=person, at=clock.now())
    WaitlistEntry.objects.filter(pk__in=[row.pk for row in batch]).delete()


hold(
    "admissions.WaitlistEntry",
    "student",
    ("course__title", "state", "joined_at", "offered_at", "expires_at", "ended_at"),
    forget=_leave_line,
    label=_("your places on waitlists"),
)
hold(
    "admissions.JoinRequest",
    "student",
    ("course__title", "note", "state", "created_at", "decided_at", "reply"),
    label=_("your requests to join"),
)
hold(
    "admissions.Invitation",
    "answered_by",
    ("course__title", "email", "name", "message", "state", "sent_at", "answered_at"),
    reach=by_address("email", "answered_by"),
    label=_("invitations you got"),
)
hold(
    "admissions.InvitationRow",
    "email",
    (("batch__course__title", _("course")), ("email", _("e-mail address")), ("name", _("name"))),
    label=_("lists of people to invite that have your address"),
    reach=by_address(),
)
acted(
    "admissions.Invitation", "invited_by", ("course__title", "sent_at"), label=_("your invitations")
)
acted(
    "admissions.JoinRequest",
    "decided_by",
    ("course__title", "decided_at"),
    label=_("requests to join you decided"),
)
acted("admissions.EntryLink", "created_by", ("course__title", "label", "created_at"))
acted("admissions.InvitationList", "actor", ("course__title", "name", "created_at"))
