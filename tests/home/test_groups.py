"""What the people of a house may do in the page tree."""

import pytest
from wagtail.models import Page

from home.groups import sync_groups
from home.models import ProviderPage
from lms.courses.models import CoursePage
from lms.tenants.models import Role
from tests.cast import member, person
from tests.lms.certificates.making import course, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


def joined(acme, role, approved=True):
    user = person("somebody")
    member(user, acme, role, approved=approved)
    sync_groups(user, acme)
    return user


def may(user, page):
    return page.permissions_for_user(user)


def own_draft(acme, user):
    draft = CoursePage(title="Mine", summary="Look up.", owner=user, live=False, provider=acme)
    ProviderPage.objects.get(provider=acme).add_child(instance=draft)
    return draft


def test_the_owner_may_publish_in_the_house(acme):
    from django.contrib.auth import get_user_model

    owner = get_user_model().objects.get(email="acme-admin@example.org")
    assert may(owner, course(acme)).can_publish()


def test_an_approved_instructor_may_publish(acme):
    alice = joined(acme, Role.INSTRUCTOR)
    assert may(alice, own_draft(acme, alice)).can_publish()


def test_a_new_instructor_may_write_and_must_ask_to_publish(acme):
    alice = joined(acme, Role.INSTRUCTOR, approved=False)
    rights = may(alice, own_draft(acme, alice))
    assert rights.can_edit()
    assert not rights.can_publish()
    assert rights.can_submit_for_moderation()


def test_a_new_instructor_may_not_edit_what_others_wrote(acme):
    alice = joined(acme, Role.INSTRUCTOR, approved=False)
    assert not may(alice, course(acme)).can_edit()


def test_nobody_may_touch_another_house(acme):
    alice = joined(acme, Role.ADMIN)
    theirs = course(school("globex"), title="Theirs")
    assert not may(alice, theirs).can_edit()
    assert not may(alice, Page.objects.get(pk=theirs.get_parent().pk)).can_add_subpage()


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.STUDENT])
def test_who_does_not_author_has_no_admin(acme, role):
    assert not joined(acme, role).has_perm("wagtailadmin.access_admin")


def test_losing_a_role_loses_its_rights(acme):
    from lms.tenants.models import Membership
    from lms.tenants.scope import provider_scope

    alice = joined(acme, Role.INSTRUCTOR)
    with provider_scope(acme):
        Membership.objects.filter(user=alice).delete()
    sync_groups(alice, acme)
    assert not alice.groups.exists()


def test_moderation_goes_to_the_houses_admins(acme):
    workflow = course(acme).get_workflow()
    (task,) = workflow.tasks
    assert [group.name for group in task.specific.groups.all()] == ["acme: admin"]
