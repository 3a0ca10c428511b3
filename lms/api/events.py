from django.utils.translation import gettext_lazy as _

from lms.events import Event

FRONT_END_CHANGED = Event(
    "api.front_end_changed", _("The address of a provider's own front end was changed.")
)
