from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

LOOK = "privacy: erase whose time is over, take up and forget downloads"


class PrivacyConfig(AppConfig):
    name = "lms.privacy"
    label = "privacy"
    verbose_name = _("Privacy")

    def ready(self) -> None:
        # What each app holds about a person (lms.accounts.holdings).
        autodiscover_modules("personal")
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every ten minutes."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=LOOK,
        defaults={
            "func": "lms.privacy.tasks.look",
            "schedule_type": Schedule.MINUTES,
            "minutes": 10,
        },
    )
