"""Erasing a house: all that is its own, in batches that each stand for themselves.

Killed at any moment and called again, it goes on; called once more at the end, it finds nothing.
What stays serves the law: the provider's bare row, that it was erased (in the audit), what issued
certificates say, so that they can be checked, and the books (models with `outlives_house`).
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, FileField, OuterRef, ProtectedError, QuerySet
from taggit.models import Tag, TaggedItem
from wagtail.admin.models import EditingSession
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import (
    ModelLogEntry,
    Page,
    PageLogEntry,
    ReferenceIndex,
    Task,
    UploadedFile,
    Workflow,
)
from wagtail_localize.models import String, TranslatableObject

from lms.assessments.models import Picture, Response
from lms.certificates.models import Certificate
from lms.common import clock
from lms.courses.models import Category
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM, emit
from lms.homework.models import Attachment, Submission
from lms.tenants.models import Membership, Provider
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.states import State

from .belongings import FILES, collections_of, files_of, pages_of, private_models
from .events import SCHOOL_ERASED
from .groups import KEYS, group_name

BATCH = 100
# What is left of the provider's row: nothing that says who it was.
KEPT_FIELDS = {"id", "slug", "status", "tier", "created_at", "closed_at", "closed_by_itself"}


def erase(provider: Provider, *, seconds: float = float("inf")) -> bool:
    """Erase what is left of a house in the state ERASED; whether all of it is gone. Stops after
    the batch that `seconds` end in. Raises ValueError for a house in another state.
    """
    if provider.status != State.ERASED:
        raise ValueError(f"{provider.pk} is not to be erased.")
    if provider.erased_at is not None:
        return True
    until = time.monotonic() + seconds
    for step in STEPS:
        while True:
            with provider_scope(provider), transaction.atomic():
                more = step(provider)
            if not more:
                break
            if time.monotonic() >= until:
                return False
    with provider_scope(provider), transaction.atomic():
        _leave_no_name(provider)
    return True


def _uploads(provider: Provider) -> bool:
    """Files half uploaded by people who work for this house and no other."""
    people = _only_here(Membership.objects.filter(provider=provider).values("user"))
    batch = list(UploadedFile.objects.filter(uploaded_by_user__in=people).order_by("pk")[:BATCH])
    _forget_files(batch)  # Wagtail leaves them
    UploadedFile.objects.filter(pk__in=[row.pk for row in batch]).delete()
    return bool(batch)


def _handed_in(provider: Provider) -> bool:
    """What students handed in, and the material they got. It holds on to the files that were sent,
    and so to seats and accounts; those files go with the other rows."""
    for model in (Submission, Attachment, Response, Picture):
        batch = list(model.objects.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if batch:
            model.objects.filter(pk__in=batch).delete()
            return True
    return False


def _accounts(provider: Provider) -> bool:
    """Accounts that exist through this house alone and were never used. All others are people's."""
    members = Membership.objects.filter(provider=provider).values("user")
    unused = get_user_model()._default_manager.filter(
        last_login__isnull=True, is_superuser=False, is_staff=False, pk__in=_only_here(members)
    )
    with every_tenant("an account goes only if no house knows it"):
        studies = Enrolment.objects.filter(student=OuterRef("pk")).exclude(provider=provider)
        certified = Certificate.objects.filter(student=OuterRef("pk"))
        found = list(unused.exclude(Exists(studies)).exclude(Exists(certified))[:BATCH])
    for user in found:
        user.delete()
    return bool(found)


def _certificates(provider: Provider) -> bool:
    """What they say stays; the seat goes, and the file, which could be made again."""
    rows = Certificate.objects.exclude(enrolment=None, pdf="")
    batch = list(rows.order_by("pk")[:BATCH])
    _forget_files(batch)
    Certificate.objects.filter(pk__in=[row.pk for row in batch]).outlive_house()
    return bool(batch)


def _rows(provider: Provider) -> bool:
    """Private rows of every kind but certificates and the books, which the law keeps. Some protect
    others, which wait their turn."""
    waiting: list[str] = []
    for model in private_models():
        if model is Certificate or getattr(model, "outlives_house", False):
            continue
        batch = list(model._default_manager.order_by("pk")[:BATCH])
        if not batch:
            continue
        try:
            with transaction.atomic():
                model._default_manager.filter(pk__in=[row.pk for row in batch]).delete()
        except ProtectedError:
            waiting.append(model._meta.label)
            continue
        _forget_files(batch)
        return True
    if waiting:
        raise ProtectedError(f"Nothing gives way: {', '.join(waiting)}.", set())
    return False


def _redirects(provider: Provider) -> bool:
    return _delete(Redirect.objects.filter(site__root_page__in=pages_of(provider)))


def _pages(provider: Provider) -> bool:
    """From the bottom up, with what Wagtail keeps about each elsewhere."""
    batch = list(pages_of(provider).order_by("-depth", "-path")[:BATCH])
    for page in batch:
        Page.objects.get(pk=page.pk).specific.delete()
    keys = [page.pk for page in batch]
    said = [page.translation_key for page in batch]
    TranslatableObject.objects.filter(translation_key__in=said).delete()
    EditingSession.objects.filter(object_id__in=map(str, keys)).delete()
    PageLogEntry.objects.filter(page__in=keys).delete()
    return bool(batch)


def _words(provider: Provider) -> bool:
    """What was translated, where no other page says it: translations share their words."""
    unsaid = String.objects.filter(segments=None, translations=None).order_by("pk")[:BATCH]
    return bool(String.objects.filter(pk__in=list(unsaid.values_list("pk", flat=True))).delete()[0])


def _files(provider: Provider) -> bool:
    """With the tags that nothing else bears: their words are the house's."""
    for model in FILES:
        rows = files_of(provider, model)
        batch = list(rows.values_list("pk", flat=True)[:BATCH])
        kind = ContentType.objects.get_for_model(model)
        borne = TaggedItem.objects.filter(content_type=kind, object_id__in=batch)
        tags = list(borne.values_list("tag", flat=True).distinct())
        if _delete(rows.filter(pk__in=batch)):
            Tag.objects.filter(pk__in=tags, taggit_taggeditem_items=None).delete()
            return True
    return False


def _site(provider: Provider) -> bool:
    """What its pages stood on. Sites go with their root page."""
    return _delete(Category.objects.filter(provider=provider))


def _groups(provider: Provider) -> bool:
    groups = Group.objects.filter(name__in=[group_name(provider, key) for key in KEYS])
    tasks = Task.objects.filter(groupapprovaltask__groups__in=groups)
    Workflow.objects.filter(workflow_tasks__task__in=tasks).delete()
    for task in tasks.distinct():
        task.specific.delete()
    return _delete(groups)


def _collections(provider: Provider) -> bool:
    for collection in collections_of(provider).order_by("-depth", "-path"):
        collection.refresh_from_db()
        collection.delete()
    return False


def _log(provider: Provider) -> bool:
    ModelLogEntry.objects.filter(data__provider=str(provider.pk)).delete()
    kind = ContentType.objects.get_for_model(Provider)
    ModelLogEntry.objects.filter(content_type=kind, object_id=str(provider.pk)).delete()
    return False


STEPS: tuple[Callable[[Provider], bool], ...] = (
    _uploads, _handed_in, _accounts, _certificates, _rows, _redirects, _pages, _words, _files,
    _site, _groups, _collections, _log,
    _rows,  # what deleting pages may have written
)  # fmt: skip


def _leave_no_name(provider: Provider) -> None:
    """The bare row, and that this has happened, once."""
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    if row.erased_at is not None:
        return
    for field in Provider._meta.concrete_fields:
        if field.name not in KEPT_FIELDS:
            setattr(row, field.attname, field.get_default() if not field.null else None)
    row.slug, row.name, row.erased_at = f"erased-{row.pk}", "", clock.now()
    row.save()
    ReferenceIndex.remove_for_object(row)
    emit(SCHOOL_ERASED, row, actor=SYSTEM)


def _only_here(users: QuerySet[Any]) -> Any:
    """Those of `users` (ids) that belong to one house."""
    with every_tenant("who belongs to another house as well"):
        ids = set(users.values_list("user", flat=True))
        here: dict[Any, set[Any]] = {pk: set() for pk in ids}
        for pk, provider_id in Membership.objects.filter(user__in=ids).values_list(
            "user", "provider"
        ):
            here[pk].add(provider_id)
    return [pk for pk, houses in here.items() if len(houses) == 1]


def _delete(rows: QuerySet[Any]) -> bool:
    """One batch of rows, each by itself: their files go by signals. Whether there was any."""
    batch = list(rows.order_by("pk")[:BATCH])
    if batch:
        kind = ContentType.objects.get_for_model(rows.model)
        keys = [str(row.pk) for row in batch]
        ModelLogEntry.objects.filter(content_type=kind, object_id__in=keys).delete()
    for row in batch:
        row.delete()
    return bool(batch)


def _forget_files(rows: list[Any]) -> None:
    """Delete the files of rows, once it is certain that the rows are gone."""
    for row in rows:
        for field in row._meta.concrete_fields:
            if isinstance(field, FileField) and (file := getattr(row, field.name)):
                transaction.on_commit(partial(file.storage.delete, file.name))
