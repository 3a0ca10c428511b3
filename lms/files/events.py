"""What can happen to an upload."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

UPLOADED = Event("files.uploaded", _("Somebody sent a file."), routine=True)
REFUSED = Event("files.refused", _("A file was looked into and refused."), routine=True)
UNPLAYABLE = Event("files.unplayable", _("A recording could not be prepared."), routine=True)
RETRIED = Event("files.retried", _("A recording is prepared once more."), routine=True)
INFECTED = Event("files.infected", _("The virus scanner refused a file."))
