"""Reads: the bank of questions."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from lms.common.errors import Forbidden, NotFound
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

from ..models import BankQuestion, Picture, Place, PlaceTag, Tag, Version


def banks_at_desk(user: Any, *, host: Provider | None) -> QuerySet[Provider]:
    """The providers whose banks `user` may write in, by name. Raises Forbidden where there is
    none."""
    rows = Provider.objects.order_by("name", "pk")
    if host is not None:
        rows = rows.filter(pk=host.pk)
    if not is_operator(user):
        rows = rows.filter(pk__in=houses_where(user, Code.SET_ASSESSMENTS))
        if not rows:
            raise Forbidden
    return rows


def has_bank(user: Any, *, host: Provider | None) -> bool:
    """Whether there is a bank that `user` may write in."""
    if is_operator(user):
        return True
    houses = houses_where(user, Code.SET_ASSESSMENTS)
    return bool(houses) if host is None else host.pk in houses


def bank_at_desk(user: Any, provider_id: Any, *, host: Provider | None) -> Provider:
    """A provider whose bank `user` may write in. Raises NotFound, Forbidden."""
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None or (host is not None and provider.pk != host.pk):
        raise NotFound
    if not is_operator(user) and provider.pk not in houses_where(user, Code.SET_ASSESSMENTS):
        raise Forbidden
    return provider


def bank_of(
    provider: Provider,
    *,
    words: str = "",
    kind: str = "",
    tags: Sequence[Any] = (),
    archived: bool = False,
) -> QuerySet[BankQuestion]:
    """Questions of a provider's bank, what was changed last on top; with all of `tags` (ids)."""
    rows = BankQuestion.objects.filter(provider=provider, archived_at__isnull=not archived)
    if words:
        asked = Q(current__data__prompt__icontains=words)
        rows = rows.filter(Q(title__icontains=words) | asked)
    if kind:
        rows = rows.filter(kind=kind)
    for tag in tags:
        rows = rows.filter(taggings__tag_id=tag)
    return rows.select_related("current").prefetch_related("tags").order_by("-changed_at", "-pk")


def bank_rows(provider: Provider, keys: Sequence[Any]) -> QuerySet[BankQuestion]:
    """These questions of a provider's bank, those put away too."""
    rows = BankQuestion.objects.filter(provider=provider, pk__in=keys)
    return rows.select_related("current", "provider").prefetch_related("tags").order_by("pk")


def question_at_desk(provider: Provider, question_id: int) -> BankQuestion:
    """Raises NotFound."""
    rows = BankQuestion.objects.select_related("current", "provider")
    rows = rows.prefetch_related("tags").filter(provider=provider, pk=question_id)
    if (found := rows.first()) is None:
        raise NotFound
    return found


def versions_of(question: BankQuestion) -> QuerySet[Version]:
    """The newest first."""
    return question.versions.select_related("made_by").order_by("-number")


def uses_of(question: BankQuestion) -> list[Place]:
    """Where a question stands, or may be drawn: places, each with its assessment and course."""
    tags = [tag.pk for tag in question.tags.all()]
    others = PlaceTag.objects.exclude(tag_id__in=tags).values("place_id")
    drawn = Q(question__isnull=True) & ~Q(pk__in=others)
    rows = Place.objects.filter(Q(question=question) | drawn, provider=question.provider)
    rows = rows.select_related("assessment__course")
    return list(rows.order_by("assessment__title", "pk")[:200])


def house_of_pictures(user: Any, provider_id: Any, *, host: Provider | None) -> Provider:
    """A provider whose questions `user` may look at, to set or to mark. Raises NotFound."""
    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is None or (host is not None and provider.pk != host.pk):
        raise NotFound
    if not is_operator(user) and provider.pk not in houses_where(user, Code.MARK_ASSESSMENTS):
        raise NotFound
    return provider


def tags_of(provider: Provider) -> QuerySet[Tag]:
    """By name, each with `number`: how many questions of the bank have it."""
    live = Q(questions__archived_at__isnull=True)
    return (
        Tag.objects.filter(provider=provider)
        .annotate(number=Count("questions", filter=live))
        .order_by("name")
    )


def picture_of(question: BankQuestion, key: str) -> Picture:
    """Raises NotFound."""
    rows = Picture.objects.select_related("upload__blob").filter(question=question, key=key)
    if (found := rows.first()) is None:
        raise NotFound
    return found
