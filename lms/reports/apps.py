from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RECOUNT = "reports: count the last days anew"


class ReportsConfig(AppConfig):
    name = "lms.reports"
    label = "reports"
    verbose_name = _("Figures")

    def ready(self) -> None:
        from .counting import listen

        listen()
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker recount every night."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=RECOUNT,
        defaults={"func": "lms.reports.tasks.recount_lately", "schedule_type": Schedule.DAILY},
    )
