"""What is held about how far a person is."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import RECORD, hold

hold(
    "progress.StudyTime",
    "progress__enrolment__student",
    (("progress__lesson_title", _("lesson")), ("start", _("from")), ("seconds", _("seconds"))),
    stays=RECORD,
    label=_("when you learnt"),
)
hold(
    "progress.LessonProgress",
    "enrolment__student",
    (
        ("enrolment__course__title", _("course")),
        "lesson_title",
        "opened_at",
        "completed_at",
        "seconds",
        "positions",
    ),
    stays=RECORD,
    blank={"positions": {}},
    label=_("lessons you opened"),
)
