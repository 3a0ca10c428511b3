from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

COUNT_CHANGED = "teaching: count courses that changed"
PUBLISH_DUE = "teaching: publish announcements"
COUNT_ALL = "teaching: count everybody anew"


class TeachingConfig(AppConfig):
    name = "lms.teaching"
    label = "teaching"
    verbose_name = _("The desk")

    def ready(self) -> None:
        from lms.courses.desk_panels import show

        from . import panels
        from .counting import listen

        listen()
        for order, source in panels.ALL.items():
            show(source, order=order)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every minute, and count all of it every night."""
    from django_q.models import Schedule

    tasks = {
        COUNT_CHANGED: ("lms.teaching.tasks.count_changed", Schedule.MINUTES),
        PUBLISH_DUE: ("lms.teaching.tasks.publish_due", Schedule.MINUTES),
        COUNT_ALL: ("lms.teaching.tasks.count_all", Schedule.DAILY),
    }
    for name, (function, kind) in tasks.items():
        values = {"func": function, "schedule_type": kind, "minutes": 1}
        Schedule.objects.using(using).get_or_create(name=name, defaults=values)
