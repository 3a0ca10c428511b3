from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

WATCH_EXPIRY = "enrolments: end access whose time is up"


class EnrolmentsConfig(AppConfig):
    name = "lms.enrolments"
    label = "enrolments"
    verbose_name = _("Enrolments")

    def ready(self) -> None:
        from . import notifications  # noqa: F401 - subscribes

        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every five minutes whose access ends."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=WATCH_EXPIRY,
        defaults={
            "func": "lms.enrolments.tasks.watch_expiry",
            "schedule_type": Schedule.MINUTES,
            "minutes": 5,
        },
    )
