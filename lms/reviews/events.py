"""What can happen to reviews."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

WRITTEN = Event("reviews.written", _("A student reviewed a course."), routine=True)
CHANGED = Event("reviews.changed", _("A student changed their review."), routine=True)
REMOVED = Event("reviews.removed", _("A student removed their review."), routine=True)
SHOWN = Event("reviews.shown", _("A review was approved."))
HIDDEN = Event("reviews.hidden", _("A review was hidden."))
ANSWERED = Event("reviews.answered", _("A review was answered."), routine=True)
REPORTED = Event("reviews.reported", _("A review was reported."), routine=True)
SETTLED = Event("reviews.settled", _("Reports of a review were dismissed."))
APPROVAL_SET = Event("reviews.approval_set", _("Whether reviews wait for approval was changed."))
