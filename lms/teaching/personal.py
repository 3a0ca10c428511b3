"""What the desk holds about a person. Teachers' notes are told of, and not told: they are another
person's words, for colleagues (docs/decisions/0018-privacy.md)."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold

COURSE = ("enrolment__course__title", _("course"))

hold(
    "teaching.SupportProfile",
    "student",
    ("needs", "consent", "consented_at", "changed_at"),
    label=_("what you said helps you to learn"),
)
hold(
    "teaching.SupportLook",
    "student",
    ("course_title", "looked_at"),
    label=_("when somebody looked at what helps you to learn"),
)
hold(
    "teaching.Note",
    "enrolment__student",
    (COURSE, "written_at"),
    label=_("notes of teachers about you (when, not what: please ask the school)"),
)
hold(
    "teaching.Snooze",
    "enrolment__student",
    (COURSE, "set_at"),
    label=_("remarks of teachers on your pace (when, not what: please ask the school)"),
)
hold(
    "teaching.Dismissal",
    "enrolment__student",
    (("announcement__title", _("announcement")),),
    label=_("announcements you put away"),
)
hold(
    "teaching.Standing",
    "enrolment__student",
    (COURSE, "percent", "grade", "worked_at"),
    label=_("how far you are in your courses"),
)
acted("teaching.Announcement", "author", ("course__title", "title", "text", "publish_at"))
acted("teaching.Note", "author", (COURSE, "written_at"), label=_("notes you wrote on students"))
acted("teaching.Snooze", "set_by", (COURSE, "set_at"), label=_("risks you put away"))
