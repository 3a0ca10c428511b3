"""What the worker does at night."""

from lms.common import clock
from lms.tenants.models import Provider

from .actions import recount
from .rules import day_of, recount_from


def recount_lately() -> None:
    """Count every provider's last days anew: what was missed when a process died is found."""
    since = recount_from(day_of(clock.now()))
    for provider in Provider.objects.all():
        recount(provider, since)
