"""What is held about a person who reviews, answers or reports. A review goes with its author
(docs/decisions/0012-reviews.md)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.accounts.holdings import acted, hold


def _one_by_one(batch: list[Any], person: Any) -> None:
    """Each by itself: the course's stars are counted anew (signal_handlers)."""
    for review in batch:
        review.delete()


hold(
    "reviews.Review",
    "author",
    (
        "course__title",
        "rating",
        "text",
        "state",
        "written_at",
        "changed_at",
        "hidden_reason",
        "answer",
    ),
    forget=_one_by_one,
    label=_("your reviews"),
)
acted(
    "reviews.Review",
    "answered_by",
    ("course__title", "answer", "answered_at"),
    label=_("answers you gave to reviews"),
)
hold(
    "reviews.Report",
    "reporter",
    (("review__course__title", _("course")), "reason", "reported_at"),
    label=_("reviews you reported"),
)
hold(
    "reviews.Declined",
    "enrolment__student",
    (("enrolment__course__title", _("course")),),
    label=_("courses you did not want to review"),
)
