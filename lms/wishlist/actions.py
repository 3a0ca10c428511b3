"""Writes to a person's wishlist: by themselves alone."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from lms.common.errors import Forbidden
from lms.courses.models import CoursePage

from .errors import TooManyWishes
from .models import Wish
from .selectors import count_anew

MOST_WISHES = 500


@transaction.atomic
def wish(person: Any, course: CoursePage, *, actor: Any, at: datetime) -> None:
    """Wishing twice is wishing once. The course is one the person may know. Raises TooManyWishes,
    Forbidden."""
    _require(actor, person)
    mine = Wish.objects.filter(person=person)
    if not mine.filter(course=course).exists() and mine.count() >= MOST_WISHES:
        raise TooManyWishes
    Wish.objects.get_or_create(person=person, course=course, defaults={"created_at": at})
    transaction.on_commit(partial(count_anew, person))


@transaction.atomic
def forget(person: Any, course_id: int, *, actor: Any) -> None:
    """Raises Forbidden."""
    _require(actor, person)
    Wish.objects.filter(person=person, course_id=course_id).delete()
    transaction.on_commit(partial(count_anew, person))


def _require(actor: Any, person: Any) -> None:
    if actor.pk != person.pk:
        raise Forbidden
