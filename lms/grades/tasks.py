"""What the worker does: write to students."""

from typing import Any

from lms.enrolments.models import Enrolment
from lms.tenants.tasks import in_provider_scope

from . import notifications
from .models import Entry


@in_provider_scope
def tell_entered(provider_id: Any, enrolment_id: Any, entries: list[int]) -> None:
    seat = Enrolment.objects.select_related("course", "student", "provider__logo").get(
        pk=enrolment_id
    )
    rows = Entry.objects.select_related("item__homework", "item__assessment")
    notifications.send_entered(seat, list(rows.filter(pk__in=entries).order_by("pk")))
