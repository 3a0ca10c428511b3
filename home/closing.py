"""Writes: a download of everything, closing a school, and its erasure after the grace period."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from lms.common import clock
from lms.events import SYSTEM, emit
from lms.tenants.actions import move_provider
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope
from lms.tenants.states import CLOSE, ERASE, REOPEN, State

from .events import EXPORT_ASKED
from .models import HouseExport


@transaction.atomic
def ask_for_export(provider: Provider, *, actor: Any) -> HouseExport:
    """Have everything of the house packed; one that is being packed already is returned.

    Raises Forbidden.
    """
    require(actor, Code.CLOSE, provider)
    with provider_scope(provider):
        Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
        last = HouseExport.objects.order_by("-asked_at").first()
        if last and last.is_running:
            return last
        export = HouseExport.objects.create()
        emit(EXPORT_ASKED, export, actor=actor)
    told = (str(provider.pk), str(export.pk))
    transaction.on_commit(lambda: async_task("home.tasks.export_house", *told))
    return export


@transaction.atomic
def close(provider: Provider, *, actor: Any) -> None:
    """Close the house: its site says so, everything is kept for the grace period, and everybody who
    belongs to it is told. Raises Forbidden, IllegalMove, StaleMove."""
    move_provider(provider, CLOSE, actor=actor)


@transaction.atomic
def take_back(provider: Provider, *, actor: Any) -> None:
    """Open the house again as it was. Raises Forbidden, IllegalMove, StaleMove."""
    move_provider(provider, REOPEN, actor=actor)


def begin_erasing() -> list[Provider]:
    """Houses whose grace period is over: from here on there is no way back."""
    since = clock.now() - timedelta(days=settings.FLEDGE_CLOSING_DAYS)
    due = list(Provider.objects.filter(status=State.CLOSED, closed_at__lt=since))
    for provider in due:
        move_provider(provider, ERASE, actor=SYSTEM)
    return due


def forget_exports() -> None:
    """Delete downloads that have been kept long enough, and let failed tasks be asked for again."""
    since = clock.now() - timedelta(days=settings.FLEDGE_EXPORT_DAYS)
    for provider in Provider.objects.exclude(status=State.ERASED):
        with provider_scope(provider):
            for export in HouseExport.objects.filter(asked_at__lt=since):
                export.file.delete(save=False)
                export.delete()
