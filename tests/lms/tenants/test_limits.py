"""What a tier allows: refused at the moment of the deed, warned of before, never taken away."""

import threading

import pytest
from django.core import mail
from django.db import connection

from lms.common.errors import Forbidden
from lms.events import SYSTEM
from lms.tenants.actions import add_member, change_tier, remove_member
from lms.tenants.limits import LimitReached, has_feature, meter, reading
from lms.tenants.models import Feature, Limit, Membership, Provider, Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person


def tier(**fields):
    fields = {"code": "small", "name": "Small", "position": 9, **fields}
    return Tier.objects.create(**fields)


@pytest.fixture
def small(db):
    """Places for five students and one instructor."""
    return tier(students=5, instructors=1)


@pytest.fixture
def acme(small):
    return house("acme", tier=small)


def students(provider, number, start=0):
    for index in range(start, start + number):
        user = person(f"student{index}")
        add_member(provider=provider, user=user, role=Role.STUDENT, actor=user)


def test_the_next_student_is_refused_and_told_what_to_do(acme):
    students(acme, 5)
    dora = person("dora")
    with pytest.raises(LimitReached) as refused:
        add_member(provider=acme, user=dora, role=Role.STUDENT, actor=dora)
    assert refused.value.details == {
        "limit": "students", "used": 5, "allowed": 5, "tier": "Small",
    }  # fmt: skip
    assert "tell the school" in str(refused.value.message)
    with provider_scope(acme):
        assert not Membership.objects.filter(user=dora).exists()


def test_who_is_in_already_is_not_counted_again(acme):
    students(acme, 5)
    with provider_scope(acme):
        inside = Membership.objects.first().user
    add_member(provider=acme, user=inside, role=Role.STUDENT, actor=inside)


def test_a_place_that_was_given_back_is_free(acme):
    students(acme, 5)
    with provider_scope(acme):
        leaver = Membership.objects.first().user
    remove_member(provider=acme, user=leaver, role=Role.STUDENT, actor=leaver)
    students(acme, 1, start=5)


def test_a_provider_fills_its_own_limits_only(acme, small):
    globex = house("globex", tier=small)
    students(acme, 5)
    students(globex, 5, start=10)
    assert reading(globex, Limit.STUDENTS).used == 5


def test_a_second_instructor_is_refused(acme):
    add_member(provider=acme, user=person("alice"), role=Role.INSTRUCTOR, actor=SYSTEM)
    with pytest.raises(LimitReached):
        add_member(provider=acme, user=person("bob"), role=Role.INSTRUCTOR, actor=SYSTEM)


def test_the_admins_are_warned_once_when_80_percent_are_used(
    acme, django_capture_on_commit_callbacks
):
    member(person("ada"), acme, Role.ADMIN)
    for number in range(5):
        with django_capture_on_commit_callbacks(execute=True):
            students(acme, 1, start=number)
        assert len(mail.outbox) == (1 if number >= 3 else 0)
    (warning,) = mail.outbox
    assert warning.to == ["ada@example.org"]
    assert "Students: 4 of the 5" in warning.body


def test_a_smaller_tier_takes_nothing_and_refuses_more(acme, olga):
    students(acme, 5)
    tiny = tier(code="tiny", name="Tiny", position=8, students=2)
    assert change_tier(acme, tiny, actor=olga) == [Limit.STUDENTS]
    assert reading(Provider.objects.get(pk=acme.pk), Limit.STUDENTS).used == 5
    with pytest.raises(LimitReached):
        students(acme, 1, start=5)


def test_only_operators_change_a_tier(acme, small):
    ada = person("ada")
    member(ada, acme, Role.ADMIN)
    with pytest.raises(Forbidden):
        change_tier(acme, small, actor=ada)


def test_the_four_tiers_are_there_and_offer_more_and_more(db):
    found = list(Tier.objects.values_list("code", flat=True))
    assert found == ["free", "basic", "premium", "enterprise"]
    for limit in Limit:
        allowed = [tier.allowance(limit) for tier in Tier.objects.all()]
        assert allowed == sorted(allowed, key=lambda one: float("inf") if one is None else one)


def test_a_new_provider_begins_in_the_first_tier(db, settings):
    settings.FLEDGE_FIRST_TIER = "free"
    assert house("initech").tier.name == "Free"


def test_features_come_with_the_tier(acme):
    assert not has_feature(acme, Feature.OWN_DOMAIN)
    assert has_feature(house("globex"), Feature.OWN_DOMAIN)


def test_the_meter_takes_one_query_for_each_limit(acme, django_assert_num_queries):
    students(acme, 3)
    with django_assert_num_queries(len(meter(acme))):
        meter(acme)


@pytest.mark.django_db(transaction=True)
def test_two_who_race_for_the_last_place_do_not_both_get_it():
    acme = house("acme", tier=tier(students=3))
    racers = [person(f"racer{number}") for number in range(8)]
    start, refused = threading.Barrier(len(racers)), []

    def run(user):
        try:
            start.wait()
            add_member(provider=acme, user=user, role=Role.STUDENT, actor=user)
        except LimitReached:
            refused.append(user)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[user]) for user in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reading(acme, Limit.STUDENTS).used == 3
    assert len(refused) == 5
