"""What can happen to a certificate."""

from django.utils.translation import gettext_lazy as _

from lms.events import Event

ISSUED = Event("certificates.issued", _("A certificate was issued."), routine=True)
REVOKED = Event("certificates.revoked", _("A certificate was revoked."))
