from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

CLOSE_DUE = "assessments: hand in what is over"


class AssessmentsConfig(AppConfig):
    name = "lms.assessments"
    label = "assessments"
    verbose_name = _("Assessments")

    def ready(self) -> None:
        from lms.progress.dates import dates_from
        from lms.progress.work import count_also

        from . import selectors

        count_also(selectors.counted)
        dates_from(selectors.dates_for)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker hand in attempts whose time is over, every minute."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=CLOSE_DUE,
        defaults={
            "func": "lms.assessments.tasks.close_due",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        },
    )
