"""What the worker does: recounting at night, making reports, sending the regular ones."""

from typing import Any

from lms.common import clock
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import file_actions, notifications, rules
from .actions import recount
from .models import Export, Mailing
from .rules import day_of, recount_from
from .states import State


def recount_lately() -> None:
    """Count every provider's last days anew: what was missed when a process died is found."""
    since = recount_from(day_of(clock.now()))
    for provider in Provider.objects.all():
        recount(provider, since)


@in_provider_scope
def make_export(provider_id: Any, export_id: str) -> None:
    """Make a report as a file, and tell who asked for it, or that it can't be made."""
    rows = Export.objects.select_related("course__provider__logo", "user", "group", "mailing")
    export = rows.filter(pk=export_id, state=State.WAITING).first()
    if export is None:
        return
    made = file_actions.make(export)
    if made == State.READY:
        notifications.send_ready(export)
    elif made == State.FAILED:
        notifications.send_failed(export)


def send_due() -> int:
    """Every few minutes: have the regular reports made whose time has come, go on with what was
    left unmade, and delete files whose time is over. Returns how many reports were begun."""
    now = clock.now()
    due = Mailing.objects.filter(next_at__lte=now, paused_at=None)
    left = Export.objects.filter(
        touched_at__lte=now - min(rules.TRIED_AGAIN), state__in=[State.WAITING, State.MAKING]
    )
    ended = Export.objects.filter(ends_at__lte=now)
    why = "whose reports are due, unfinished or over, for the clock"
    begun = 0
    for house in houses_with(why, due, left, ended):
        with provider_scope(house):
            for mailing in list(Mailing.objects.filter(next_at__lte=now, paused_at=None)):
                begun += len(file_actions.send(mailing, at=now))
            for export in file_actions.revive(at=now):
                notifications.send_failed(export)
            file_actions.drop_ended(at=now)
    return begun
