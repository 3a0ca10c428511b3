from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

ISSUE_MISSING = "certificates: issue what was missed"


class CertificatesConfig(AppConfig):
    name = "lms.certificates"
    label = "certificates"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        post_migrate.connect(schedule_tasks, sender=self)


def schedule_tasks(using: str, **kwargs: Any) -> None:
    """Have the worker look for missed certificates every hour."""
    from django_q.models import Schedule

    Schedule.objects.using(using).get_or_create(
        name=ISSUE_MISSING,
        defaults={
            "func": "lms.certificates.tasks.issue_missing",
            "schedule_type": Schedule.HOURLY,
        },
    )
