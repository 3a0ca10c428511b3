"""What the demo's students say of courses, and what is answered."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.reviews import actions
from lms.reviews.models import Review
from lms.tenants.scope import provider_scope


@transaction.atomic
def write_reviews(course: CoursePage, described: list[dict[str, Any]]) -> None:
    """What is `described` (a part of reviews.yaml), unless the course has reviews already."""
    with provider_scope(course.provider_id):
        if Review.objects.filter(course=course).exists():
            return
    for entry in described:
        review = actions.rate(
            course,
            rating=entry["rating"],
            text=entry.get("text", ""),
            actor=User.objects.get(email=entry["student"]),
            at=_day(entry["at"]),
        )
        if answer := entry.get("answer"):
            by = User.objects.get(email=answer["by"])
            actions.answer(review, answer["text"], actor=by, at=_day(answer["at"]))


def _day(offset: int) -> Any:
    return clock.now() + timedelta(days=offset)
