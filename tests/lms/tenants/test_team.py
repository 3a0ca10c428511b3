"""The people who work at a house: their roles, leaving, coming back."""

import threading

import pytest
from django.db import connection

from lms.common.errors import Conflict, Forbidden, NotFound
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.limits import LimitReached
from lms.tenants.models import Membership, Role, Tier
from lms.tenants.permissions import Code, can, forget_roles, roles_of
from lms.tenants.scope import provider_scope
from lms.tenants.team import (
    approve_all,
    bring_back,
    change_roles,
    colleague,
    colleagues,
    dismiss,
    staff_of,
)
from tests.cast import house, member, person


def names(provider, actor, words=""):
    with provider_scope(provider):
        return [user.name for user in staff_of(provider, actor=actor, words=words)]


def roles_at(provider, user):
    forget_roles(user)
    return set(roles_of(user).get(provider.pk, ()))


def change(provider, user, *roles, actor, approved=False):
    change_roles(provider=provider, user=user, roles=roles, approved=approved, actor=actor)


def test_the_team_is_who_works_there_and_nobody_else(acme, ada, alice, carol, mallory):
    assert names(acme, ada) == ["Ada", "Alice"]
    assert names(acme, ada, "ALI") == ["Alice"]
    assert names(acme, ada, "alice@example") == ["Alice"]
    assert names(acme, ada, "carol") == []


def test_a_colleague_is_shown_with_all_roles_and_the_first_day(acme, ada, alice):
    member(alice, acme, Role.ADMIN)
    one = colleague(acme, alice.pk, actor=ada)
    assert one.roles == [Role.ADMIN, Role.INSTRUCTOR]
    assert one.since == min(
        row.joined_at for row in _rows(acme, alice)
    ) and one.approved and not one.waits  # fmt: skip


def _rows(provider, user):
    with provider_scope(provider):
        return list(Membership.objects.filter(user=user))


def test_the_roles_of_many_take_one_query(acme, ada, django_assert_num_queries):
    people = [person(f"p{number}") for number in range(9)]
    for each in people:
        member(each, acme, Role.INSTRUCTOR)
        member(each, acme, Role.ASSISTANT)
    with django_assert_num_queries(1):
        assert all(len(one.roles) == 2 for one in colleagues(acme, people))


@pytest.mark.parametrize("who", ["alice", "carol", "mallory"])
def test_only_who_manages_sees_and_changes_the_team(request, acme, ada, alice, who):
    actor = request.getfixturevalue(who)
    for deed in (
        lambda: staff_of(acme, actor=actor),
        lambda: change(acme, ada, Role.ASSISTANT, actor=actor),
        lambda: dismiss(provider=acme, user=ada, actor=actor),
        lambda: bring_back(provider=acme, user_id=ada.pk, past=[], actor=actor),
        lambda: approve_all(provider=acme, user_ids=[alice.pk], actor=actor),
    ):
        with pytest.raises(Forbidden):
            deed()


def test_roles_are_changed_to_exactly_these(acme, ada, alice):
    change(acme, alice, Role.ASSISTANT, Role.ADMIN, actor=ada)
    assert roles_at(acme, alice) == {"assistant", "admin"}


def test_approval_is_given_and_withdrawn(acme, ada, alice):
    change(acme, alice, Role.INSTRUCTOR, actor=ada, approved=False)
    assert roles_at(acme, alice) == {"new instructor"}
    change(acme, alice, Role.INSTRUCTOR, actor=ada, approved=True)
    assert can(alice, Code.PUBLISH_COURSES, acme)


def test_studying_is_not_touched_by_roles_of_staff(acme, ada, alice, carol):
    member(alice, acme, Role.STUDENT)
    change(acme, alice, Role.ASSISTANT, Role.STUDENT, actor=ada)
    assert roles_at(acme, alice) == {"assistant", "student"}
    dismiss(provider=acme, user=alice, actor=ada)
    assert roles_at(acme, alice) == {"student"}


def test_a_role_of_staff_is_not_given_to_a_stranger_or_a_student(acme, ada, carol, mallory):
    for user in (carol, mallory):
        with pytest.raises(NotFound):
            change(acme, user, Role.ADMIN, actor=ada)
        with pytest.raises(NotFound):
            colleague(acme, user.pk, actor=ada)


def test_no_role_at_all_is_refused(acme, ada, alice):
    with pytest.raises(Conflict, match="at least one role"):
        change(acme, alice, actor=ada)
    with pytest.raises(Conflict, match="at least one role"):
        change(acme, alice, Role.STUDENT, actor=ada)


def test_the_last_admin_stays(acme, ada):
    with pytest.raises(Conflict, match="the last admin"):
        change(acme, ada, Role.INSTRUCTOR, actor=ada)
    with pytest.raises(Conflict, match="the last admin"):
        dismiss(provider=acme, user=ada, actor=ada)
    assert roles_at(acme, ada) == {"admin"}


def test_an_admin_may_step_back_when_there_is_another(acme, ada, alice):
    member(alice, acme, Role.ADMIN)
    change(acme, ada, Role.INSTRUCTOR, actor=ada)
    assert roles_at(acme, ada) == {"new instructor"}


def test_a_full_plan_has_no_place_for_another_instructor(acme, ada, alice):
    acme.tier = Tier.objects.create(code="s", name="S", position=9, instructors=1)
    acme.save()
    bob = person("bob")
    member(bob, acme, Role.ASSISTANT)
    with pytest.raises(LimitReached):
        change(acme, bob, Role.INSTRUCTOR, Role.ASSISTANT, actor=ada)
    assert roles_at(acme, bob) == {"assistant"}


def test_undo_brings_back_the_same_roles_approval_and_first_day(acme, ada, alice):
    member(alice, acme, Role.ASSISTANT)
    before = {(row.role, row.approved, row.joined_at) for row in _rows(acme, alice)}
    past = dismiss(provider=acme, user=alice, actor=ada)
    assert roles_at(acme, alice) == set()
    bring_back(provider=acme, user_id=alice.pk, past=past, actor=ada)
    bring_back(provider=acme, user_id=alice.pk, past=past, actor=ada)
    assert {(row.role, row.approved, row.joined_at) for row in _rows(acme, alice)} == before


def test_only_those_of_the_house_who_wait_are_approved(acme, globex, ada, alice, mallory):
    eve, finn = person("eve"), person("finn")
    member(eve, acme, Role.INSTRUCTOR, approved=False)
    member(finn, globex, Role.INSTRUCTOR, approved=False)
    ids = [eve.pk, finn.pk, alice.pk, ada.pk]
    assert approve_all(provider=acme, user_ids=ids, actor=ada) == [eve]
    assert roles_at(globex, finn) == {"new instructor"}


@pytest.mark.django_db(transaction=True)
def test_of_two_last_admins_who_leave_at_once_one_stays():
    acme = house("acme")
    admins = [person("ada"), person("amir")]
    for each in admins:
        add_member(provider=acme, user=each, role=Role.ADMIN, actor=SYSTEM)
    barrier, refused = threading.Barrier(2), []

    def leave(user):
        try:
            barrier.wait(10)
            dismiss(provider=acme, user=user, actor=user)
        except Conflict:
            refused.append(user)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(each,)) for each in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    with provider_scope(acme):
        assert Membership.objects.get(role=Role.ADMIN).user == refused[0]
