"""What can happen to a course."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

PUBLICATION_HELD_BACK = Event(
    "courses.publication_held_back",
    _("A course was due to be published, and the school's plan had no room for it."),
)
TEACHER_WAITS = Event(
    "courses.teacher_waits", _("A new teacher waits to be let onto the public marketplace.")
)
TEACHER_APPROVED = Event(
    "courses.teacher_approved", _("An operator let a teacher onto the public marketplace.")
)
TEACHER_REFUSED = Event(
    "courses.teacher_refused", _("An operator kept a teacher off the public marketplace.")
)
COURSE_TRANSLATED = Event("courses.translated", _("A course was given to another language."))
TRANSLATION_UPDATED = Event(
    "courses.translation_updated", _("A translation took over what changed in the original.")
)
TRANSLATION_SET_FREE = Event(
    "courses.translation_set_free", _("A translation became an independent course.")
)
