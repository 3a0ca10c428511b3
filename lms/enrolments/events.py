"""What can happen to a seat."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

ENROLLED = Event("enrolments.enrolled", _("A student took a seat in a course."), routine=True)
LEFT = Event("enrolments.left", _("A student gave up their seat."), routine=True)
RETURNED = Event(
    "enrolments.returned", _("A student who had left took a seat again."), routine=True
)
LEAVING_UNDONE = Event(
    "enrolments.leaving_undone", _("A student took back that they had left."), routine=True
)
REMOVED = Event("enrolments.removed", _("The provider took a student's seat away."))
TAKEN_BACK = Event(
    "enrolments.taken_back", _("A seat that nobody had used was taken back, as if never given.")
)
RESTORED = Event("enrolments.restored", _("The provider gave a student's seat back."))
EXPIRED = Event("enrolments.expired", _("A student's access ended: its time was up."))
EXTENDED = Event("enrolments.extended", _("The end of a student's access was set."))
GROUP_CHANGED = Event(
    "enrolments.group_changed", _("A group of students was changed."), routine=True
)
GROUP_REMOVED = Event("enrolments.group_removed", _("A group of students was removed."))
ENDED = Event("enrolments.ended", _("A student's access ended with what it was given for."))
