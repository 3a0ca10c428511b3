"""Why a way in is closed, said so that people know what to do next."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, Forbidden, Gone


class InvitedSelf(Conflict):
    code = "INVITED_SELF"
    message = _("This is your own address. You read the course as its teacher, without a seat.")


class AlreadyEnrolled(Conflict):
    code = "ALREADY_ENROLLED"
    message = _("This person is enrolled already: there is nothing to do.")


class AlreadyInvited(Conflict):
    code = "ALREADY_INVITED"
    message = _("There is an open invitation for this address already. You can send it again.")


class WasRemoved(Conflict):
    code = "WAS_REMOVED"
    message = _("This person was removed from the course. Restore their seat instead.")


class AccountClosed(Conflict):
    code = "ACCOUNT_CLOSED"
    message = _("This account is closed. Ask the person for another address.")


class NobodyOfThatName(Conflict):
    code = "NOBODY_OF_THAT_NAME"
    message = _("Nobody of this name is a member of your school. Please enter an e-mail address.")


class SeveralOfThatName(Conflict):
    code = "SEVERAL_OF_THAT_NAME"
    message = _("Several members of your school have this name. Please enter the e-mail address.")


class NotForYou(Forbidden):
    """The account has not confirmed the address that was invited."""

    code = "NOT_FOR_YOU"
    message = _(
        "This invitation is for another address. Sign in with the account that has it, or ask for "
        "a new invitation to yours."
    )


class InvitationClosed(Gone):
    """`details`: {"state": an Invited}."""

    code = "INVITATION_CLOSED"
    message = _("This invitation is no longer open. Ask your teacher for a new one.")


class NotByRequest(Conflict):
    code = "NOT_BY_REQUEST"
    message = _("This course takes no requests: see its page for how to join.")


class AskedLately(Conflict):
    """Declined less than a day ago."""

    code = "ASKED_LATELY"
    message = _("Your request was declined. You can ask again tomorrow.")


class NotByWaitlist(Conflict):
    code = "NOT_BY_WAITLIST"
    message = _("This course has no waitlist you can join by yourself. Ask the teacher.")


class SeatIsFree(Conflict):
    code = "SEAT_IS_FREE"
    message = _("There is a free seat: you can enrol at once.")


class NoOffer(Gone):
    code = "NO_OFFER"
    message = _(
        "This seat is no longer held for you: the time to answer is over, and it went to the next "
        "in line. You can join the waitlist again."
    )


class LinkRevoked(Gone):
    code = "LINK_REVOKED"
    message = _("This link or code was taken back. Ask your teacher for a new one.")


class LinkExpired(Gone):
    code = "LINK_EXPIRED"
    message = _("This link or code has expired. Ask your teacher for a new one.")


class LinkUsedUp(Conflict):
    code = "LINK_USED_UP"
    message = _("All uses of this link or code are taken. Ask your teacher for a new one.")
