"""Writes: laying out the marketplace and opening houses on it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import URLPattern, get_resolver
from django.utils.translation import gettext as _
from wagtail.models import Collection, Page, Site

from lms.events import SYSTEM, emit
from lms.tenants import actions as tenants
from lms.tenants.models import Provider, Role
from lms.tenants.selectors import first_admin
from lms.tenants.states import APPROVE

from .events import SCHOOL_OPENED
from .groups import open_groups, open_moderation, sync_groups
from .models import MarketplacePage, ProviderPage
from .sample import add_sample_course

# Host names that mean something else to people, mail and browsers.
RESERVED_NAMES = frozenset({
    "admin", "api", "app", "assets", "blog", "cdn", "docs", "ftp", "help", "imap", "localhost",
    "mail", "marketplace", "ns", "pop", "smtp", "sockets", "static", "status", "support",
    "test", "webmail", "ws", "www",
})  # fmt: skip


@transaction.atomic
def set_up_marketplace(*, title: str = "") -> MarketplacePage:
    """The front page and the default Site at FLEDGE_BASE_URL; what is there already stays."""
    page = MarketplacePage.objects.first()
    root = Page.get_first_root_node()
    if page is None:
        page = MarketplacePage(title=title or settings.WAGTAIL_SITE_NAME, slug="marketplace")
        root.add_child(instance=page)
        page.save_revision().publish()
    hostname, port = _address()
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    welcome = site.root_page if site.root_page_id and site.root_page_id != page.pk else None
    site.hostname, site.port, site.root_page = hostname, port, page
    site.site_name = site.site_name or page.title
    site.save()
    if welcome and welcome.specific_class is Page and not welcome.numchild:
        # Wagtail's own "Welcome to your new Wagtail site!".
        Page.objects.get(pk=welcome.pk).delete()
    return page


@transaction.atomic
def open_provider(*, name: str, slug: str, owner: Any, actor: Any, **fields: Any) -> Provider:
    """Open a house: the provider, `owner` as its first admin, and everything it stands on.

    `fields` are further Provider fields. All or nothing. Raises Forbidden, and ValidationError
    ({"slug": …}) where the name is reserved or taken.
    """
    require_free_name(slug)
    provider = tenants.open_provider(slug=slug, name=name, actor=actor, **fields)
    tenants.add_member(provider=provider, user=owner, role=Role.ADMIN, actor=actor)
    _lay_out(provider, owner)
    return provider


@transaction.atomic
def sign_up(*, name: str, slug: str, owner: Any, at: datetime) -> Provider:
    """Open a house for somebody who asks for one, with a sample course to begin with; where the
    operators want to look first (FLEDGE_APPROVE_PROVIDERS), it waits for them.

    Raises ValidationError ({"slug": …}) where the name is reserved or taken, and Conflict for one
    who manages several already.
    """
    require_free_name(slug)
    provider = tenants.apply_for_provider(slug=slug, name=name, owner=owner, at=at)
    if not settings.FLEDGE_APPROVE_PROVIDERS:
        let_in(provider, actor=SYSTEM)
    return provider


@transaction.atomic
def let_in(provider: Provider, move: str = APPROVE, *, actor: Any) -> None:
    """Open a house that waits, or was given up, and lay it out where it never was. For operators.

    Raises Forbidden, IllegalMove, StaleMove.
    """
    tenants.move_provider(provider, move, actor=actor)
    if ProviderPage.objects.filter(provider=provider).exists():
        return
    owner = first_admin(provider)
    page = _lay_out(provider, owner)
    add_sample_course(page, owner)
    emit(SCHOOL_OPENED, provider, actor=actor)


@transaction.atomic
def change_brand(provider: Provider, values: Mapping[str, Any], *, actor: Any) -> list[str]:
    """`lms.tenants.actions.change_brand`; a new name also becomes that of the house's page and Site
    where they bore the old one. Returns the fields that changed.
    """
    return _renaming(provider, lambda: tenants.change_brand(provider, values, actor=actor), actor)


@transaction.atomic
def restore_brand(provider: Provider, *, actor: Any) -> list[str]:
    """`lms.tenants.actions.restore_brand`, names of page and Site included."""
    return _renaming(provider, lambda: tenants.restore_brand(provider, actor=actor), actor)


def _renaming(provider: Provider, change: Callable[[], list[str]], actor: Any) -> list[str]:
    before = provider.name
    changed = change()
    if "name" in changed:
        page = ProviderPage.objects.get(provider=provider)
        for site in Site.objects.filter(root_page=page, site_name=before):
            site.site_name = provider.name
            site.save(update_fields=["site_name"])
        if page.title == before:
            _retitle(page, before, provider.name, actor)
    return changed


def _retitle(page: ProviderPage, before: str, title: str, actor: Any) -> None:
    """Rename the published page; what somebody has begun to write on it stays a draft."""
    user = None if actor is SYSTEM else actor
    draft = page.get_latest_revision_as_object()
    unpublished = page.has_unpublished_changes
    page.title = page.draft_title = title
    page.save_revision(user=user, log_action=True).publish(user=user)
    if unpublished:
        draft.title = title if draft.title == before else draft.title
        draft.save_revision(user=user)


def require_free_name(slug: str) -> None:
    """Raises ValidationError ({"slug": …}) for a name that means something else."""
    if slug in reserved_names():
        raise ValidationError({"slug": _("This address is reserved. Please choose another.")})


def _lay_out(provider: Provider, owner: Any) -> ProviderPage:
    """The house's page, its own host name `<slug>.<marketplace>`, a collection for its files, its
    groups and its moderation."""
    market = Site.objects.select_related("root_page").get(is_default_site=True)
    page = ProviderPage(title=provider.name, slug=provider.slug, provider=provider, owner=owner)
    market.root_page.specific.add_child(instance=page)
    page.save_revision(user=owner).publish()
    Site.objects.create(
        hostname=f"{provider.slug}.{market.hostname}",
        port=market.port,
        root_page=page,
        site_name=provider.name,
    )
    collection = Collection.get_first_root_node().add_child(name=provider.name)
    Provider.objects.filter(pk=provider.pk).update(collection=collection)
    provider.collection = collection
    groups = open_groups(provider, page, collection)
    open_moderation(provider, page, groups[Role.ADMIN])
    sync_groups(owner, provider)
    return page


def reserved_names() -> frozenset[str]:
    """Names no house may have: the first parts of our own addresses, and RESERVED_NAMES."""
    first = {
        str(entry.pattern).strip("^$/").split("/")[0]
        for entry in get_resolver().url_patterns
        for entry in (
            [entry]
            if isinstance(entry, URLPattern) or str(entry.pattern).strip("^/")
            else entry.url_patterns
        )
    }
    return RESERVED_NAMES | {part for part in first if part.isidentifier()}


def _address() -> tuple[str, int]:
    parts = urlsplit(settings.FLEDGE_BASE_URL)
    return parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else 80)
