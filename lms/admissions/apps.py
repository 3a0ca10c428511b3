from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate
from django.utils.translation import gettext_lazy as _

KEEP_TIME = "admissions: offers and invitations"


class AdmissionsConfig(AppConfig):
    name = "lms.admissions"
    label = "admissions"
    verbose_name = _("Ways into courses")

    def ready(self) -> None:
        from wagtail.signals import page_published

        from lms.courses import desk_panels
        from lms.enrolments.doors import guard_with
        from lms.enrolments.invited import invite_by

        from . import notifications, panels, receivers, selectors  # noqa: F401 - two subscribe
        from .models import WaitlistEntry

        guard_with(receivers.guard)
        invite_by(selectors.invited)
        desk_panels.show(panels.requests, order=20)
        page_published.connect(receivers.course_published)
        post_delete.connect(receivers.place_deleted, sender=WaitlistEntry)
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look every minute at what is over."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=KEEP_TIME,
        defaults={
            "func": "lms.admissions.tasks.keep_time",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        },
    )
