"""Each rule by itself: acme's own is inside, globex's is outside, in acme's fence."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import TestCase
from wagtail.models import Collection, ModelLogEntry, Page, WorkflowState

from home.fence import RULES
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Role
from lms.tenants.scope import fenced
from tests.home.fence.houses import House

pytestmark = pytest.mark.django_db

# {model's name: how to find one of a house's}
EXAMPLES: dict[str, Any] = {
    "Page": lambda house: house["draft"].page_ptr,
    "Collection": lambda house: house["collection"],
    "Image": lambda house: house["image"],
    "Document": lambda house: house["document"],
    "Media": lambda house: house["media"],
    "TaggedItem": lambda house: house["image"].tagged_items.get(),
    "Category": lambda house: house["category"],
    "Provider": lambda house: house.provider,
    "User": lambda house: house.people["instructor"],
    "Group": lambda house: house.people["admin"].groups.get(),
    "GroupPagePermission": lambda house: house.provider.page.group_permissions.first(),
    "GroupCollectionPermission": lambda house: (
        house["collection"].get_parent().group_permissions.first()
    ),
    "Site": lambda house: house["site"],
    "Redirect": lambda house: house["redirect"],
    "Revision": lambda house: house["revision"],
    "ReferenceIndex": lambda house: _first("ReferenceIndex", object_id=str(house["lesson"].pk)),
    "PageLogEntry": lambda house: _first("PageLogEntry", page=house["lesson"].pk),
    "ModelLogEntry": lambda house: _first(
        "ModelLogEntry", user=house.people["instructor"].pk, action="wagtail.create"
    ),
    "Comment": lambda house: house["comment"],
    "CommentReply": lambda house: house["comment"].replies.get(),
    "PageSubscription": lambda house: house["lesson"].subscribers.first(),
    "PageViewRestriction": lambda house: house["private"].view_restrictions.get(),
    "Workflow": lambda house: house["workflow"],
    "Task": lambda house: house["task"],
    "WorkflowState": lambda house: house["waiting_state"],
    "TaskState": lambda house: house["waiting_task"],
    "TranslatableObject": lambda house: house["source"].object,
    "TranslationSource": lambda house: house["source"],
    "TranslationLog": lambda house: house["source"].translation_logs.first(),
    "Translation": lambda house: house["translation"],
    "TranslationContext": lambda house: house["segment"].context,
    "StringTranslation": lambda house: house["written"],
    "SegmentOverride": lambda house: house["override"],
    "StringSegment": lambda house: house["segment"],
    "TemplateSegment": lambda house: _first(
        "TemplateSegment", source__object=house["lesson"].translation_key
    ),
    "RelatedObjectSegment": lambda house: house["related"],
    "OverridableSegment": lambda house: house["overridable"],
}


def _first(name: str, **which: Any) -> Model:
    model = next(model for model in RULES if model.__name__ == name)
    return model._default_manager.filter(**which).order_by("pk").first()


@pytest.mark.parametrize("model", RULES, ids=lambda model: model.__name__)
def test_own_rows_are_inside_and_others_outside(model: Any, acme: House, globex: House):
    own, theirs = (EXAMPLES[model.__name__](house) for house in (acme, globex))
    assert own is not None and theirs is not None
    with fenced([acme.provider], acme.people["admin"].pk):
        found = set(model._default_manager.values_list("pk", flat=True))
    assert own.pk in found
    assert theirs.pk not in found
    with fenced([], acme.people["student"].pk):
        nobodys = set(model._default_manager.values_list("pk", flat=True))
    assert not {own.pk, theirs.pk} & nobodys


def test_there_is_a_row_for_every_rule():
    assert {model.__name__ for model in RULES} == set(EXAMPLES)


def test_what_leads_to_a_house_is_there_without_its_neighbours(acme: House, globex: House):
    with fenced([acme.provider], acme.people["admin"].pk):
        above = acme.provider.page.get_parent()
        assert above.get_parent().is_root()
        assert [page.pk for page in above.get_children()] == [acme.provider.page.pk]
        assert not Page.objects.filter(title__icontains="globex").exists()


def test_a_file_in_use_is_inside_wherever_it_lies(acme: House):
    """An operator's upload lands in the root collection; the lesson's editor must show it."""
    image = acme["image"]
    type(image).objects.filter(pk=image.pk).update(collection=Collection.get_first_root_node())
    with fenced([acme.provider], acme.people["admin"].pk):
        assert type(image).objects.filter(pk=image.pk).exists()


def test_people_of_one_house_who_did_something_elsewhere_show_nothing_of_it(
    acme: House, globex: House
):
    """What globex's admin does at globex is no news at acme, where they only study."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        add_member(
            provider=acme.provider, user=globex.people["admin"], role=Role.STUDENT, actor=SYSTEM
        )
    with fenced([acme.provider], acme.people["admin"].pk):
        assert not ModelLogEntry.objects.filter(user=globex.people["admin"].pk).exists()
        assert WorkflowState.objects.count() == 2
