"""The authors' side of courses in the Wagtail admin."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.models import Page, WorkflowState
from wagtail_localize.wagtail_hooks import TranslationsReportMenuItem

from lms.tenants.limits import LimitReached, reading
from lms.tenants.models import Limit

from .action_menu import WITH_LESSONS, PublishWithLessons, SubmitWithLessons
from .admin_forms import CategoryForm
from .models import Category, CoursePage, LessonPage, ModulePage
from .permissions import manageable_categories, may_manage_category
from .release import Release, approve, publish_below, submit_below
from .translation_views import CourseLanguages, upload_texts
from .tree import provider_id_at


class OwnRows:
    """Mixed into an admin view: what one does not manage is missing, not forbidden."""

    request: Any

    def get_object(self, *queryset: Any) -> Category:
        row = super().get_object(*queryset)  # type: ignore[misc]
        if not may_manage_category(self.request.user, row):
            raise Http404
        return row

    def get_base_queryset(self) -> QuerySet[Any]:
        rows = super().get_base_queryset()  # type: ignore[misc]
        # The history and usage of a category list other things than categories.
        return manageable_categories(self.request.user, rows) if rows.model is Category else rows


class CategoryViewSet(ModelViewSet):
    """Categories: a provider's own, beside the shared ones it may use."""

    model = Category
    icon = "tag"
    menu_label = _("Categories")
    menu_name = "categories"
    menu_order = 250
    add_to_admin_menu = True
    list_display = ["name", "description", "provider"]
    search_fields = ["name"]
    search_backend_name = None  # a handful of rows, which the search index can't filter by provider
    ordering = ["position", "name"]
    copy_view_enabled = False

    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("slug"),
            FieldPanel("description"),
            FieldPanel("position"),
            FieldPanel("provider"),
        ],
        base_form_class=CategoryForm,
    )

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        own = type(f"Own{view_class.__name__}", (OwnRows, view_class), {})
        return super().construct_view(own, **kwargs)


@hooks.register("register_admin_viewset")
def categories() -> CategoryViewSet:
    return CategoryViewSet()


# --- What the school's plan has room for --------------------------------------------------------


@hooks.register("before_publish_page")
def require_place(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Say it beside the draft, which is saved already, and not on an error page."""
    if not isinstance(page, CoursePage) or page.live:
        return None
    found = reading(page.provider, Limit.COURSES)
    if found.has_room_for(1):
        return None
    messages.error(request, LimitReached.of(Limit.COURSES, found, page.provider.tier).message)
    return redirect("wagtailadmin_pages:edit", page.pk)


# --- Publishing and submitting a whole course ---------------------------------------------------


@hooks.register("register_page_action_menu_item")
def publish_with_lessons() -> PublishWithLessons:
    return PublishWithLessons(order=5)


@hooks.register("register_page_action_menu_item")
def submit_with_lessons() -> SubmitWithLessons:
    return SubmitWithLessons(order=6)


@hooks.register("construct_page_action_menu")
def publishers_need_no_moderation(
    menu_items: list[Any], request: HttpRequest, context: dict[str, Any]
) -> None:
    """Who may publish is not asked to submit: it would only hide the page from themselves."""
    if page := context.get("page"):
        may_publish = page.permissions_for_user(request.user).can_publish()
    else:
        parent = context["parent_page"]
        may_publish = parent.permissions_for_user(request.user).can_publish_subpage()
    if may_publish:
        menu_items[:] = [
            item
            for item in menu_items
            if item.name != "action-submit" or isinstance(item, SubmitWithLessons)
        ]


@hooks.register("before_publish_page")
def publishing_approves(request: HttpRequest, page: Page) -> None:
    """A moderator who publishes what waits for them has approved it; Wagtail would cancel the
    moderation, and the author would hear nothing.
    """
    approve(page, request.user)


@hooks.register("before_edit_page")
def say_what_is_asked_for(request: HttpRequest, page: Page) -> None:
    """What a moderator asks for stands above the form, and not only in a mail."""
    state = page.current_workflow_state
    if request.method != "GET" or not state or state.status != WorkflowState.STATUS_NEEDS_CHANGES:
        return
    asked = state.current_task_state
    said = _("%(name)s asks for changes.") % {"name": asked.finished_by or _("A moderator")}
    if asked.comment:
        said = f"{said} “{asked.comment}”"
    messages.warning(request, said)


@hooks.register("after_publish_page")
def publish_below_too(request: HttpRequest, page: Page) -> None:
    if request.POST.get("action-publish") == WITH_LESSONS:
        _report(request, publish_below(page, request.user), _published)


@hooks.register("after_edit_page")
def submit_below_too(request: HttpRequest, page: Page) -> None:
    if request.POST.get("action-submit") == WITH_LESSONS:
        _report(request, submit_below(page, request.user), _submitted)


def _published(number: int) -> str:
    return ngettext(
        "%(number)d page below it was published as well.",
        "%(number)d pages below it were published as well.",
        number,
    ) % {"number": number}


def _submitted(number: int) -> str:
    return ngettext(
        "%(number)d page below it was submitted as well.",
        "%(number)d pages below it were submitted as well.",
        number,
    ) % {"number": number}


def _report(request: HttpRequest, release: Release, done: Callable[[int], str]) -> None:
    if release.done:
        messages.success(request, done(len(release.done)))
    for reason, titles in release.held_back.items():
        names = ", ".join(f"“{title}”" for title in titles[:5])
        if len(titles) > 5:
            names += "…"
        messages.warning(
            request,
            _("Left as they were, since %(reason)s: %(names)s")
            % {"reason": reason, "names": names},
        )


# --- Courses stay with their provider -----------------------------------------------------------

# Before other rules about moving: this one has no exception.
FIRST = -10


@hooks.register("before_move_page", order=FIRST)
def stay_with_provider(request: HttpRequest, page: Page, destination: Page) -> HttpResponse | None:
    """Enrolments, certificates and files name the provider; a course can't leave it."""
    return _refuse_leaving(request, [page], destination)


@hooks.register("before_bulk_action", order=FIRST)
def stay_with_provider_in_bulk(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    pages = [one for one in objects if isinstance(one, Page)]
    if action_type != "move" or not pages:
        return None
    return _refuse_leaving(request, pages, action.cleaned_form.cleaned_data["chooser"])


@hooks.register("before_copy_page")
def copy_below_something(request: HttpRequest, page: Page) -> HttpResponse | None:
    """The page to copy to may have been deleted since the form was opened."""
    parent = request.POST.get("new_parent_page", "")
    if request.method != "POST" or (parent.isdecimal() and Page.objects.filter(pk=parent).exists()):
        return None
    messages.error(request, _("The page to copy to is no longer there. Please choose another."))
    return redirect("wagtailadmin_pages:copy", page.pk)


def _refuse_leaving(
    request: HttpRequest, pages: list[Page], destination: Page
) -> HttpResponse | None:
    target = provider_id_at(destination)
    for page in pages:
        kinds = CoursePage | ModulePage | LessonPage
        if isinstance(page.specific, kinds) and provider_id_at(page) != target:
            messages.error(
                request,
                _(
                    "“%(title)s” can't move to another provider: its students, certificates and "
                    "files belong to the one it stands with."
                )
                % {"title": page.get_admin_display_title()},
            )
            return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


# --- Languages ----------------------------------------------------------------------------------


@hooks.register("register_admin_urls", order=-1)
def language_urls() -> list[Any]:
    languages = CourseLanguages.as_view()
    upload = "localize/translate/<int:translation_id>/pofile/upload/"
    return [
        path("courses/<int:page_id>/languages/", languages, name="course_languages"),
        # Before wagtail-localize's own, of the same address.
        path(upload, upload_texts, name="upload_texts"),
    ]


@hooks.register("register_page_header_buttons")
@hooks.register("register_page_listing_more_buttons")
def languages_button(page: Page, user: Any, **kwargs: Any) -> Iterator[Button]:
    if isinstance(page, CoursePage) and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Languages"),
            reverse("course_languages", args=[page.pk]),
            icon_name="wagtail-localize-language",
            priority=55,
        )


@hooks.register("before_edit_page", order=FIRST)
def require_place_for_translation(request: HttpRequest, page: Page) -> HttpResponse | None:
    """The editor of translations publishes by itself, without asking as Wagtail's does."""
    return require_place(request, page) if request.POST.get("action") == "publish" else None


@hooks.register("construct_reports_menu")
def no_report_of_translations(request: HttpRequest, items: list[Any]) -> None:
    """“Languages” says it of each course; the report pages through rows in no order."""
    items[:] = [item for item in items if not isinstance(item, TranslationsReportMenuItem)]


@hooks.register("construct_page_action_menu")
def no_aliases(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """An alias would be a second course of the same lessons (see CourseTreeCopyForm)."""
    menu_items[:] = [item for item in menu_items if item.name != "localize-convert-to-alias"]
