"""What can happen to grades."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

# `data`: the enrolment, and the entries' ids.
ENTERED = Event("grades.entered", _("An instructor set a student's grades."))
SCHEME_CHANGED = Event("grades.scheme_changed", _("How a course is graded was changed."))
