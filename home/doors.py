"""The screens of the Wagtail admin that are open to the people of a house.

Everything else in it is missing for them, whatever a permission may say: screens about the whole
installation, and those that a new version of Wagtail or a new app brings, until somebody has looked
at what they show. tests/home/test_fence.py visits every open one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest
from wagtail.utils.urlpatterns import decorate_urlpatterns

from lms.common.errors import NotFound
from lms.tenants.house import elsewhere
from lms.tenants.scope.fence import in_force

# {namespace: names}; "" for names without one.
OPEN: dict[str, set[str]] = {
    "": {
        "wagtailadmin_home",
        "wagtailadmin_explore_root",
        "wagtailadmin_explore",
        "wagtailadmin_explore_results",
        "wagtail_bulk_action",
        "wagtailadmin_choose_page",
        "wagtailadmin_choose_page_child",
        "wagtailadmin_choose_page_search",
        "wagtailadmin_choose_page_chosen_multiple",
        "wagtailadmin_choose_page_external_link",
        "wagtailadmin_choose_page_email_link",
        "wagtailadmin_choose_page_phone_link",
        "wagtailadmin_choose_page_anchor_link",
        "wagtailadmin_account",
        "wagtailadmin_logout",
        "wagtailadmin_dismissibles",
        "wagtailadmin_block_preview",
        "wagtailadmin_sprite",
        "wagtailadmin_javascript_catalog",
        "wagtailadmin_login",
        "recording_file",
        "plan",
        "domains",
        "figures",
        "figures_csv",
        "headless",
        "headless_preview",
        "audit",
        "brand",
        "brand_preview",
        "course_languages",
        "upload_texts",
        "portal",
        "closing",
        "closing_export",
    },
    "people_lists": {"index", "sample", "list", "report"},
    "wagtailadmin_api:pages": {"listing", "detail"},  # the explorer in the menu
    "wagtailadmin_pages": {
        "add",
        "preview_on_add",
        "type_use",
        "type_use_results",
        "choose_parent",
        "usage",
        "edit",
        "preview_on_edit",
        "view_draft",
        "add_subpage",
        "delete",
        "unpublish",
        "convert_alias",
        "search",
        "search_results",
        "move",
        "move_confirm",
        "set_page_position",
        "copy",
        "workflow_action",
        "collect_workflow_action_data",
        "confirm_workflow_cancellation",
        "workflow_preview",
        "set_privacy",
        "lock",
        "unlock",
        "revisions_index",
        "revisions_view",
        "revisions_revert",
        "revisions_unschedule",
        "revisions_compare",
        "workflow_history",
        "workflow_history_detail",
        "history",
        "history_results",
    },
    "wagtailadmin_reports": {
        "locked_pages",
        "locked_pages_results",
        "workflow",
        "workflow_results",
        "workflow_tasks",
        "workflow_tasks_results",
        "site_history",
        "site_history_results",
        "aging_pages",
        "aging_pages_results",
        "page_types_usage",
        "page_types_usage_results",
    },
    "wagtailadmin_editing_sessions": {"ping", "release"},
    "wagtailredirects": {"index", "index_results", "add", "edit", "delete"},
    "wagtailembeds": {"chooser", "chooser_upload"},
    "wagtailimages": {
        "index",
        "index_results",
        "edit",
        "delete",
        "preview",
        "add",
        "image_usage",
        "add_multiple",
        "edit_multiple",
        "create_multiple_from_uploaded_image",
        "delete_multiple",
        "delete_upload_multiple",
    },
    "wagtailimages_chooser": {
        "choose",
        "choose_results",
        "chosen",
        "chosen_multiple",
        "create",
        "select_format",
    },
    "wagtaildocs": {
        "index",
        "index_results",
        "add",
        "edit",
        "delete",
        "add_multiple",
        "edit_multiple",
        "create_multiple_from_uploaded_document",
        "delete_multiple",
        "delete_upload_multiple",
        "document_usage",
    },
    "wagtaildocs_chooser": {"choose", "choose_results", "chosen", "chosen_multiple", "create"},
    # Whether one may edit the page is asked by each. Submitting and updating pages is a screen of
    # ours (course_languages); what wagtail-localize calls an override takes any house's ids.
    "wagtail_localize": {
        "javascript_catalog",
        "edit_string_translation",
        "download_pofile",
        "upload_pofile",
        "preview_translation",
        "stop_translation",
    },
    "wagtailmedia": {
        "index",
        "add",
        "edit",
        "delete",
        "chooser",
        "chooser_typed",
        "media_chosen",
        "chooser_upload",
        "media_usage",
    },
    "category": {
        "index",
        "index_results",
        "add",
        "edit",
        "delete",
        "history",
        "history_results",
        "usage",
    },
    "team": {
        "index",
        "approve",
        "undo",
        "invite",
        "invitations",
        "invitation",
        "person",
        "remove",
    },
    "certificates_admin": {"index", "index_results", "certificate"},
}

View = Callable[..., Any]


def is_open(view_name: str) -> bool:
    namespace, _colon, name = view_name.rpartition(":")
    return name in OPEN.get(namespace, ())


def guarded(urls: Any) -> Any:
    """The URL module of the Wagtail admin, each of its views behind its door."""
    decorate_urlpatterns(urls.urlpatterns, _behind_door)
    return urls


def _behind_door(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if in_force() is None:
            return view(request, *args, **kwargs)
        found = None
        try:
            if is_open(request.resolver_match.view_name):  # type: ignore[union-attr]
                found = view(request, *args, **kwargs)
        except (Http404, NotFound, ObjectDoesNotExist):
            # Wagtail trusts some of the ids it is given; within a fence they may name nothing, or
            # something of another house one works for.
            pass
        if found is None or found.status_code == 404:
            found = elsewhere(request) or found
        if found is None:
            raise Http404
        return found

    return answer
