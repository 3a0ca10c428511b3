from django.utils.translation import gettext_lazy as _

from lms.events import Event

PEOPLE_UPLOADED = Event("migration.people_uploaded", _("A list of people was handed in."))
PEOPLE_DISCARDED = Event("migration.people_discarded", _("A list of people was thrown away."))
PEOPLE_CONFIRMED = Event(
    "migration.people_confirmed", _("A list of people was confirmed, to be brought in.")
)
PEOPLE_IMPORTED = Event("migration.people_imported", _("A list of people was brought in."))
PEOPLE_UNDONE = Event("migration.people_undone", _("A list of people was taken back."))
