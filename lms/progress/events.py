"""What can happen as a student learns."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

LESSON_COMPLETED = Event(
    "progress.lesson_completed", _("A student completed a lesson."), routine=True
)
LESSON_REOPENED = Event(
    "progress.lesson_reopened", _("A student marked a lesson as not done."), routine=True
)
COURSE_COMPLETED = Event(
    "progress.course_completed",
    _("A student completed everything a course requires."),
    routine=True,
)
