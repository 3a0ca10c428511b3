"""The last seat, the last use of a code and a held seat: real threads and transactions."""

import threading

import pytest
from django.db import connections

from lms.admissions import links, seats, waitlist
from lms.admissions.errors import LinkUsedUp
from lms.admissions.models import EntryLink, WaitlistEntry
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments import actions as enrolments
from lms.enrolments.errors import ClassFull
from lms.tenants.scope import provider_scope
from tests.lms.admissions.making import seated, somebody, taken, teaching

pytestmark = pytest.mark.django_db(transaction=True)


def race(deeds):
    """All at once; returns what each got: something or an error."""
    start = threading.Barrier(len(deeds))
    got = []

    def run(deed):
        try:
            start.wait()
            got.append(deed())
        except Exception as error:
            got.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.parametrize(("uses", "limit", "wins"), [(3, None, 3), (9, 2, 2)])
def test_a_code_lets_in_as_many_as_it_has_uses_and_the_course_has_seats(uses, limit, wins):
    page = teaching(enrolment_limit=limit)
    link = links.make(page, is_code=True, max_uses=uses, actor=page.alice, at=clock.now())
    people = [somebody(f"student{number}") for number in range(8)]
    got = race([lambda one=one: links.redeem(link, one, at=clock.now()) for one in people])
    lost = [one for one in got if isinstance(one, ClassFull | LinkUsedUp)]
    assert (len(seated(page)), len(lost)) == (wins, len(people) - wins), got
    assert taken(page) == wins
    with provider_scope(page.provider_id):
        assert EntryLink.objects.get().uses == wins


def test_a_held_seat_goes_to_whom_it_is_held_for_and_to_nobody_else():
    page = teaching(enrolment_limit=1)
    carol, dan = somebody("carol"), somebody("dan")
    enrolments.enrol(page, carol, actor=carol, at=clock.now())
    entry = waitlist.join(page, dan, at=clock.now())
    others = [somebody(f"student{number}") for number in range(6)]
    enrolments.leave(page, carol, actor=carol, at=clock.now())
    deeds = [
        lambda one=one: enrolments.enrol(page, one, actor=one, at=clock.now()) for one in others
    ]
    got = race([*deeds, *[lambda: seats.offer_seats(page, at=clock.now())] * 2])
    assert seated(page) == set(), got
    assert taken(page) == 1
    got = race([*deeds, *[lambda: waitlist.accept(entry, student=dan, at=clock.now())] * 2])
    assert seated(page) == {"dan"}, got
    assert taken(page) == 1


def test_taking_a_seat_at_the_moment_its_time_is_over_gives_it_to_one():
    page = teaching(enrolment_limit=1)
    carol, dan, erin = somebody("carol"), somebody("dan"), somebody("erin")
    enrolments.enrol(page, carol, actor=carol, at=clock.now())
    entry = waitlist.join(page, dan, at=clock.now())
    waitlist.join(page, erin, at=clock.now())
    enrolments.leave(page, carol, actor=carol, at=clock.now())
    now = clock.now()
    seats.offer_seats(page, at=now)
    with provider_scope(page.provider_id):
        until = WaitlistEntry.objects.get(pk=entry.pk).expires_at
    course = CoursePage.objects.get(pk=page.pk)
    got = race(
        [
            lambda: waitlist.accept(entry, student=dan, at=now),
            lambda: seats.expire_offers(course, at=until),
        ]
    )
    assert taken(page) == 1, got
    with provider_scope(page.provider_id):
        states = sorted(WaitlistEntry.objects.values_list("state", flat=True))
    assert states in (["accepted", "waiting"], ["expired", "offered"]), (states, got)
