"""What the people of a house find in the Wagtail admin: one rule a model, in one table.

`lms.tenants.scope.fence` applies them to the admin's requests of everybody but operators; public
pages, tasks, commands and operators never meet them. docs/decisions/0005-the-admin-is-fenced.md
says why, and what to do with a model of your own.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, CharField, Model, Q, QuerySet
from django.db.models.functions import Cast
from taggit.models import TaggedItem
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import (
    Collection,
    Comment,
    CommentReply,
    GroupCollectionPermission,
    GroupPagePermission,
    ModelLogEntry,
    Page,
    PageLogEntry,
    PageSubscription,
    PageViewRestriction,
    ReferenceIndex,
    Revision,
    Site,
    Task,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowState,
    WorkflowTask,
)
from wagtail_localize.models import (
    OverridableSegment,
    RelatedObjectSegment,
    SegmentOverride,
    StringSegment,
    StringTranslation,
    TemplateSegment,
    TranslatableObject,
    Translation,
    TranslationContext,
    TranslationLog,
    TranslationSource,
)

from lms.courses.models import Category
from lms.courses.tree import ancestor_paths
from lms.files.models import Document, Image, Media
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.scope.fence import Fence, Rule, in_force, put_up, unfenced

from .groups import KEYS, group_name

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)


# --- What a fence is made of: a few short queries a request, when first needed --------------------


def _once(find: Callable[[Fence], T]) -> Callable[[Fence], T]:
    return wraps(find)(lambda fence: fence.once(find))


@_once
def own_pages(fence: Fence) -> list[tuple[str, str]]:
    """(tree path, URL path) of the houses' own pages, below which everything is theirs."""
    pages = _all(Provider).filter(pk__in=fence.provider_ids, page__isnull=False)
    return list(pages.values_list("page__path", "page__url_path"))


@_once
def own_groups(fence: Fence) -> list[int]:
    houses = _all(Provider).filter(pk__in=fence.provider_ids)
    names = [group_name(house, key) for house in houses for key in KEYS]
    return list(_all(Group).filter(name__in=names).values_list("pk", flat=True))


@_once
def own_collections(fence: Fence) -> list[str]:
    """Tree paths of the collections that the houses' groups have permissions on."""
    given = _all(GroupCollectionPermission).filter(group__in=own_groups(fence))
    return list(given.values_list("collection__path", flat=True).distinct())


# --- Words the rules are made of ------------------------------------------------------------------


def _all(model: type[Row]) -> QuerySet[Row]:
    """Every row: a rule can't be made of what it hides."""
    return QuerySet(model)


def _own_page_paths(fence: Fence) -> list[str]:
    return [path for path, _url in own_pages(fence)]


def _below(paths: Iterable[str]) -> Q:
    inside = Q(pk__in=[])
    for path in paths:
        inside |= Q(path__startswith=path)
    return inside


def _and_above(paths: Iterable[str]) -> Q:
    """With what leads there: Wagtail asks pages and collections for their parents."""
    return _below(paths) | Q(path__in={above for path in paths for above in ancestor_paths(path)})


def _pages(fence: Fence) -> QuerySet[Page]:
    """The houses' own pages, without what stands above them."""
    return _all(Page).filter(_below(_own_page_paths(fence)))


def _collections(fence: Fence) -> QuerySet[Collection]:
    return _all(Collection).filter(_below(own_collections(fence)))


def _files(model: type[Model], fence: Fence) -> QuerySet[Any]:
    return _all(model).filter(_file_rule(model)(fence))


def _about(rows: QuerySet[Any], type_field: str) -> Q:
    """Rows whose generic key, an id written as text, points at one of `rows`."""
    kind = ContentType.objects.get_for_model(rows.model)
    ids = rows.order_by().annotate(as_text=Cast("pk", CharField())).values("as_text")
    return Q(**{type_field: kind.pk, "object_id__in": ids})


def _shared_or_own(fence: Fence) -> Q:
    return Q(provider__isnull=True) | Q(provider__in=fence.provider_ids)


# --- The rules ------------------------------------------------------------------------------------


def _file_rule(model: type[Model]) -> Rule:
    """Files of own collections, and those own pages use: an operator may have put one there."""

    def rule(fence: Fence) -> Q:
        kind = ContentType.objects.get_for_model(model)
        uses = _all(ReferenceIndex).filter(_reference_rule(fence), to_content_type=kind.pk)
        used = uses.annotate(as_key=Cast("to_object_id", BigIntegerField())).values("as_key")
        return Q(collection__in=_collections(fence)) | Q(pk__in=used)

    return rule


def _page_rule(fence: Fence) -> Q:
    return Q(page__in=_pages(fence))


def _group_rule(fence: Fence) -> Q:
    return Q(group__in=own_groups(fence))


def _user_rule(fence: Fence) -> Q:
    members = _all(Membership).filter(provider__in=fence.provider_ids)
    return Q(pk=fence.user_id) | Q(pk__in=members.values("user"))


def _site_rule(fence: Fence) -> Q:
    return Q(root_page__in=_all(Page).filter(path__in=_own_page_paths(fence)))


def managed_sites(fence: Fence) -> QuerySet[Site]:
    """Sites of the houses the person manages: a redirect is a setting of the house, and a
    permission to write one says nothing of which."""
    managing = _all(Membership).filter(user=fence.user_id, role=Role.ADMIN)
    houses = _all(Provider).filter(pk__in=managing.values("provider"))
    managed = houses.filter(pk__in=fence.provider_ids)
    return _all(Site).filter(root_page__in=managed.values("page"))


def _redirect_rule(fence: Fence) -> Q:
    return Q(site__in=managed_sites(fence))


def _tagged_rule(fence: Fence) -> Q:
    inside = Q(pk__in=[])
    for model in (Image, Document, Media):
        kind = ContentType.objects.get_for_model(model)
        inside |= Q(content_type=kind.pk, object_id__in=_files(model, fence).values("pk"))
    return inside


def _log_rule(fence: Fence) -> Q:
    own = _all(Category).filter(provider__in=fence.provider_ids)
    inside = _about(own, "content_type")
    inside |= _about(_all(Redirect).filter(_redirect_rule(fence)), "content_type")
    for model in (Image, Document, Media):
        inside |= _about(_files(model, fence), "content_type")
    return inside


def _page_revision_rule(fence: Fence) -> Q:
    return _about(_pages(fence), "base_content_type")


def _reference_rule(fence: Fence) -> Q:
    houses = _all(Provider).filter(pk__in=fence.provider_ids)
    return _about(_pages(fence), "base_content_type") | _about(houses, "base_content_type")


def _workflow_rule(fence: Fence) -> Q:
    return Q(pk__in=_all(WorkflowPage).filter(_page_rule(fence)).values("workflow"))


def _task_rule(fence: Fence) -> Q:
    own = _all(Workflow).filter(_workflow_rule(fence))
    return Q(pk__in=_all(WorkflowTask).filter(workflow__in=own).values("task"))


def _task_state_rule(fence: Fence) -> Q:
    own = _all(WorkflowState).filter(_page_revision_rule(fence))
    return Q(workflow_state__in=own)


# What wagtail-localize keeps about own pages. Its strings themselves are one table for all, like
# tags: found by their text, listed nowhere.


def _translated_rule(key: str) -> Rule:
    """`key` is the translation key of a page."""
    return lambda fence: Q(**{f"{key}__in": _pages(fence).values("translation_key")})


def _source_rule(fence: Fence) -> Q:
    return Q(source__in=_all(TranslationSource).filter(_translated_rule("object")(fence)))


def _context_rule(fence: Fence) -> Q:
    return Q(context__in=_all(TranslationContext).filter(_translated_rule("object")(fence)))


RULES: dict[type[Model], Rule] = {
    Page: lambda fence: _and_above(_own_page_paths(fence)),
    Collection: lambda fence: _and_above(own_collections(fence)),
    Image: _file_rule(Image),
    Document: _file_rule(Document),
    Media: _file_rule(Media),
    TaggedItem: _tagged_rule,
    Category: _shared_or_own,
    Provider: lambda fence: Q(pk__in=fence.provider_ids),
    get_user_model(): _user_rule,
    Group: lambda fence: Q(pk__in=own_groups(fence)),
    GroupPagePermission: _group_rule,
    GroupCollectionPermission: _group_rule,
    Site: _site_rule,
    Redirect: _redirect_rule,
    Revision: _page_revision_rule,
    ReferenceIndex: _reference_rule,
    PageLogEntry: _page_rule,
    ModelLogEntry: _log_rule,
    Comment: _page_rule,
    CommentReply: lambda fence: Q(comment__in=_all(Comment).filter(_page_rule(fence))),
    PageSubscription: _page_rule,
    PageViewRestriction: _page_rule,
    Workflow: _workflow_rule,
    Task: _task_rule,
    WorkflowState: _page_revision_rule,
    TaskState: _task_state_rule,
    TranslatableObject: _translated_rule("translation_key"),
    TranslationSource: _translated_rule("object"),
    TranslationLog: _source_rule,
    Translation: _source_rule,
    TranslationContext: _translated_rule("object"),
    StringTranslation: _context_rule,
    SegmentOverride: _context_rule,
    StringSegment: _source_rule,
    TemplateSegment: _source_rule,
    RelatedObjectSegment: _source_rule,
    OverridableSegment: _source_rule,
}

# What is answered or kept for everybody, whoever asks.
FOR_EVERYBODY: dict[type, dict[str, str]] = {
    Page: {"_slug_is_available": "two houses can't have one address"},
    Site: {"get_site_root_paths": "cached for everybody"},
    ReferenceIndex: {
        "create_or_update_for_object": "kept for everybody",
        "remove_for_object": "kept for everybody",
        "remove_references_to": "kept for everybody",
    },
}


def build() -> None:
    """Put the fence up. Call once, as soon as the models are there."""
    put_up(RULES)
    for owner, names in FOR_EVERYBODY.items():
        for name, why in names.items():
            _lift(owner, name, why)
    _narrow_root_paths()


def _lift(owner: type, name: str, why: str) -> None:
    defined = next(base for base in owner.__mro__ if name in vars(base))
    kind = type(vars(defined)[name])  # staticmethod or classmethod
    setattr(owner, name, kind(unfenced(why)(vars(defined)[name].__func__)))


def _narrow_root_paths() -> None:
    """A page's address is looked for among all sites; within a fence only its own can match, and
    the explorer stays as fast with a thousand houses."""
    everybodys = Site.get_site_root_paths

    def get_site_root_paths() -> list[Any]:
        fence = in_force()
        return everybodys() if fence is None else fence.once(_own_root_paths)

    def _own_root_paths(fence: Fence) -> list[Any]:
        own = tuple(url for _path, url in own_pages(fence))
        return [
            site
            for site in everybodys()
            if site.root_path.startswith(own) or any(url.startswith(site.root_path) for url in own)
        ]

    Site.get_site_root_paths = staticmethod(get_site_root_paths)
