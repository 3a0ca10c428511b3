"""What the editing form of a course or module offers beside Wagtail's own actions."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.action_menu import ActionMenuItem

from .models import CoursePage, ModulePage
from .release import drafts_below

WITH_LESSONS = "with-lessons"  # the value of Wagtail's own buttons' names


class WithLessons(ActionMenuItem):
    """A second button of one of Wagtail's actions, which takes the pages below along."""

    template_name = "courses/admin/action_with_lessons.html"
    labels: dict[type, Any] = {}

    def is_shown(self, context: dict[str, Any]) -> bool:
        page = context.get("page")
        if context["view"] != "edit" or not isinstance(page, CoursePage | ModulePage):
            return False
        return self.is_allowed(context) and drafts_below(page).exists()

    def is_allowed(self, context: dict[str, Any]) -> bool:
        raise NotImplementedError

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        label = self.labels[type(parent_context["page"])]
        return {
            **super().get_context_data(parent_context),
            "label": label,
            "value": WITH_LESSONS,
        }


class PublishWithLessons(WithLessons):
    name = "action-publish"
    icon_name = "upload"
    labels = {
        CoursePage: _("Publish course with all its lessons"),
        ModulePage: _("Publish module with all its lessons"),
    }

    def is_allowed(self, context: dict[str, Any]) -> bool:
        permissions = self.get_user_page_permissions_tester(context)
        return not context["locked_for_user"] and permissions.can_publish()


class SubmitWithLessons(WithLessons):
    name = "action-submit"
    icon_name = "resubmit"
    labels = {
        CoursePage: _("Submit course with all its lessons"),
        ModulePage: _("Submit module with all its lessons"),
    }

    def is_allowed(self, context: dict[str, Any]) -> bool:
        permissions = self.get_user_page_permissions_tester(context)
        return (
            not context["locked_for_user"]
            and not permissions.can_publish()
            and permissions.can_submit_for_moderation()
        )
