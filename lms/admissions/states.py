"""The lives of an invitation, of a request to join, of a place on a waitlist, and of a list of
people to invite."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.common.states import Machine

# Somebody who got a seat by another way: what was open is closed.
SETTLE = "settle"


class Invited(models.TextChoices):
    SENT = "sent", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


ACCEPT, DECLINE, WITHDRAW, EXPIRE, RESEND = "accept", "decline", "withdraw", "expire", "resend"

INVITATION = Machine(
    "course_invitation",
    {
        Invited.SENT: _("Mailed; it can be accepted until it expires."),
        Invited.ACCEPTED: _("The person has a seat in the course, by this or another way."),
        Invited.DECLINED: _("The person does not want to."),
        Invited.WITHDRAWN: _("Taken back by the school; the link says so."),
        Invited.EXPIRED: _("Nobody answered in time; sending it again makes a new link."),
    },
    initial=Invited.SENT,
    transitions={
        (Invited.SENT, ACCEPT): Invited.ACCEPTED,
        (Invited.SENT, SETTLE): Invited.ACCEPTED,
        (Invited.SENT, DECLINE): Invited.DECLINED,
        (Invited.SENT, WITHDRAW): Invited.WITHDRAWN,
        (Invited.SENT, EXPIRE): Invited.EXPIRED,
        (Invited.SENT, RESEND): Invited.SENT,
        (Invited.EXPIRED, RESEND): Invited.SENT,
    },
)


class Asked(models.TextChoices):
    PENDING = "pending", _("Waiting for a decision")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


APPROVE = "approve"

REQUEST = Machine(
    "join_request",
    {
        Asked.PENDING: _("Stands at the desk, newest first."),
        Asked.APPROVED: _("The student has a seat in the course, by this or another way."),
        Asked.DECLINED: _("The student was told, with the reply if there was one."),
        Asked.WITHDRAWN: _("The student took it back."),
    },
    initial=Asked.PENDING,
    transitions={
        (Asked.PENDING, APPROVE): Asked.APPROVED,
        (Asked.PENDING, SETTLE): Asked.APPROVED,
        (Asked.PENDING, DECLINE): Asked.DECLINED,
        (Asked.PENDING, WITHDRAW): Asked.WITHDRAWN,
    },
)


class Waiting(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    OFFERED = "offered", _("Offered a seat")
    ACCEPTED = "accepted", _("Has a seat")
    DECLINED = "declined", _("Declined the seat")
    EXPIRED = "expired", _("Did not answer in time")
    LEFT = "left", _("Left the waitlist")


OFFER, TAKE_BACK, LEAVE = "offer", "take_back", "leave"

WAITLIST = Machine(
    "waitlist_entry",
    {
        Waiting.WAITING: _("In line, by the time of joining."),
        Waiting.OFFERED: _("A seat is held for the student until the offer expires."),
        Waiting.ACCEPTED: _("The student has a seat in the course, by this or another way."),
        Waiting.DECLINED: _("The seat went to the next in line."),
        Waiting.EXPIRED: _("The seat went to the next in line; joining again is at the end."),
        Waiting.LEFT: _("The student does not want to wait any more."),
    },
    initial=Waiting.WAITING,
    transitions={
        (Waiting.WAITING, OFFER): Waiting.OFFERED,
        (Waiting.WAITING, LEAVE): Waiting.LEFT,
        (Waiting.WAITING, SETTLE): Waiting.ACCEPTED,
        (Waiting.OFFERED, ACCEPT): Waiting.ACCEPTED,
        (Waiting.OFFERED, SETTLE): Waiting.ACCEPTED,
        (Waiting.OFFERED, DECLINE): Waiting.DECLINED,
        (Waiting.OFFERED, EXPIRE): Waiting.EXPIRED,
        # The limit was lowered below the seats given before the student answered.
        (Waiting.OFFERED, TAKE_BACK): Waiting.WAITING,
    },
)


class Listed(models.TextChoices):
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Waits for your word")
    INVITING = "inviting", _("Being invited")
    DONE = "done", _("Done")


CHECK, CONFIRM, FINISH = "check", "confirm", "finish"

LIST = Machine(
    "invitation_list",
    {
        Listed.CHECKING: _("The worker finds out what each row would do; nobody is written to."),
        Listed.CHECKED: _("The teacher reads the report, and confirms or throws away."),
        Listed.INVITING: _("The worker invites, some hundred rows at a time."),
        Listed.DONE: _("Every row has its result."),
    },
    initial=Listed.CHECKING,
    transitions={
        (Listed.CHECKING, CHECK): Listed.CHECKED,
        (Listed.CHECKED, CONFIRM): Listed.INVITING,
        (Listed.INVITING, FINISH): Listed.DONE,
    },
)
# In these the worker has something to do.
BUSY = (Listed.CHECKING, Listed.INVITING)
