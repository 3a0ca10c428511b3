"""What can happen to reports."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

EXPORT_ASKED = Event("reports.export_asked", _("Somebody asked for a report as a file."))
EXPORT_MADE = Event("reports.export_made", _("A report was made as a file."), routine=True)
MAILING_CREATED = Event("reports.mailing_created", _("A report was set to be sent regularly."))
MAILING_PAUSED = Event("reports.mailing_paused", _("A regular report was paused."))
MAILING_RESUMED = Event("reports.mailing_resumed", _("A paused report is sent again."))
MAILING_REMOVED = Event("reports.mailing_removed", _("A regular report was taken away."))
MAILING_STOPPED = Event("reports.mailing_stopped", _("Somebody stopped a report sent to them."))
