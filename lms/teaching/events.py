"""What can happen at the desk."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

WATCH_CHANGED = Event("teaching.watch_changed", _("What is watched for in a course was changed."))
SNOOZED = Event(
    "teaching.snoozed", _("A student at risk was put off the list for a time."), routine=True
)
SNOOZE_ENDED = Event(
    "teaching.snooze_ended", _("A student at risk was put on the list again."), routine=True
)
ANNOUNCED = Event("teaching.announced", _("An announcement was made to a course."))
ANNOUNCEMENT_CHANGED = Event(
    "teaching.announcement_changed", _("An announcement was changed."), routine=True
)
ANNOUNCEMENT_WITHDRAWN = Event(
    "teaching.announcement_withdrawn", _("An announcement was withdrawn.")
)
NOTED = Event("teaching.noted", _("A note about a student was written."), routine=True)
NOTE_REMOVED = Event("teaching.note_removed", _("A note about a student was removed."))
NOTE_RESTORED = Event(
    "teaching.note_restored", _("A note about a student was taken back."), routine=True
)
