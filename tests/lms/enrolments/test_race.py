"""Many students, one seat, real threads and real transactions."""

import threading

import pytest
from django.db import connections

from lms.common import clock
from lms.enrolments import actions
from lms.enrolments.errors import ClassFull
from lms.enrolments.models import Enrolment, Seats
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import course, school

pytestmark = pytest.mark.django_db(transaction=True)


def race(page, students):
    """All of them enrol at once; returns what each got: an enrolment or an error."""
    start = threading.Barrier(len(students))
    got = []

    def run(student):
        try:
            start.wait()
            got.append(actions.enrol(page, student, actor=student, at=clock.now()))
        except Exception as error:
            got.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[student]) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.mark.parametrize("seats", [1, 3])
def test_exactly_as_many_students_get_in_as_there_are_seats(seats):
    page = course(school(), enrolment_limit=seats)
    students = [person(f"student{number}") for number in range(24)]
    got = race(page, students)
    won = [one for one in got if isinstance(one, Enrolment)]
    lost = [one for one in got if isinstance(one, ClassFull)]
    assert (len(won), len(lost)) == (seats, len(students) - seats), got
    with provider_scope(page.provider_id):
        assert Seats.objects.get(course=page).taken == seats
        assert Enrolment.objects.filter(course=page).count() == seats


def test_one_student_clicking_in_many_tabs_takes_one_seat():
    page = course(school(), enrolment_limit=5)
    carol = person("carol")
    got = race(page, [carol] * 8)
    assert len({one.pk for one in got}) == 1, got
    with provider_scope(page.provider_id):
        assert Seats.objects.get(course=page).taken == 1
