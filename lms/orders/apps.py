from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

KEEP_TIME = "orders: unpaid orders end"


class OrdersConfig(AppConfig):
    name = "lms.orders"
    label = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every minute which orders were not paid in time."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=KEEP_TIME,
        defaults={
            "func": "lms.orders.tasks.keep_time",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        },
    )
