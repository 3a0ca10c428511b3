"""How the editing screens of the Wagtail admin are laid out."""

from functools import partial
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail.admin.compare import FieldComparison
from wagtail.admin.panels import (
    CommentPanel,
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    PublishingPanel,
    TabbedInterface,
    TitleFieldPanel,
)
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtailmedia.edit_handlers import MediaChooserPanel

from .outline import add_url, lessons_url, outline, trail


class FirstCourseHelp(HelpPanel):
    """How a course is made; folded away for authors who have published one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "courses/admin/course_help.html")
        kwargs.setdefault("heading", _("Your first course in three steps"))
        super().__init__(**{"icon": "help", **kwargs})

    class BoundPanel(HelpPanel.BoundPanel):
        @property
        def classname(self) -> str:
            return "collapsed" if self._experienced() else ""

        def classes(self) -> list[str]:
            return [self.classname] if self.classname else []

        def _experienced(self) -> bool:
            published = self.panel.model._default_manager.live()
            return published.filter(owner=self.request.user).exists()


class LessonsTab(ObjectList):
    """The tab that holds the outline. Links lead to it, in every language."""

    clean_name = "lessons"


class OutlinePanel(Panel):
    """The modules and lessons below a course or module, with ways to add, edit and reorder."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/outline.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context = super().get_context_data(parent_context)
            if self.instance.pk is None:
                return context
            user, page = self.request.user, self.instance
            back_to = lessons_url(page)
            modules = type(page).__name__ == "CoursePage"
            return {
                **context,
                "page": page,
                "rows": outline(page, user, back_to),
                "add_lesson_url": add_url("lesson", page, user, back_to),
                "add_module_url": add_url("module", page, user, back_to) if modules else "",
                "reorder_url": reverse("wagtailadmin_explore", args=[page.pk]),
            }


class TrailPanel(Panel):
    """Where a module or lesson stands: the way back to its course, and on to the next lesson."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/trail.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context = super().get_context_data(parent_context)
            user = self.request.user
            saved = self.instance.pk is not None
            parent = self.instance.get_parent() if saved else self.form.parent_page
            steps = trail(parent, user)
            is_lesson = type(self.instance).__name__ == "LessonPage"
            another = add_url("lesson", parent, user, steps[-1].url) if saved and is_lesson else ""
            return {**context, "steps": steps, "add_lesson_url": another}


class PriceComparison(FieldComparison):
    """Two versions' prices, as people read them."""

    def __init__(self, field: Any, obj_a: Any, obj_b: Any) -> None:
        super().__init__(field, obj_a, obj_b)
        self.before, self.after = obj_a.price, obj_b.price

    def htmldiff(self) -> str:
        return format_html(
            '<span class="deletion">{}</span> <span class="addition">{}</span>',
            self.before.format(),
            self.after.format(),
        )

    def has_changed(self) -> bool:
        return self.before != self.after


class PricePanel(FieldPanel):
    """The price: a field of the form, kept in minor units by the model."""

    class BoundPanel(FieldPanel.BoundPanel):
        def get_comparison(self) -> list[Any]:
            return [partial(PriceComparison, self.panel.model._meta.get_field("price_minor"))]


def summary_panel() -> FieldPanel:
    return FieldPanel("summary", widget=AdminAutoHeightTextInput(attrs={"data-counted": ""}))


def slug_panel() -> FieldPanel:
    return FieldPanel(
        "slug",
        heading=_("Address"),
        help_text=_(
            "The last part of the page's web address, also called slug, made from the title. "
            "When it changes, the old address leads on to the new one."
        ),
    )


def release_panel() -> FieldRowPanel:
    return FieldRowPanel([FieldPanel("release_at"), FieldPanel("release_after_days")])


course_edit_handler = TabbedInterface(
    [
        ObjectList(
            [
                FirstCourseHelp(),
                TitleFieldPanel("title", placeholder=_("Course title*")),
                summary_panel(),
                FieldPanel("cover"),
                FieldPanel("description"),
                FieldPanel("outcomes"),
                FieldPanel("requirements"),
                MediaChooserPanel("trailer", media_type="video"),
            ],
            heading=_("About"),
        ),
        LessonsTab(
            [OutlinePanel(heading=_("Modules and lessons"), icon="list-ul")],
            heading=_("Lessons"),
        ),
        ObjectList(
            [
                FieldPanel("categories", widget=forms.CheckboxSelectMultiple),
                FieldRowPanel([FieldPanel("level"), FieldPanel("language")]),
                FieldPanel("instructors", widget=forms.CheckboxSelectMultiple),
                MultiFieldPanel(
                    [FieldRowPanel([PricePanel("price"), FieldPanel("currency")])],
                    heading=_("Price"),
                ),
                FieldPanel("visibility"),
                FieldPanel("entry"),
                FieldRowPanel([FieldPanel("enrolment_limit"), FieldPanel("offer_hours")]),
                FieldPanel("prerequisites", widget=forms.CheckboxSelectMultiple),
                MultiFieldPanel(
                    [
                        FieldPanel("access_days"),
                        FieldPanel("in_order"),
                        FieldPanel("opens_by_plan"),
                        FieldPanel("time_zone"),
                    ],
                    heading=_("What is open, and when"),
                ),
                FieldPanel("downloadable"),
                # Nobody is given this permission: superusers need none.
                FieldPanel("featured", permission="superuser"),
            ],
            heading=_("Catalogue"),
        ),
        ObjectList(
            [
                HelpPanel(
                    content=_("Self-paced courses need nothing here."), heading=_("Schedule")
                ),
                FieldPanel("pacing"),
                FieldRowPanel([FieldPanel("starts_on"), FieldPanel("weeks")]),
                FieldRowPanel([FieldPanel("frequency"), FieldPanel("session_minutes")]),
                FieldPanel("days"),
                FieldPanel(
                    "schedule_note", widget=AdminAutoHeightTextInput(attrs={"data-counted": ""})
                ),
            ],
            heading=_("Schedule"),
        ),
        ObjectList(
            [
                FieldPanel("certificate_enabled"),
                FieldPanel("certificate_minimum_grade"),
                FieldPanel("certificate_signatory"),
                FieldPanel("certificate_signature"),
                MultiFieldPanel(
                    [
                        FieldPanel("source_title"),
                        FieldPanel("source_url"),
                        FieldPanel("source_authors"),
                        FieldPanel("licence_name"),
                        FieldPanel("licence_url"),
                    ],
                    heading=_("Material taken from elsewhere"),
                    classname="collapsed",
                ),
            ],
            heading=_("Certificate and licence"),
        ),
        ObjectList(
            [
                slug_panel(),
                FieldPanel(
                    "seo_title",
                    heading=_("Title for search engines"),
                    help_text=_("Leave empty for the course's own title."),
                ),
                FieldPanel(
                    "search_description",
                    heading=_("Description for search engines"),
                    help_text=_("Leave empty for the summary."),
                ),
                PublishingPanel(),
                CommentPanel(),
            ],
            heading=_("Publishing"),
        ),
    ]
)

module_edit_handler = TabbedInterface(
    [
        LessonsTab(
            [
                TrailPanel(),
                TitleFieldPanel("title", placeholder=_("Module title*")),
                summary_panel(),
                OutlinePanel(heading=_("Lessons"), icon="list-ul"),
            ],
            heading=_("Module"),
        ),
        ObjectList(
            [release_panel(), slug_panel(), PublishingPanel(), CommentPanel()],
            heading=_("Publishing"),
        ),
    ]
)

lesson_edit_handler = TabbedInterface(
    [
        ObjectList(
            [
                TrailPanel(),
                TitleFieldPanel("title", placeholder=_("Lesson title*")),
                summary_panel(),
                FieldPanel("body"),
            ],
            heading=_("Lesson"),
        ),
        ObjectList(
            [
                FieldPanel("minutes"),
                FieldPanel("free_preview"),
                FieldPanel("required"),
                release_panel(),
                slug_panel(),
                PublishingPanel(),
                CommentPanel(),
            ],
            heading=_("Settings"),
        ),
    ]
)
