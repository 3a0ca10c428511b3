"""Who hears that a school opens."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django_q.tasks import async_task

from lms.common.mail import compose
from lms.events import Happened, subscribe
from lms.tenants import events
from lms.tenants.hosts import provider_origin
from lms.tenants.models import Provider
from lms.tenants.selectors import first_admin
from lms.tenants.states import State

from .events import SCHOOL_OPENED


def applied(happened: Happened) -> None:
    """A house that waits: the operators are asked."""
    provider = _fresh(happened)
    if provider.status != State.PENDING:
        return
    operators = get_user_model()._default_manager.filter(is_superuser=True, is_active=True)
    for operator in operators:
        _send("home/emails/applied.txt", provider, operator, schools_url=_to("schools_admin:index"))


def opened(happened: Happened) -> None:
    """A house that was let in: its first admin may begin."""
    provider = _fresh(happened)
    _send(
        "home/emails/opened.txt",
        provider,
        first_admin(provider),
        site_url=provider_origin(provider) + "/",
        desk_url=_to("wagtailadmin_home"),
    )


def moved(happened: Happened) -> None:
    """A house that was closed: everybody who belongs to it is told, by a task."""
    if happened.data["now"] == State.CLOSED and happened.data["was"] == State.OPEN:
        async_task("home.tasks.tell_of_closing", str(happened.row.pk))


def _fresh(happened: Happened) -> Provider:
    return Provider.objects.get(pk=happened.row.pk)


def _to(name: str) -> str:
    return settings.FLEDGE_BASE_URL + reverse(name)


def _send(template: str, provider: Provider, to: Any, **context: Any) -> None:
    compose(template, {"provider": provider, **context}, to=to.email, language=to.language).send()


subscribe(events.PROVIDER_APPLIED, applied)
subscribe(SCHOOL_OPENED, opened)
subscribe(events.PROVIDER_MOVED, moved)
