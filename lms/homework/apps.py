from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

ASSIGN_DUE = "homework: hand out what is due"
COLLECT_NEWS = "homework: tell of what was added to feedback"


class HomeworkConfig(AppConfig):
    name = "lms.homework"
    label = "homework"
    verbose_name = _("Homework")

    def ready(self) -> None:
        from lms.progress.dates import dates_from
        from lms.progress.work import count_also

        from . import selectors

        count_also(selectors.counted)
        dates_from(selectors.dates_for)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker hand out homework whose time has come, and tell of news, every minute."""
    from django_q.models import Schedule

    for name, task in ((ASSIGN_DUE, "assign_due"), (COLLECT_NEWS, "collect_news")):
        Schedule.objects.using(using).get_or_create(
            name=name,
            defaults={
                "func": f"lms.homework.tasks.{task}",
                "schedule_type": Schedule.MINUTES,
                "minutes": 1,
            },
        )
