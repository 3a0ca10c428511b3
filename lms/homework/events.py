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
COMMENTED = Event("homework.commented", _("A recording was commented on."), routine=True)
OVERRIDDEN = Event("homework.overridden", _("An instructor set homework as completed."))
OVERRIDE_ENDED = Event("homework.override_ended", _("An instructor took a set completion back."))
EXTENDED = Event("homework.extended", _("A student was given more time."))
