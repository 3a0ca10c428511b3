"""P65: each tier's limits are enforced, whatever people do in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.events import SYSTEM
from lms.tenants.actions import add_member, change_tier, remove_member
from lms.tenants.limits import LimitReached, reading
from lms.tenants.models import Limit, Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import fresh_rows, house, person

pytestmark = pytest.mark.django_db

PLACES = {Role.STUDENT: Limit.STUDENTS, Role.INSTRUCTOR: Limit.INSTRUCTORS}
limits = st.none() | st.integers(0, 4)
people = st.integers(0, 5)
deeds = st.one_of(
    st.tuples(st.just("join"), people, st.sampled_from(list(PLACES))),
    st.tuples(st.just("leave"), people, st.sampled_from(list(PLACES))),
    st.tuples(st.just("tier"), limits, limits),
)


@given(first=st.tuples(limits, limits), deeds=st.lists(deeds, max_size=14))
def test_p065_each_tiers_limits_are_enforced(first, deeds):
    with fresh_rows():
        acme, globex = house("acme"), house("globex")
        crowd = [person(f"someone{number}") for number in range(6)]
        known: dict[str, set[int]] = {role: set() for role in PLACES}

        def new_tier(number, students, instructors):
            tier = Tier.objects.create(
                code=f"t{number}", name="T", position=100 + number,
                students=students, instructors=instructors,
            )  # fmt: skip
            change_tier(acme, tier, actor=SYSTEM)
            return {Role.STUDENT: students, Role.INSTRUCTOR: instructors}

        allowed = new_tier(0, *first)
        for number, (deed, one, other) in enumerate(deeds, 1):
            if deed == "tier":
                allowed = new_tier(number, one, other)
                continue
            inside, room = known[other], allowed[other]
            if deed == "leave":
                if one in inside:
                    remove_member(provider=acme, user=crowd[one], role=other, actor=SYSTEM)
                    inside.discard(one)
                continue
            fits = one in inside or room is None or len(inside) < room
            try:
                add_member(provider=acme, user=crowd[one], role=other, actor=SYSTEM)
                inside.add(one)
                assert fits, "a place that is not there was given"
            except LimitReached:
                assert not fits, "a place that is there was refused"
        for role, limit in PLACES.items():
            assert reading(acme, limit).used == len(known[role])
            with provider_scope(globex):
                assert reading(globex, limit).used == 0
