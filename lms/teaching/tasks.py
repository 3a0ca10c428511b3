"""What the worker does: count how students stand, tell what was announced."""

import logging
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django_q.tasks import async_task

from lms.common import clock
from lms.common.mail import REFUSED
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.tenants.models import Provider
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import actions, notifications, selectors
from .models import Announcement, Note, Watch
from .states import State

BATCH = 100
LEASE = 360  # seconds: longer than a task may run
LEFT_OVER = timedelta(minutes=10)

logger = logging.getLogger(__name__)


@in_provider_scope
def count_student(provider_id: Any, *enrolment_ids: str) -> None:
    """One student, or several who moved together."""
    courses: dict[int, list[Any]] = {}
    seats = Enrolment.objects.filter(pk__in=enrolment_ids)
    for seat, course in seats.values_list("pk", "course_id"):
        courses.setdefault(course, []).append(seat)
    for one in CoursePage.objects.filter(pk__in=courses):
        actions.count(one, courses[one.pk])


def count_changed() -> int:
    """Every minute: count everybody in courses that changed; returns how many courses."""
    stale = Watch.objects.filter(stale_since__isnull=False)
    houses = houses_with("which courses have changed, for the clock", stale)
    counted = 0
    for house in houses:
        with provider_scope(house):
            for watch in Watch.objects.filter(stale_since__isnull=False).select_related("course"):
                actions.count_changed(watch)
                counted += 1
    return counted


def count_all() -> int:
    """Every night: all of them, should anything have been missed; returns how many courses."""
    counted = 0
    for house in Provider.objects.order_by("pk"):
        with provider_scope(house):
            used = Enrolment.objects.order_by().values("course_id").distinct()
            for course in CoursePage.objects.filter(pk__in=used):
                actions.count(course)
                counted += 1
            # A note that was removed can be brought back for a day.
            Note.objects.filter(removed_at__lt=clock.now() - timedelta(days=1)).delete()
    return counted


def publish_due() -> int:
    """Every minute: publish what was announced for now, and go on with what a worker that was
    stopped has told only some; returns how many were published."""
    now = clock.now()
    left = Q(state=State.PUBLISHED, told_at=None, publish_at__lte=now - LEFT_OVER)
    due = Announcement.objects.filter(Q(state=State.SCHEDULED, publish_at__lte=now) | left)
    houses = houses_with("whose announcements are due, for the clock", due)
    published = 0
    for house in houses:
        with provider_scope(house):
            for row in Announcement.objects.filter(state=State.SCHEDULED, publish_at__lte=now):
                published += actions.publish_due(row)
            for key in Announcement.objects.filter(left).values_list("pk", flat=True):
                async_task("lms.teaching.tasks.tell", str(house.pk), key)
    return published


@in_provider_scope
def tell(provider_id: Any, announcement_id: int) -> int:
    """Write to everybody an announcement is for; returns to how many. Stopped at any moment and
    started again, as the clock does (publish_due), it goes on after the last one written to."""
    lease = f"teaching.tell.{announcement_id}"
    if not cache.add(lease, True, LEASE):
        return 0  # another worker is at it
    try:
        return _tell(announcement_id)
    finally:
        cache.delete(lease)


def _tell(announcement_id: int) -> int:
    rows = Announcement.objects.select_related("course", "author", "provider__logo")
    row = rows.filter(pk=announcement_id, told_at=None).first()
    told = 0
    while row is not None and row.is_published:
        seats = selectors.recipients_of(row).select_related("student").order_by("pk")
        batch = list((seats.filter(pk__gt=row.told_to) if row.told_to else seats)[:BATCH])
        for seat in batch:
            if seat.student.is_active:
                try:
                    notifications.send_announcement(row, seat)
                    told += 1
                except REFUSED:
                    # One address that is refused must not cost the others theirs.
                    logger.exception("Announcement %s to %s could not be mailed.", row.pk, seat.pk)
            Announcement.objects.filter(pk=row.pk).update(told_to=seat.pk)
        if len(batch) < BATCH:
            Announcement.objects.filter(pk=row.pk).update(told_at=clock.now())
            break
        row = rows.filter(pk=announcement_id).first()  # it may have been withdrawn
    return told
