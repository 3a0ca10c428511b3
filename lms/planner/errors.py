"""Why the planner refuses."""

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict


class TooManyNotes(Conflict):
    code = "TOO_MANY_NOTES"
    message = _("Your list is full. Tick off or delete some of your own notes first.")
