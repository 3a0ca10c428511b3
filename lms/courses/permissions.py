"""Who may change what around courses, beyond Wagtail's own page permissions."""

from typing import Any

from django.db.models import QuerySet

from lms.tenants.permissions import Code, can, is_operator, roles_of

from .models import Category


def may_manage_category(user: Any, category: Category) -> bool:
    """Own categories are the provider's to manage; shared ones the operator's."""
    if category.provider_id is None:
        return is_operator(user)
    return can(user, Code.MANAGE_CATEGORIES, category)


def manageable_categories(user: Any, categories: QuerySet[Category]) -> QuerySet[Category]:
    """Those of `categories` that `user` may manage."""
    if is_operator(user):
        return categories
    return categories.filter(provider__in=list(roles_of(user)))
