"""What the planner holds about a person."""

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import hold

hold(
    "planner.Note",
    "person",
    ("text", "day", "done_at", "created_at"),
    label=_("your notes to yourself"),
)
hold("planner.Planner", "person", ("feed_since", "steps_hidden_at"), label=_("your planner"))
