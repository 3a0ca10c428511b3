"""What happens in the page tree and around it, passed on to the actions that keep listings right.

Wagtail's and Django's signals are the only place where every way of publishing meets: the admin,
moderation, schedules, imports, bulk actions.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from wagtail.images import get_image_model
from wagtail.models import Page, PageLogEntry
from wagtail.signals import (
    copy_for_translation_done,
    page_published,
    page_slug_changed,
    page_unpublished,
    post_page_move,
)

from lms.events import Happened, subscribe
from lms.tenants.audit import add_entry
from lms.tenants.events import PROVIDER_MOVED
from lms.tenants.models import Provider

from . import actions, freshness, translations
from .models import Category, CourseListing, CoursePage, LessonPage, ModulePage
from .models.pages import CourseTreePage, ancestor_paths
from .tree import provider_id_at

# What people do to pages that a house may have to account for, by Wagtail's names.
PAGE_DEEDS = frozenset(
    {
        "wagtail.publish",
        "wagtail.unpublish",
        "wagtail.delete",
        "wagtail.move",
        "wagtail.view_restriction.create",
        "wagtail.view_restriction.edit",
        "wagtail.view_restriction.delete",
    }
)
COURSE_DEPTH = 4  # root, marketplace, provider, course


@receiver(page_published)
def page_appeared(instance: Page, **kwargs: Any) -> None:
    if isinstance(instance, CoursePage):
        actions.refresh_listing(instance)
    else:
        page_changed(instance)
    if isinstance(instance, CourseTreePage):
        translations.follow(instance)


@receiver(copy_for_translation_done)
def page_translated(source_obj: Any, target_obj: Any, **kwargs: Any) -> None:
    if isinstance(target_obj, CourseTreePage):
        translations.settle(source_obj, target_obj)


@receiver(page_unpublished)
def page_went(instance: Page, **kwargs: Any) -> None:
    """Sent before a page is deleted, too, when it still says that it is live."""
    if isinstance(instance, CoursePage):
        actions.hide_listings(CourseListing.objects.filter(pk=instance.pk))
    else:
        page_changed(instance)


def page_changed(instance: Page) -> None:
    if isinstance(instance, LessonPage | ModulePage):
        _recount([instance.path])
    else:
        freshness.changed()


@receiver(post_page_move)
def page_moved(
    instance: Page, parent_page_before: Page, parent_page_after: Page, **kwargs: Any
) -> None:
    if isinstance(instance.specific, CoursePage):
        course = CoursePage.objects.get(pk=instance.pk)
        course.save(update_fields=["provider"])  # the one it stands below now
        actions.refresh_listing(course)
    elif isinstance(instance.specific, LessonPage | ModulePage):
        _recount([parent_page_before.path, parent_page_after.path])
    else:
        freshness.changed()


@receiver(page_slug_changed)
def page_renamed(instance: Page, **kwargs: Any) -> None:
    if len(instance.path) <= COURSE_DEPTH * Page.steplen:
        actions.refresh_paths(instance.path)


@receiver(post_delete)
def page_deleted(sender: type, instance: Any, **kwargs: Any) -> None:
    if sender in (LessonPage, ModulePage):
        _recount([instance.path])
    elif issubclass(sender, Page):
        freshness.changed()


@receiver(post_save, sender=Category)
def category_saved(instance: Category, **kwargs: Any) -> None:
    actions.categories_renamed(CourseListing.objects.filter(categories=instance))


@receiver(pre_delete, sender=Category)
def remember_listings(instance: Category, **kwargs: Any) -> None:
    instance.listed = list(instance.listings.values_list("pk", flat=True))


@receiver(post_delete, sender=Category)
def category_deleted(instance: Category, **kwargs: Any) -> None:
    actions.categories_renamed(CourseListing.objects.filter(pk__in=instance.listed))


@receiver(post_save, sender=get_user_model())
def person_saved(
    instance: Any, created: bool, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    """Signing in saves the person too; that changes nothing anybody sees."""
    shown = {"name", "headline", "biography", "picture", "is_active"}
    if not created and (update_fields is None or shown & set(update_fields)):
        actions.instructor_changed(instance)


@receiver(post_save, sender=Provider)
def provider_saved(
    instance: Provider, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    actions.provider_changed(instance)
    if update_fields and "is_portal" in update_fields and instance.is_open:
        actions.portal_changed(instance)


@receiver(post_save, sender=get_image_model())
def image_saved(instance: Any, created: bool, **kwargs: Any) -> None:
    if not created:
        actions.image_changed(instance)


def provider_moved(happened: Happened) -> None:
    """Opening, suspending and closing are conditional updates, which send no signal."""
    actions.provider_changed(Provider.objects.get(pk=happened.row.pk))


subscribe(PROVIDER_MOVED, provider_moved)


def _recount(paths: list[str]) -> None:
    above = {path for below in paths for path in ancestor_paths(below)}
    for course_id in CoursePage.objects.filter(path__in=above).values_list("pk", flat=True):
        actions.refresh_curriculum(course_id)


@receiver(post_save, sender=PageLogEntry)
def deed_done(instance: PageLogEntry, created: bool, **kwargs: Any) -> None:
    """What somebody did to a page, into the audit of the house it stands in."""
    if not created or instance.action not in PAGE_DEEDS or instance.user is None:
        return
    page = instance.page
    above = CoursePage.objects.filter(path__in=ancestor_paths(page.path))
    known = above.values_list("provider_id", "pk").first()
    provider_id, course_id = known or (provider_id_at(page), None)
    if provider_id:
        about = instance.label[:255]
        add_entry(provider_id, instance.action, instance.user, about=about, course_id=course_id)
