"""What can happen to a school as a whole."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

SCHOOL_OPENED = Event("home.school_opened", _("A school that had signed up was let in."))
EXPORT_ASKED = Event("home.export_asked", _("A download of everything was asked for."))
EXPORT_DOWNLOADED = Event("home.export_downloaded", _("Somebody downloaded everything."))
SCHOOL_ERASED = Event("home.school_erased", _("Everything of a closed school was erased."))
