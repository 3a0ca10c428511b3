from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

SWEEP = "files: remove uploads nobody uses"
RECORDINGS = "files: take up recordings"


class FilesConfig(AppConfig):
    name = "lms.files"
    label = "files"
    verbose_name = _("Files")

    def ready(self) -> None:
        from . import playing  # noqa: F401 - what goes has its renditions go along

        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look for uploads nobody uses every hour, and for recordings a worker that
    died has left every five minutes."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=SWEEP,
        defaults={"func": "lms.files.tasks.sweep", "schedule_type": Schedule.HOURLY},
    )
    Schedule.objects.using(using).get_or_create(
        name=RECORDINGS,
        defaults={
            "func": "lms.files.tasks.sweep_recordings",
            "schedule_type": Schedule.MINUTES,
            "minutes": 5,
        },
    )
