"""The life of a provider's house, of a host name it brings along, and of an invitation."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine


class State(models.TextChoices):
    PENDING = "pending", _("Pending")
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")
    ERASED = "erased", _("Erased")


APPROVE, SUSPEND, RESUME, CLOSE, REOPEN = "approve", "suspend", "resume", "close", "reopen"
ERASE = "erase"

PROVIDER = Machine(
    "provider",
    {
        State.PENDING: _("Signed up; the operator has not let it in yet."),
        State.OPEN: _("Running: its site answers and its courses are listed."),
        State.SUSPENDED: _("Stopped by the operator; nothing is lost."),
        State.CLOSED: _("Given up; kept for the grace period, then erased."),
        State.ERASED: _("Being erased, or gone: what is left has no name."),
    },
    initial=State.PENDING,
    transitions={
        (State.PENDING, APPROVE): State.OPEN,
        (State.PENDING, CLOSE): State.CLOSED,
        (State.OPEN, SUSPEND): State.SUSPENDED,
        (State.OPEN, CLOSE): State.CLOSED,
        (State.SUSPENDED, RESUME): State.OPEN,
        (State.SUSPENDED, CLOSE): State.CLOSED,
        (State.CLOSED, REOPEN): State.OPEN,
        (State.CLOSED, ERASE): State.ERASED,
    },
    field="status",
)


class DomainState(models.TextChoices):
    PENDING = "pending", _("Waiting for proof")
    VERIFIED = "verified", _("Working")
    FAILING = "failing", _("Not working")


VERIFY, FAIL, LOSE = "verify", "fail", "lose"

DOMAIN = Machine(
    "domain",
    {
        DomainState.PENDING: _("Claimed; the DNS does not prove yet whose it is."),
        DomainState.VERIFIED: _("Proven; the school's site answers there."),
        DomainState.FAILING: _("The proof has been gone for days; the site answers there still."),
    },
    initial=DomainState.PENDING,
    transitions={
        (DomainState.PENDING, VERIFY): DomainState.VERIFIED,
        (DomainState.VERIFIED, FAIL): DomainState.FAILING,
        (DomainState.FAILING, VERIFY): DomainState.VERIFIED,
        (DomainState.FAILING, LOSE): DomainState.PENDING,
    },
    field="status",
)


class Invited(models.TextChoices):
    SENT = "sent", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


ACCEPT, DECLINE, WITHDRAW, EXPIRE, RESEND = "accept", "decline", "withdraw", "expire", "resend"

INVITATION = Machine(
    "staff_invitation",
    {
        Invited.SENT: _("Mailed; its link works until it expires."),
        Invited.ACCEPTED: _("Answered: the person works at the house."),
        Invited.DECLINED: _("Answered: the person does not want to."),
        Invited.WITHDRAWN: _("Taken back by an admin of the house; the link says so."),
        Invited.EXPIRED: _("Nobody answered in time; sending it again makes a new link."),
    },
    initial=Invited.SENT,
    transitions={
        (Invited.SENT, ACCEPT): Invited.ACCEPTED,
        (Invited.SENT, DECLINE): Invited.DECLINED,
        (Invited.SENT, WITHDRAW): Invited.WITHDRAWN,
        (Invited.SENT, EXPIRE): Invited.EXPIRED,
        (Invited.SENT, RESEND): Invited.SENT,
        (Invited.EXPIRED, RESEND): Invited.SENT,
    },
)
