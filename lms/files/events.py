"""What can happen to an upload."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

UPLOADED = Event("files.uploaded", _("Somebody sent a file."), routine=True)
REFUSED = Event("files.refused", _("A file was looked into and refused."), routine=True)
INFECTED = Event("files.infected", _("The virus scanner refused a file."))
