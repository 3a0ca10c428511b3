"""Erasing a person: what apps hold of them (lms.accounts.holdings), in batches that each stand for
themselves. Each looks for what is left: killed at any moment and called again, it goes on; called
once more at the end, it finds nothing. The account's own row loses its name last.
"""

import time
from contextlib import suppress

from django.db import transaction

from lms.accounts.holdings import Holding, holdings
from lms.common import clock
from lms.common.states import StaleMove, move
from lms.events import SYSTEM, emit
from lms.tenants.scope import every_tenant

from .events import ERASURE_FINISHED
from .models import Erasure
from .states import FINISH, State

BATCH = 100  # rows


def erase(erasure: Erasure, *, seconds: float = float("inf")) -> bool:
    """Erase what is left of a person in the state ERASING; whether all of it is gone. Stops after
    the batch that `seconds` end in. Raises ValueError in another state.
    """
    if erasure.state == State.ERASED:
        return True
    if erasure.state != State.ERASING:
        raise ValueError(f"{erasure.pk} is not to be erased.")
    until = time.monotonic() + seconds
    # Again until a whole round finds nothing: what goes may have written something elsewhere.
    found = True
    while found:
        found = False
        for holding in holdings():
            while _forget(erasure, holding):
                found = True
                if time.monotonic() >= until:
                    return False
    with suppress(StaleMove), transaction.atomic():
        move(erasure, FINISH, finished_at=clock.now())
        emit(ERASURE_FINISHED, erasure, actor=SYSTEM)
    return True


def _forget(erasure: Erasure, holding: Holding) -> bool:
    with every_tenant("a person goes from all schools"), transaction.atomic():
        return holding.forget_batch(erasure.person, BATCH)
