from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "lms.events"
    label = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        """Load every app's `events` module (the vocabulary) and `notifications` (who reacts)."""
        autodiscover_modules("events")
        autodiscover_modules("notifications")
