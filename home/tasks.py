"""What the worker does by the clock (home/schedules.py)."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import reverse
from django_q.tasks import async_task

from lms.common import clock
from lms.common.mail import compose
from lms.courses.actions import hold_back_schedules
from lms.tenants.models import AuditEntry, Membership, Provider
from lms.tenants.scope import provider_scope
from lms.tenants.states import State
from lms.tenants.tasks import in_provider_scope

from . import closing, erasing, exporting
from .models import HouseExport

logger = logging.getLogger(__name__)

# A task is stopped after five minutes; erasing goes on in the next one.
ERASING_SECONDS = 120.0
LETTERS = 200  # messages one task sends


def publish_due() -> None:
    """Publish and expire what is due. What the school's plan has no room for waits as a draft:
    Wagtail's command would stop at it, minute by minute, and nobody's pages would go live."""
    hold_back_schedules()
    call_command("publish_scheduled")


def forget_audit() -> int:
    """Delete what the audit has kept as long as it should; returns how many entries."""
    gone = 0
    for provider in Provider.objects.all():
        with provider_scope(provider):
            rows = AuditEntry.objects.filter(keep_until__lt=clock.now().date())
            gone += rows.delete()[0]
    return gone


@in_provider_scope
def export_house(provider_id: Any, export_id: Any) -> None:
    """Pack everything of a house."""
    export = HouseExport.objects.select_related("provider").get(pk=export_id)
    try:
        exporting.write(export)
    except Exception:
        HouseExport.objects.filter(pk=export.pk).update(failed=True)
        logger.exception("export %s failed", export.pk)


@in_provider_scope
def tell_of_closing(provider_id: Any, behind: str = "") -> None:
    """Write to everybody who belongs to the house, LETTERS people a task."""
    provider = Provider.objects.get(pk=provider_id)
    members = Membership.objects.order_by("user").values_list("user", flat=True).distinct()
    if behind:
        members = members.filter(user__gt=behind)
    ids = list(members[:LETTERS])
    told = {
        "provider": provider,
        "days": settings.FLEDGE_CLOSING_DAYS,
        "certificates_url": settings.FLEDGE_BASE_URL + reverse("certificates:list"),
    }
    for user in get_user_model()._default_manager.filter(pk__in=ids, is_active=True):
        compose("home/emails/closed.txt", told, to=user.email, language=user.language).send()
    if len(ids) == LETTERS:
        async_task(tell_of_closing, str(provider_id), str(ids[-1]))


def erase_due() -> None:
    """Begin with houses whose grace period is over, go on with those a task has left."""
    closing.begin_erasing()
    closing.forget_exports()
    for provider in Provider.objects.filter(status=State.ERASED, erased_at=None):
        async_task(erase_house, str(provider.pk))


def erase_house(provider_id: Any) -> None:
    """Erase a house as far as one task gets, and leave the rest to the next."""
    provider = Provider.objects.get(pk=provider_id)
    if not erasing.erase(provider, seconds=ERASING_SECONDS):
        async_task(erase_house, str(provider_id))
