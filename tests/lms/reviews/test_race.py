"""Students who rate at the same moment, in real threads and real transactions."""

import threading

import pytest
from django.db import connections

from lms.common import clock
from lms.courses.models import CourseListing
from lms.reviews import actions
from tests.cast import person
from tests.lms.certificates.making import course, school
from tests.lms.reviews.making import completed, reviews_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds):
    start, failed = threading.Barrier(len(deeds)), []

    def run(deed):
        try:
            start.wait()
            deed()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_no_rating_is_lost_and_none_counts_twice():
    page = course(school())
    students = [person(f"student{number}") for number in range(8)]
    for student in students:
        completed(student, page)

    def rater(student, rating):
        return lambda: actions.rate(page, rating=rating, actor=student, at=clock.now())

    at_once(*[rater(student, 1 + n % 5) for n, student in enumerate(students)])
    at_once(*[rater(students[0], rating) for rating in (1, 2, 3, 4, 5)])
    rows = reviews_of(page)
    assert len(rows) == len(students)
    counted = CourseListing.objects.get(pk=page.pk).ratings.stars
    assert list(counted) == [sum(row.rating == star for row in rows) for star in (1, 2, 3, 4, 5)]
