"""The figures hear of everything they count, after its commit."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from lms.certificates.events import ISSUED
from lms.enrolments.events import ENROLLED
from lms.enrolments.models import Enrolment
from lms.events import Happened, subscribe, subscribe_to_many
from lms.progress.events import COURSE_COMPLETED, LESSON_COMPLETED, LESSON_REOPENED
from lms.progress.models import LessonProgress
from lms.tenants.scope import provider_scope

from .actions import add, seen, seen_together, unseen
from .rules import day_of


def enrolled(many: Sequence[Happened]) -> None:
    days: dict[Any, list[Any]] = defaultdict(list)
    for one in many:
        row: Any = one.row
        days[row.provider_id, row.course_id, day_of(row.enrolled_at)].append(row.student_id)
    for (provider_id, course_id, day), students in days.items():
        add(provider_id, course_id, day, "enrolments", by=len(students))
        seen_together(provider_id, students, day)


def lesson_completed(happened: Happened) -> None:
    row: Any = happened.row
    at = datetime.fromisoformat(happened.data["at"])
    add(row.provider_id, row.course_id, day_of(at), "lessons")
    seen(row.provider_id, row.student_id, at)


def lesson_reopened(happened: Happened) -> None:
    row: Any = happened.row
    at = datetime.fromisoformat(happened.data["completed_at"])
    add(row.provider_id, row.course_id, day_of(at), "lessons", by=-1)
    unseen(row.provider_id, row.student_id, at)


def course_completed(happened: Happened) -> None:
    row: Any = happened.row
    add(row.provider_id, row.course_id, day_of(row.completed_at), "completions")
    add(row.provider_id, row.course_id, day_of(row.enrolled_at), "finished")


def issued(happened: Happened) -> None:
    row: Any = happened.row
    enrolment = Enrolment.objects.get(pk=row.enrolment_id)
    add(row.provider_id, enrolment.course_id, day_of(row.issued_at), "certificates")
    add(row.provider_id, enrolment.course_id, day_of(enrolment.enrolled_at), "certified")


def lesson_opened(instance: LessonProgress, created: bool, **kwargs: Any) -> None:
    """A signal and no event: opening a lesson is nothing to be logged, and nothing hangs on it."""
    if created:
        transaction.on_commit(partial(_opened, instance), robust=True)


def _opened(progress: LessonProgress) -> None:
    with provider_scope(progress.provider_id):
        enrolment: Any = Enrolment.objects.get(pk=progress.enrolment_id)
        first = LessonProgress.objects.filter(enrolment=enrolment).order_by("pk").first()
        if first is not None and first.pk == progress.pk:
            add(
                enrolment.provider_id,
                enrolment.course_id,
                day_of(enrolment.enrolled_at),
                "started",
            )
        seen(enrolment.provider_id, enrolment.student_id, progress.opened_at)


SUBSCRIPTIONS = {
    LESSON_COMPLETED: lesson_completed,
    LESSON_REOPENED: lesson_reopened,
    COURSE_COMPLETED: course_completed,
    ISSUED: issued,
}


def listen() -> None:
    for event, handler in SUBSCRIPTIONS.items():
        subscribe(event, handler)
    subscribe_to_many(ENROLLED, enrolled)
    post_save.connect(lesson_opened, sender=LessonProgress)
