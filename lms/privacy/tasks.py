"""What the worker does about people's data."""

import logging

from django_q.tasks import async_task

from lms.common import clock

from . import actions, erasing
from .models import DataExport, Erasure
from .states import State

logger = logging.getLogger(__name__)

# A task is stopped after five minutes; erasing goes on in the next one.
ERASING_SECONDS = 120.0


def make_export(export_id: str) -> None:
    """Pack a person's data. What goes wrong is logged; the person may ask again."""
    export = DataExport.objects.select_related("person").filter(pk=export_id).first()
    if export is None:
        return
    try:
        actions.make_export(export)
    except Exception:
        logger.exception("the data of a person, %s, could not be packed", export_id)


def look() -> None:
    """Begin with accounts whose grace period is over, go on with those a task has left, take up
    downloads and forget those whose time is over."""
    now = clock.now()
    actions.begin_due(at=now)
    for pk in Erasure.objects.filter(state=State.ERASING).values_list("pk", flat=True):
        async_task("lms.privacy.tasks.erase", str(pk))
    actions.revive(at=now)
    actions.drop_ended(at=now)


def erase(erasure_id: str) -> None:
    """Erase a person as far as one task gets, and leave the rest to the next."""
    erasure = Erasure.objects.select_related("person").get(pk=erasure_id)
    if not erasing.erase(erasure, seconds=ERASING_SECONDS):
        async_task("lms.privacy.tasks.erase", erasure_id)
