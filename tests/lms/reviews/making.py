"""Reviews and hands that write them, for fixtures and for Hypothesis."""

from typing import Any

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.reviews import actions
from lms.reviews.models import Review
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import enrol


def completed(student: Any, page: CoursePage) -> Enrolment:
    """A seat of a student who has completed the course, however that came about."""
    seat = enrol(student, page)
    with provider_scope(page.provider_id):
        Enrolment.objects.filter(pk=seat.pk).update(completed_at=clock.now())
        return Enrolment.objects.get(pk=seat.pk)


def rated(page: CoursePage, *ratings: int, text: str = "Clear and kind.") -> list[Review]:
    """A review by somebody new for each of `ratings`."""
    found = []
    for number, rating in enumerate(ratings):
        author = person(f"rater{page.pk}x{number}")
        completed(author, page)
        found.append(actions.rate(page, rating=rating, text=text, actor=author, at=clock.now()))
    return found


def reviews_of(page: CoursePage) -> list[Review]:
    with provider_scope(page.provider_id):
        return list(Review.objects.filter(course=page).order_by("pk"))
