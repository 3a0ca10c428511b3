from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RECOUNT = "reports: count the last days anew"
SEND_DUE = "reports: send what is due"


class ReportsConfig(AppConfig):
    name = "lms.reports"
    label = "reports"
    verbose_name = _("Figures and reports")

    def ready(self) -> None:
        from .counting import listen

        listen()
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker recount every night, and look every five minutes which reports are due."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=RECOUNT,
        defaults={"func": "lms.reports.tasks.recount_lately", "schedule_type": Schedule.DAILY},
    )
    Schedule.objects.using(using).get_or_create(
        name=SEND_DUE,
        defaults={
            "func": "lms.reports.tasks.send_due",
            "schedule_type": Schedule.MINUTES,
            "minutes": 5,
        },
    )
