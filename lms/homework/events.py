"""What can happen to homework."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

CREATED = Event("homework.created", _("Homework was written."), routine=True)
CHANGED = Event("homework.changed", _("Homework was changed."), routine=True)
ASSIGNED = Event("homework.assigned", _("Homework was handed out."), routine=True)
WITHDRAWN = Event("homework.withdrawn", _("Homework was withdrawn."), routine=True)
DELETED = Event("homework.deleted", _("Homework was deleted."))
SUBMITTED = Event("homework.submitted", _("A student handed in homework."), routine=True)
UNMARKED = Event("homework.unmarked", _("A student took back their homework."), routine=True)
RELEASED = Event("homework.released", _("A student was given feedback."), routine=True)
MARKED = Event("homework.marked", _("One of two markers was done."), routine=True)
TAKEN_BACK = Event("homework.mark_taken_back", _("A marker took their mark back."), routine=True)
GIVEN_UP = Event("homework.mark_given_up", _("A marker's draft was given up."), routine=True)
AGREED = Event("homework.marks_agreed", _("Two markers agreed."), routine=True)
DIFFERED = Event("homework.marks_differed", _("Two markers were too far apart."), routine=True)
DECIDED = Event("homework.mark_decided", _("Somebody decided between two markers."))
SECOND_ASKED = Event("homework.second_asked", _("A second marker was asked for."), routine=True)
SECOND_SPARED = Event("homework.second_spared", _("No second marker is needed."), routine=True)
COMMENTED = Event("homework.commented", _("A recording was commented on."), routine=True)
OVERRIDDEN = Event("homework.overridden", _("An instructor set homework as completed."))
OVERRIDE_ENDED = Event("homework.override_ended", _("An instructor took a set completion back."))
EXTENDED = Event("homework.extended", _("A student was given more time."))
