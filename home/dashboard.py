"""The author's start page: each school's courses, and how to make the first one."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui.components import Component
from wagtail.models import Page
from wagtail.permissions import policy_registry

from lms.courses.models import CoursePage, LessonPage
from lms.tenants.hosts import provider_origin
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, is_operator
from lms.tenants.selectors import logo_of, providers_of

LATEST = 8


@dataclass(frozen=True, slots=True)
class School:
    """A provider its author works for. Addresses are empty where they may not go."""

    provider: Provider
    logo_url: str
    courses: list[Page]
    courses_total: int
    new_course_url: str
    all_url: str
    edit_url: str
    site_url: str
    has_lessons: bool
    has_published: bool


class SchoolsPanel(Component):
    """On top of the dashboard of everybody who writes courses."""

    name = "schools"
    order = 50
    template_name = "home/admin/schools.html"

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        user = self.request.user
        # Operators see everything in the page tree; the schools here are those one works for.
        found = providers_of(user=user, staff=True).select_related("page", "logo")
        schools = [
            _school(provider, user)
            for provider in found.order_by("name")
            if can(user, Code.AUTHOR_COURSES, provider)
        ]
        return {"schools": schools, "is_operator": is_operator(user), "request": self.request}


def _school(provider: Provider, user: Any) -> School:
    policy = policy_registry.get_by_type(Page)
    editable = policy.instances_user_has_permission_for(user, "change").values("pk")
    courses = CoursePage.objects.filter(provider=provider, pk__in=editable)
    page = provider.page
    permissions = page.permissions_for_user(user)
    add = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", page.pk])
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    mine = LessonPage.objects.descendant_of(page).filter(pk__in=editable)
    return School(
        provider=provider,
        logo_url=logo_of(provider),
        # As plain pages: Wagtail finds no moderation for a queryset of a kind of page.
        courses=list(
            Page.objects.filter(pk__in=courses.values("pk"))
            .order_by("-latest_revision_created_at", "-pk")
            .prefetch_workflow_states()
            .annotate_approved_schedule()[:LATEST]
        ),
        courses_total=courses.count(),
        new_course_url=add if permissions.can_add_subpage() else "",
        all_url=reverse("wagtailadmin_explore", args=[page.pk]),
        edit_url=edit if permissions.can_edit() else "",
        site_url=provider_origin(provider) + "/",
        has_lessons=mine.exists(),
        has_published=courses.live().exists(),
    )
