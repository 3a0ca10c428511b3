import pytest
from django.core.exceptions import ValidationError
from wagtail.models import ModelLogEntry

from lms.common.errors import Conflict, Forbidden, NotFound
from lms.common.states import IllegalMove
from lms.events import SYSTEM
from lms.tenants.actions import (
    add_member,
    approve_instructor,
    move_provider,
    open_provider,
    remove_member,
)
from lms.tenants.models import Membership, Provider, Role
from lms.tenants.permissions import Code, can
from lms.tenants.scope import provider_scope
from lms.tenants.selectors import members_of
from lms.tenants.states import APPROVE, SUSPEND, State
from tests.cast import person


def actions_logged():
    return list(ModelLogEntry.objects.order_by("pk").values_list("action", flat=True))


def test_an_operator_opens_a_provider(olga):
    provider = open_provider(slug="acme", name="Acme", actor=olga)
    provider.refresh_from_db()
    assert provider.status == State.OPEN
    assert actions_logged() == ["tenants.provider_opened", "tenants.provider_moved"]


def test_nobody_else_opens_a_provider(ada):
    with pytest.raises(Forbidden):
        open_provider(slug="initech", name="Initech", actor=ada)
    assert not Provider.objects.filter(slug="initech").exists()


@pytest.mark.parametrize(
    "slug", ["", "Acme", "-acme", "acme-", "a" * 64, "a.b", "a b", "käse", "a\n"]
)
def test_an_address_is_one_dns_label(db, slug):
    with pytest.raises(ValidationError):
        open_provider(slug=slug, name="Acme", actor=SYSTEM)


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456;}", "#123456\n"])
def test_a_colour_is_six_hexadecimal_digits(db, colour):
    with pytest.raises(ValidationError):
        open_provider(slug="acme", name="Acme", primary_colour=colour, actor=SYSTEM)


def test_two_providers_do_not_share_an_address(acme):
    with pytest.raises(ValidationError):
        open_provider(slug="acme", name="Other", actor=SYSTEM)


def test_only_operators_suspend_a_provider(acme, ada, olga):
    with pytest.raises(Forbidden):
        move_provider(acme, SUSPEND, actor=ada)
    move_provider(acme, SUSPEND, actor=olga)
    assert not acme.is_open


def test_a_provider_is_not_let_in_twice(acme, olga):
    with pytest.raises(IllegalMove):
        move_provider(acme, APPROVE, actor=olga)


def test_an_admin_gives_a_role_once_however_often(acme, ada):
    bob = person("bob")
    first = add_member(provider=acme, user=bob, role=Role.ASSISTANT, actor=ada)
    again = add_member(provider=acme, user=bob, role=Role.ASSISTANT, actor=ada)
    assert first == again
    assert actions_logged() == ["tenants.member_added"]
    assert can(bob, Code.VIEW_STUDENTS, acme)


@pytest.mark.parametrize("who", ["alice", "carol", "mallory"])
def test_nobody_else_gives_roles(acme, who, request):
    actor = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        add_member(provider=acme, user=actor, role=Role.ADMIN, actor=actor)


def test_people_become_students_by_themselves(acme):
    dora = person("dora")
    add_member(provider=acme, user=dora, role=Role.STUDENT, actor=dora)
    assert can(dora, Code.LEARN, acme)


def test_a_new_instructor_publishes_only_once_approved(acme, ada):
    dora = person("dora")
    add_member(provider=acme, user=dora, role=Role.INSTRUCTOR, actor=ada)
    assert not can(dora, Code.PUBLISH_COURSES, acme)
    approve_instructor(provider=acme, user=dora, actor=ada)
    approve_instructor(provider=acme, user=dora, actor=ada)
    assert can(dora, Code.PUBLISH_COURSES, acme)
    assert actions_logged() == ["tenants.member_added", "tenants.instructor_approved"]


def test_only_instructors_are_approved(acme, ada, carol):
    with pytest.raises(NotFound):
        approve_instructor(provider=acme, user=carol, actor=ada)


def test_instructors_do_not_approve_themselves(acme, alice):
    with pytest.raises(Forbidden):
        approve_instructor(provider=acme, user=alice, actor=alice)


def test_a_removed_member_may_nothing_any_more(acme, ada, alice):
    remove_member(provider=acme, user=alice, role=Role.INSTRUCTOR, actor=ada)
    assert not can(alice, Code.AUTHOR_COURSES, acme)
    assert actions_logged() == ["tenants.member_removed"]


def test_the_last_admin_stays(acme, ada):
    with pytest.raises(Conflict):
        remove_member(provider=acme, user=ada, role=Role.ADMIN, actor=ada)
    add_member(provider=acme, user=person("bob"), role=Role.ADMIN, actor=ada)
    remove_member(provider=acme, user=ada, role=Role.ADMIN, actor=ada)
    assert not can(ada, Code.MANAGE_MEMBERS, acme)


def test_nobody_removes_other_houses_members(acme, carol, mallory):
    with pytest.raises(Forbidden):
        remove_member(provider=acme, user=carol, role=Role.STUDENT, actor=mallory)


def test_admins_see_their_own_members_only(acme, globex, ada, alice, carol, mallory):
    assert [m.user for m in members_of(provider=acme, actor=ada)] == [ada, alice, carol]
    assert [m.user for m in members_of(provider=acme, actor=ada, role=Role.STUDENT)] == [carol]
    with pytest.raises(Forbidden):
        members_of(provider=globex, actor=ada)


def test_a_provider_with_members_is_not_deleted_by_a_slip(acme, ada):
    from django.db.models import ProtectedError

    with provider_scope(acme):
        with pytest.raises(ProtectedError):
            acme.delete()
        assert Membership.objects.exists()
