"""What can happen to lesson plans."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

CREATED = Event("plans.created", _("A lesson plan was written."), routine=True)
CHANGED = Event("plans.changed", _("A lesson plan was changed."), routine=True)
REMOVED = Event("plans.removed", _("A lesson plan was removed."))
ASSIGNED = Event("plans.assigned", _("A lesson plan was given to students."), routine=True)
WITHDRAWN = Event("plans.withdrawn", _("A lesson plan was taken back from students."))
