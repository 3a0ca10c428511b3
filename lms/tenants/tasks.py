"""Tasks run outside any request: they enter the scope from the id they carry."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django_q.tasks import async_task

from lms.common.errors import NotFound
from lms.events import SYSTEM
from lms.tenants import domains
from lms.tenants.models import Domain, Provider
from lms.tenants.scope import every_tenant, provider_scope

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_provider_scope(
    task: Callable[Concatenate[Any, Arguments], Result],
) -> Callable[Concatenate[Any, Arguments], Result]:
    """For a task whose first argument is a provider's id: run it in that provider's scope.

        @in_provider_scope
        def issue_certificate(provider_id, enrolment_id): …

        async_task(issue_certificate, str(provider.pk), str(enrolment.pk))

    Raises ValueError when the first argument is no id.
    """

    @functools.wraps(task)
    def run(provider_id: UUID | str, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with provider_scope(provider_id):
            return task(provider_id, *args, **kwargs)

    return run


def houses_with(why: str, *rows: QuerySet[Any]) -> list[Provider]:
    """The providers that have any of these private rows, for a clock that then looks at each in its
    scope. `why` says what it asks for in all of them at once; nothing but ids is read."""
    with every_tenant(why):
        keys: set[Any] = set()
        for some in rows:
            keys.update(some.order_by().values_list("provider_id", flat=True).distinct())
    return list(Provider.objects.filter(pk__in=keys).order_by("pk"))


def check_due_domains() -> None:
    """Every hour: have each host name that is due looked at, in a task of its own."""
    for provider_id, domain_id in domains.due():
        async_task("lms.tenants.tasks.check_domain", str(provider_id), str(domain_id))


@in_provider_scope
def check_domain(provider_id: UUID | str, domain_id: str) -> None:
    """Look at one host name. One that has been removed meanwhile is nobody's error."""
    domain = Domain.objects.filter(pk=domain_id).first()
    if domain is not None:
        with suppress(NotFound):
            domains.check(domain, actor=SYSTEM)
