"""What the worker does: count how students stand, tell what was announced."""

from typing import Any

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.tenants.models import Provider
from lms.tenants.scope import every_tenant, provider_scope
from lms.tenants.tasks import in_provider_scope

from . import actions, notifications, selectors
from .models import Announcement, Watch
from .states import State

BATCH = 100


@in_provider_scope
def count_student(provider_id: Any, enrolment_id: str) -> None:
    seat = Enrolment.objects.select_related("course").filter(pk=enrolment_id).first()
    if seat is not None:
        actions.count(seat.course, [seat.pk])


def count_changed() -> int:
    """Every minute: count everybody in courses that changed; returns how many courses."""
    with every_tenant("which courses have changed, for the clock"):
        stale = Watch.objects.filter(stale_since__isnull=False)
        houses = list(Provider.objects.filter(pk__in=stale.values("provider_id")))
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
    return counted


def publish_due() -> int:
    """Every minute: publish what was announced for now; returns how many."""
    now = clock.now()
    with every_tenant("whose announcements are due, for the clock"):
        due = Announcement.objects.filter(state=State.SCHEDULED, publish_at__lte=now)
        houses = list(Provider.objects.filter(pk__in=due.values("provider_id")))
    published = 0
    for house in houses:
        with provider_scope(house):
            for row in Announcement.objects.filter(state=State.SCHEDULED, publish_at__lte=now):
                published += actions.publish_due(row)
    return published


@in_provider_scope
def tell(provider_id: Any, announcement_id: int) -> int:
    """Write to everybody an announcement is for; returns to how many. Stopped at any moment and
    started again, it goes on after the last one written to."""
    rows = Announcement.objects.select_related("course", "author", "provider__logo")
    row = rows.filter(pk=announcement_id, told_at=None).first()
    told = 0
    while row is not None and row.is_published:
        seats = selectors.recipients_of(row).select_related("student").order_by("pk")
        batch = list((seats.filter(pk__gt=row.told_to) if row.told_to else seats)[:BATCH])
        for seat in batch:
            if seat.student.is_active:
                notifications.send_announcement(row, seat)
                told += 1
            Announcement.objects.filter(pk=row.pk).update(told_to=seat.pk)
        if len(batch) < BATCH:
            Announcement.objects.filter(pk=row.pk).update(told_at=clock.now())
            break
        row = rows.filter(pk=announcement_id).first()  # it may have been withdrawn
    return told
