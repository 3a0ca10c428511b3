"""The bank: questions, their versions, tags and pictures."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Max

from lms.common.errors import Invalid, NotFound
from lms.events import SYSTEM, emit
from lms.files.actions import attach_upload, receive_whole
from lms.files.models import Upload
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, require

from .. import events, uploads
from ..models import (
    BankQuestion,
    Picture,
    Tag,
    Tagging,
    Version,
)
from ..rules.questions import QuestionError, read, write
from .shared import clean

MOST_TAGS = 20


@transaction.atomic
def create_question(
    provider: Provider,
    *,
    title: str,
    kind: str,
    data: Any,
    points: Decimal = Decimal(1),
    tags: Iterable[str] = (),
    pictures: Mapping[str, Upload] | None = None,
    actor: Any,
    at: datetime,
) -> BankQuestion:
    """A question in `provider`'s bank: `data` as rules.questions reads it, `pictures` by key.

    Raises Forbidden, Invalid.
    """
    row = BankQuestion(provider_id=provider.pk, kind=kind, changed_at=at)
    require(actor, Code.SET_ASSESSMENTS, row)
    _describe(row, title, points)
    row.save()
    _add_version(row, data, actor=actor, at=at)
    set_tags(row, tags)
    add_pictures(row, pictures or {}, actor=actor, at=at)
    emit(events.QUESTION_CREATED, row, actor=actor, title=row.title, kind=row.kind)
    return row


@transaction.atomic
def change_question(
    row: BankQuestion,
    *,
    title: str,
    data: Any,
    points: Decimal,
    tags: Iterable[str] = (),
    pictures: Mapping[str, Upload] | None = None,
    actor: Any,
    at: datetime,
) -> Version:
    """Change a question. What it asks becomes another version; who sits in an attempt keeps
    theirs, and what is graded stays as it is until it is marked anew (`regrade`).

    Raises Forbidden, Invalid.
    """
    require(actor, Code.SET_ASSESSMENTS, row)
    held = BankQuestion.objects.select_for_update(no_key=True).get(pk=row.pk)
    _describe(row, title, points)
    row.changed_at = at
    row.save(update_fields=["title", "points", "changed_at"])
    current = held.current
    if current is None or write(_read(row.kind, data)) != current.data:
        current = _add_version(row, data, actor=actor, at=at)
    set_tags(row, tags)
    add_pictures(row, pictures or {}, actor=actor, at=at)
    emit(events.QUESTION_CHANGED, row, actor=actor, title=row.title, version=current.number)
    return current


@transaction.atomic
def archive_question(row: BankQuestion, *, actor: Any, at: datetime) -> None:
    """Put a question away: it is offered and drawn no more. Where it stands already it stays.
    Raises Forbidden."""
    require(actor, Code.SET_ASSESSMENTS, row)
    if BankQuestion.objects.filter(pk=row.pk, archived_at=None).update(archived_at=at):
        emit(events.QUESTION_ARCHIVED, row, actor=actor, title=row.title)


@transaction.atomic
def restore_question(row: BankQuestion, *, actor: Any) -> None:
    """Raises Forbidden."""
    require(actor, Code.SET_ASSESSMENTS, row)
    if BankQuestion.objects.filter(pk=row.pk, archived_at__isnull=False).update(archived_at=None):
        emit(events.QUESTION_RESTORED, row, actor=actor, title=row.title)


@transaction.atomic
def tag_question(
    row: BankQuestion, *, add: Iterable[str] = (), drop: Iterable[str] = (), actor: Any
) -> bool:
    """Give a question tags, or take them away; whether that changed anything. Raises Forbidden,
    Invalid."""
    require(actor, Code.SET_ASSESSMENTS, row)
    names = [tag.name for tag in row.tags.all()]
    gone = {_tag_name(name) for name in drop}
    wanted = dict.fromkeys([*names, *map(_tag_name, add)])
    kept = [name for name in wanted if name not in gone]
    if set(kept) == set(names):
        return False
    set_tags(row, kept)
    number = row.current.number if row.current else 0
    emit(events.QUESTION_CHANGED, row, actor=actor, title=row.title, version=number)
    return True


@transaction.atomic
def copy_question(row: BankQuestion, *, title: str, actor: Any, at: datetime) -> BankQuestion:
    """Another question that is the same, pictures too. Raises Forbidden, Invalid, and what
    `receive_whole` raises."""
    current = row.current
    if current is None:
        raise NotFound
    pictures = {
        one.key: receive_whole(
            File(one.upload.file, one.upload.name),
            owner=actor,
            provider=row.provider,
            purpose=uploads.PICTURE.name,
            at=at,
        )
        for one in row.pictures.select_related("upload__blob")
        if one.upload.is_ready
    }
    return create_question(
        row.provider,
        title=title,
        kind=row.kind,
        data=current.data,
        points=row.points,
        tags=[tag.name for tag in row.tags.all()],
        pictures=pictures,
        actor=actor,
        at=at,
    )


def _tag_name(name: str) -> str:
    return " ".join(name.split()).casefold()


def set_tags(row: BankQuestion, names: Iterable[str]) -> None:
    """Have the question these tags and no others. Raises Invalid for too many or too long ones."""
    wanted = list(dict.fromkeys(map(_tag_name, names)))
    wanted = [name for name in wanted if name]
    if len(wanted) > MOST_TAGS or any(len(name) > 60 for name in wanted):
        raise Invalid(details={"tags": [f"≤ {MOST_TAGS}, ≤ 60"]})
    ids = [
        Tag.objects.get_or_create(provider_id=row.provider_id, name=name)[0].pk  # type: ignore[misc]
        for name in wanted
    ]
    row.taggings.exclude(tag_id__in=ids).delete()
    Tagging.objects.bulk_create(
        [Tagging(provider_id=row.provider_id, question=row, tag_id=key) for key in ids],
        ignore_conflicts=True,
    )


def add_pictures(
    row: BankQuestion, pictures: Mapping[str, Upload], *, actor: Any, at: datetime
) -> None:
    """Keep pictures with the question, by keys it does not use yet: attempts go on showing the
    pictures they began with. Raises NotUsable, Forbidden, Invalid."""
    for key, upload in pictures.items():
        if row.pictures.filter(key=key).exists():
            raise Invalid(details={"pictures": [key]})
        kept = attach_upload(upload, owner=actor, purpose=uploads.PICTURE.name, at=at)
        picture = Picture(provider_id=row.provider_id, question=row, key=key, upload=kept)
        clean(picture)
        picture.save()


def _describe(row: BankQuestion, title: str, points: Decimal) -> None:
    row.title = " ".join(title.split())
    row.points = points
    clean(row, exclude=["current"])


def _add_version(row: BankQuestion, data: Any, *, actor: Any, at: datetime) -> Version:
    question = _read(row.kind, data)
    last = row.versions.aggregate(last=Max("number"))["last"] or 0
    version = Version.objects.create(
        provider_id=row.provider_id,
        question=row,
        number=last + 1,
        kind=row.kind,
        data=write(question),
        made_at=at,
        made_by=None if actor is SYSTEM else actor,
    )
    row.current = version
    row.save(update_fields=["current"])
    return version


def _read(kind: str, data: Any) -> Any:
    try:
        return read(kind, data)
    except QuestionError as problem:
        raise Invalid(details={problem.field: [problem.reason]}) from problem
