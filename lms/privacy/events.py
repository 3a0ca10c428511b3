"""What can happen to a person's data as a whole."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

EXPORT_ASKED = Event("privacy.export_asked", _("A person asked for their data."))
EXPORT_MADE = Event("privacy.export_made", _("A person's data was packed."))
EXPORT_DOWNLOADED = Event("privacy.export_downloaded", _("A person downloaded their data."))
ERASURE_ASKED = Event("privacy.erasure_asked", _("The erasure of an account was asked for."))
ERASURE_TAKEN_BACK = Event("privacy.erasure_taken_back", _("The erasure was taken back."))
ERASURE_BEGUN = Event("privacy.erasure_begun", _("The erasure of an account began."))
ERASURE_FINISHED = Event("privacy.erasure_finished", _("An account was erased."))
