"""The ways into the demo's courses: who asks, who waits, who is invited, and whose time is over."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.admissions import invitations, requests, waitlist
from lms.admissions.models import Invitation, JoinRequest, WaitlistEntry
from lms.admissions.tasks import keep_time
from lms.common import clock
from lms.courses.models import CoursePage, Entry, ModulePage
from lms.enrolments.actions import expire, grant, save_group
from lms.enrolments.models import Enrolment
from lms.tenants.scope import provider_scope


@transaction.atomic
def open_ways(course: CoursePage, described: dict[str, Any]) -> None:
    """What is `described` (a part of ways.yaml), unless somebody asks, waits or is invited
    already."""
    with provider_scope(course.provider_id):
        for made in (JoinRequest, WaitlistEntry, Invitation):
            if made.objects.filter(course=course).exists():
                return
        teacher = User.objects.get(email=described["by"])
        course.access_days = described.get("access_days")
        for one in described.get("expired", []):
            _expired(course, one)
        _set(course, described)
        for one in described.get("groups", []):
            seats = Enrolment.objects.filter(course=course, student__email__in=one["members"])
            dates = (_day(one["starts"]), _day(one["ends"]))
            save_group(course, name=one["name"], members=seats, actor=teacher, dates=dates)
        for one in described.get("requests", []):
            _ask(course, teacher, one)
        for one in described.get("waitlist", []):
            waitlist.join(course, _student(one), at=_day(one["at"]))
        for one in described.get("invitations", []):
            told = {name: one.get(name, "") for name in ("name", "message")}
            invitations.invite(course, one["email"], **told, actor=teacher, at=_day(one["at"]))
    keep_time()  # of what is over


def _set(course: CoursePage, described: dict[str, Any]) -> None:
    for module in ModulePage.objects.child_of(course).filter(title__in=described.get("drip", {})):
        module.release_after_days = described["drip"][module.title]
        module.save_revision().publish()
    course.entry = described.get("entry", Entry.OPEN)
    course.enrolment_limit = described.get("seats")
    course.save_revision().publish()


def _expired(course: CoursePage, one: dict[str, Any]) -> None:
    """One who came, and whose time was over before the class filled up."""
    began = _day(one["began"])
    with clock.stopped_at(began):
        seat = grant(course, _student(one), actor=_student(one), at=began)
    if over := seat.expires_at:
        expire(seat, at=over)


def _ask(course: CoursePage, teacher: User, one: dict[str, Any]) -> None:
    at = _day(one["at"])
    row = requests.ask(course, _student(one), note=one.get("note", ""), at=at)
    if reply := one.get("reply"):
        requests.decline(row, reply=reply, actor=teacher, at=at + timedelta(hours=3))


def _student(one: dict[str, Any]) -> User:
    return User.objects.get(email=one["student"])


def _day(offset: int) -> datetime:
    return clock.now() + timedelta(days=offset)
