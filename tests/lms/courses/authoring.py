"""A school with its people at the Wagtail admin, and its forms as a browser would send them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, querydict_from_html, streamfield

from home.actions import open_provider, set_up_marketplace
from home.groups import sync_groups
from lms.courses.models import CoursePage, LessonPage
from lms.events import SYSTEM
from lms.tenants.models import Provider, Role
from tests.cast import member, person
from tests.lms.learning import lesson, reader

DOCUMENTS = {"course": ("outcomes", "requirements"), "lesson": ("body",), "module": ()}


def school(slug: str = "acme") -> Provider:
    """An open school with its page; `<slug>-admin@example.org` manages it."""
    set_up_marketplace()
    owner = person(f"{slug}-admin")
    provider = open_provider(name=slug.title(), slug=slug, owner=owner, actor=SYSTEM)
    sync_groups(owner, provider)
    return provider


def admin_of(provider: Provider) -> Any:
    return get_user_model().objects.get(email=f"{provider.slug}-admin@example.org")


def author(
    provider: Provider, name: str = "alice", *, approved: bool = True, **profile: Any
) -> Any:
    """An instructor at the school."""
    user = person(name, **profile)
    member(user, provider, Role.INSTRUCTOR, approved=approved)
    sync_groups(user, provider)
    return user


def course(provider: Provider, owner: Any, title: str = "Knots", **fields: Any) -> CoursePage:
    """A draft."""
    page = CoursePage(title=title, summary="Tie five knots.", owner=owner, live=False, **fields)
    provider.page.add_child(instance=page)
    page.save_revision(user=owner)
    return CoursePage.objects.get(pk=page.pk)


def draft_lesson(parent: Any, owner: Any, title: str = "Bowline", **fields: Any) -> LessonPage:
    page = lesson(parent, title, live=False, owner=owner, **fields)
    LessonPage.objects.filter(pk=page.pk).update(has_unpublished_changes=True)
    return LessonPage.objects.get(pk=page.pk)


def latest(page: Any) -> Any:
    """The page as its newest version has it."""
    return type(page).objects.get(pk=page.pk).get_latest_revision_as_object()


def add_url(where: Any, kind: str = "course") -> str:
    """The form for a new page below a provider's page, a course or a module."""
    parent = where.page if isinstance(where, Provider) else where
    return reverse("wagtailadmin_pages:add", args=["courses", f"{kind}page", parent.pk])


def edit_url(page: Any) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def fill(client: Client, url: str, kind: str = "course", **changes: Any) -> QueryDict:
    """The form at `url` as it stands there, with `changes`; streams are empty unless given."""
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    data = querydict_from_html(response.content.decode(), form_id="page-edit-form")
    for name in DOCUMENTS[kind]:
        data.update(nested_form_data({name: streamfield(changes.pop(name, []))}))
    for name, value in changes.items():
        name = name.replace("action_", "action-")
        if isinstance(value, list):
            data.setlist(name, value)
        else:
            data[name] = value
    return data


def send(user: Any, url: str, kind: str = "course", **changes: Any) -> Any:
    """Fill in the form at `url` and send it; the page that answers."""
    client = reader(user)
    return client.post(url, dict(fill(client, url, kind, **changes).lists()), follow=True)


def errors(response: Any) -> dict[str, list[str]]:
    """{field: messages} of a form that was refused."""
    return {
        name: [str(one) for one in found] for name, found in response.context["form"].errors.items()
    }


def said(response: Any) -> str:
    """The messages on top of the answer."""
    return " ".join(str(message) for message in response.context["messages"])
