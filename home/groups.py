"""What the people of a house may do in the Wagtail admin: one group a role, three tables.

Groups carry permissions on the provider's own page tree and its own collection, and on nothing
else; what other models need is asked of `lms.tenants.permissions`.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from lms.tenants.models import Membership, Provider, Role
from lms.tenants.permissions import NEW_INSTRUCTOR
from lms.tenants.scope import provider_scope, unfenced

from .selectors import forget_author

# Assistants and students have no work in the admin, and so no group.
KEYS = (Role.ADMIN, Role.INSTRUCTOR, NEW_INSTRUCTOR)

# The roles whose holders are in a group.
GROUPED = (Role.ADMIN, Role.INSTRUCTOR)

PAGES: dict[str, tuple[str, ...]] = {
    Role.ADMIN: ("add", "change", "publish", "bulk_delete", "lock", "unlock"),
    Role.INSTRUCTOR: ("add", "change", "publish", "lock"),
    # "add" lets them edit what they began themselves; publishing goes through moderation.
    NEW_INSTRUCTOR: ("add",),
}
FILES: dict[str, tuple[str, ...]] = {
    Role.ADMIN: ("add", "change", "delete", "choose"),
    Role.INSTRUCTOR: ("add", "change", "choose"),
    NEW_INSTRUCTOR: ("add", "choose"),
}
MODELS: dict[str, tuple[str, ...]] = {
    Role.ADMIN: (
        "wagtailadmin.access_admin",
        "courses.add_category",
        "courses.change_category",
        "courses.delete_category",
        "wagtailredirects.add_redirect",
        "wagtailredirects.change_redirect",
        "wagtailredirects.delete_redirect",
    ),
    Role.INSTRUCTOR: ("wagtailadmin.access_admin",),
    NEW_INSTRUCTOR: ("wagtailadmin.access_admin",),
}


def group_name(provider: Provider, key: str) -> str:
    return f"{provider.slug}: {key}"


def open_groups(provider: Provider, page: Page, collection: Collection) -> dict[str, Group]:
    """The house's groups with their permissions, made where missing; {key of KEYS: group}."""
    groups = {}
    for key in KEYS:
        group, _new = Group.objects.get_or_create(name=group_name(provider, key))
        group.permissions.set([_permission(name) for name in MODELS[key]])
        for action in PAGES[key]:
            GroupPagePermission.objects.get_or_create(
                group=group, page=page, permission=_permission(f"wagtailcore.{action}_page")
            )
        for permission in _file_permissions(FILES[key]):
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=collection, permission=permission
            )
        groups[key] = group
    return groups


def open_moderation(provider: Provider, page: Page, admins: Group) -> Workflow:
    """The workflow that takes what new instructors write to the house's admins."""
    known = WorkflowPage.objects.filter(page=page).select_related("workflow").first()
    if known:
        return known.workflow
    task = GroupApprovalTask.objects.create(
        name=_("Approval by the admins of %(name)s") % {"name": provider.name}
    )
    task.groups.add(admins)
    workflow = Workflow.objects.create(name=_("Moderation: %(name)s") % {"name": provider.name})
    WorkflowTask.objects.create(workflow=workflow, task=task.task_ptr, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=page)
    return workflow


def sync_groups(user: Any, provider: Provider) -> None:
    """Put `user` into the groups of their roles at `provider`, and out of its others."""
    with provider_scope(provider):
        rows = Membership.objects.filter(user=user).values_list("role", "approved")
        held = {
            NEW_INSTRUCTOR if role == Role.INSTRUCTOR and not approved else role
            for role, approved in rows
        }
    for key in KEYS:
        group = Group.objects.filter(name=group_name(provider, key)).first()
        if group is not None:
            (user.groups.add if key in held else user.groups.remove)(group)
    forget_author(user)


def sync_member(happened: Any) -> None:
    """Subscriber: somebody's roles have changed."""
    if happened.data.get("role", Role.INSTRUCTOR) not in GROUPED:
        return
    with unfenced("who has just lost their last role is no colleague any more"):
        user = get_user_model()._default_manager.filter(pk=happened.data["user"]).first()
    provider = Provider.objects.filter(pk=happened.provider_id).first()
    if user and provider:
        sync_groups(user, provider)


def _permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def _file_permissions(actions: tuple[str, ...]) -> list[Permission]:
    """Of pictures, documents and recordings; recordings have no "choose"."""
    names = [f"{action}_{model}" for action in actions for model in ("image", "document", "media")]
    types = ContentType.objects.filter(app_label="files")
    return list(Permission.objects.filter(content_type__in=types, codename__in=names))
