from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

SCHEDULES = {
    "payments: notices that wait": ("lms.payments.tasks.work_on_notices", 1),
    "payments: what gateways say": ("lms.payments.tasks.reconcile", 15),
}


class PaymentsConfig(AppConfig):
    name = "lms.payments"
    label = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        from lms.tenants.append_only import watch

        from . import notifications  # noqa: F401 - it subscribes
        from .watches import WATCHES

        watch(*WATCHES)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker finish what was cut short, and look at what gateways say."""
    from django_q.models import Schedule

    for name, (function, minutes) in SCHEDULES.items():
        Schedule.objects.using(using).get_or_create(
            name=name,
            defaults={
                "func": function,
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
            },
        )
