"""Reads: lists of people, as the house's admins may see them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet
from wagtail.models import Page, PageLogEntry

from lms.common.errors import NotFound
from lms.enrolments.models import Enrolment
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require
from lms.tenants.scope import provider_scope

from .models import PeopleImport, PeopleImportRow


def lists_of(provider: Provider, *, actor: Any) -> QuerySet[PeopleImport]:
    """The house's lists, the newest first. Needs its scope. Raises Forbidden."""
    require(actor, Code.MANAGE_MEMBERS, provider)
    return PeopleImport.objects.filter(provider=provider).order_by("-created_at", "-pk")


def list_for(provider: Provider, list_id: int, *, actor: Any) -> PeopleImport:
    """One of them. Raises Forbidden, NotFound."""
    with provider_scope(provider):
        found = lists_of(provider, actor=actor).filter(pk=list_id).first()
    if found is None:
        raise NotFound
    return found


def forecasts(batch: PeopleImport) -> dict[str, int]:
    """{a Forecast, or "" for not looked at: number of rows}."""
    return _counted(batch, "forecast")


def results(batch: PeopleImport) -> dict[str, int]:
    """{a Result, or "" for none yet: number of rows}."""
    return _counted(batch, "result")


def by_role(batch: PeopleImport, forecast: str) -> dict[str, int]:
    """{role: number of rows with this forecast}."""
    rows = batch.rows.filter(forecast=forecast).order_by()
    return dict(rows.values_list("role").annotate(number=Count("pk")))


def busy_here(provider: Provider, rows: Sequence[PeopleImportRow]) -> set[int]:
    """Ids of the rows whose people have done something in the house since: used a seat the list
    gave, or, if the list let them in, taken another by themselves or written a page."""
    ids = [row.user_id for row in rows if row.user_id]
    seats: dict[Any, list[Enrolment]] = {}
    for seat in Enrolment.objects.filter(student__in=ids):
        seats.setdefault(seat.student_id, []).append(seat)
    below = Page.objects.filter(path__startswith=provider.page.path)
    wrote = set(below.filter(owner__in=ids).values_list("owner", flat=True))
    logged = PageLogEntry.objects.filter(user__in=ids, page__in=below.values("pk"))
    wrote |= set(logged.values_list("user", flat=True).distinct())

    def is_busy(row: PeopleImportRow) -> bool:
        own = seats.get(row.user_id, [])
        given = [seat for seat in own if seat.course_id in row.enrolled]
        if any(seat.is_used for seat in given):
            return True
        return row.joined and (len(own) > len(given) or row.user_id in wrote)

    return {row.pk for row in rows if is_busy(row)}


def _counted(batch: PeopleImport, name: str) -> dict[str, int]:
    return dict(batch.rows.order_by().values_list(name).annotate(number=Count("pk")))
