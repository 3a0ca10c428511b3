"""Operators never delete an account: they have it erased, like its person."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages

from .admin_views import EraseSomebodyView


@hooks.register("register_admin_urls")
def erase_url() -> list[Any]:
    return [
        path("people/<uuid:person_id>/erase/", EraseSomebodyView.as_view(), name="erase_person")
    ]


@hooks.register("before_delete_user")
def erase_instead(request: HttpRequest, user: Any) -> HttpResponse:
    return redirect("erase_person", user.pk)


@hooks.register("before_bulk_action")
def not_in_bulk(
    request: HttpRequest, action_type: str, objects: list[Any], action_class_instance: Any
) -> HttpResponse | None:
    """Each has a reason of their own."""
    if action_type != "delete" or action_class_instance.model is not get_user_model():
        return None
    if not request.user.is_superuser:
        raise PermissionDenied
    messages.warning(
        request, _("Accounts are erased one by one, each with the reason: open the person.")
    )
    return redirect(reverse("wagtailusers_users:index"))
