"""What can happen on the ways into a course."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

ADDED = Event("admissions.added", _("A teacher added a student to a course."))
INVITED = Event("admissions.invited", _("Somebody was invited to a course."), routine=True)
RESENT = Event("admissions.resent", _("An invitation to a course was sent again."), routine=True)
WITHDRAWN = Event("admissions.withdrawn", _("An invitation to a course was withdrawn."))
ACCEPTED = Event("admissions.accepted", _("An invitation to a course was accepted."), routine=True)
DECLINED = Event("admissions.declined", _("An invitation to a course was declined."), routine=True)
LIST_SENT = Event("admissions.list_sent", _("A list of people was invited to a course."))
ASKED = Event("admissions.asked", _("A student asked to join a course."), routine=True)
UNASKED = Event(
    "admissions.unasked", _("A student took back a request to join a course."), routine=True
)
APPROVED = Event("admissions.approved", _("A request to join a course was approved."))
REFUSED = Event("admissions.refused", _("A request to join a course was declined."))
QUEUED = Event("admissions.queued", _("A student joined a waitlist."), routine=True)
UNQUEUED = Event("admissions.unqueued", _("A student left a waitlist."), routine=True)
OFFERED = Event("admissions.offered", _("A seat was offered to the next in line."), routine=True)
TAKEN = Event("admissions.taken", _("A student took an offered seat."), routine=True)
PASSED = Event(
    "admissions.passed", _("A seat that was offered went back, or to the next."), routine=True
)
LINK_MADE = Event("admissions.link_made", _("An enrolment link or code was made."))
LINK_REVOKED = Event("admissions.link_revoked", _("An enrolment link or code was revoked."))
LINK_USED = Event("admissions.link_used", _("A student enrolled by a link or code."), routine=True)
