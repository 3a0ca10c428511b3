from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

TELL_CHANGED = "plans: tell of changes"


class PlansConfig(AppConfig):
    name = "lms.plans"
    label = "plans"
    verbose_name = _("Lesson plans")

    def ready(self) -> None:
        from lms.enrolments.opening import open_by
        from lms.progress.dates import dates_from

        from . import notifications, selectors  # noqa: F401 - notifications subscribe

        open_by(selectors.opened_lessons)
        dates_from(selectors.dates_for)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every minute whose plans were changed."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=TELL_CHANGED,
        defaults={
            "func": "lms.plans.tasks.tell_changed",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        },
    )
