"""What the worker does for lists of people: a few seconds at a time, so that other tasks have their
turn too and none comes near the queue's time limit."""

import time
from typing import Any

from django_q.tasks import async_task

from lms.common import clock
from lms.tenants.tasks import in_provider_scope

from . import notifications, people

SECONDS = 20.0


@in_provider_scope
def work_on_list(provider_id: Any, list_id: int) -> None:
    """Batches of a list's rows for some seconds; then the next task goes on."""
    end = time.monotonic() + SECONDS
    while people.work(list_id, at=clock.now()):
        if time.monotonic() > end:
            async_task(work_on_list, provider_id, list_id)
            return
    async_task(write_to_people, provider_id, list_id)


@in_provider_scope
def write_to_people(provider_id: Any, list_id: int) -> None:
    """Messages to those a list has added, for some seconds; then the next task goes on."""
    end = time.monotonic() + SECONDS
    while notifications.write_to_next(list_id, at=clock.now()):
        if time.monotonic() > end:
            async_task(write_to_people, provider_id, list_id)
            return
