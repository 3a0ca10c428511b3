"""Who handles stored files as an author: the people Wagtail lets add, change or choose them."""

from typing import Any

from wagtail.permissions import policy_registry


def may_place(user: Any, file: Any) -> bool:
    """Whether `user` may put this picture, document or recording into a page: it lies in a
    collection they work with. Choosers offer no others, but a form can be sent by hand.
    """
    policy = policy_registry.get_by_type(type(file))
    collections = policy.collections_user_has_any_permission_for(user, ["add", "change", "choose"])
    return collections.filter(pk=file.collection_id).exists()


def may_handle(user: Any, file: Any) -> bool:
    """Whether `user` may change or choose this document or recording in the Wagtail admin."""
    if not user.is_authenticated or not user.is_active:
        return False
    policy = policy_registry.get_by_type(type(file))
    return policy.user_has_any_permission_for_instance(user, ["change", "choose"], file)
