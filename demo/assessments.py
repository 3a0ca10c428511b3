"""Assessments for the demo: a bank of questions, a quiz, and students who took it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from lms.accounts.models import User
from lms.assessments import actions
from lms.assessments.actions import PlaceOf
from lms.assessments.models import Assessment, BankQuestion, Tag
from lms.assessments.rules.marking import solution
from lms.assessments.rules.questions import BY_HAND
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.tenants.scope import provider_scope

FIELDS = ("title", "instructions", "minutes", "attempts", "pass_percent", "required")


def set_assessments(course: CoursePage, described: dict[str, Any]) -> None:
    """What `described` (a part of assessments.yaml) says, unless the course has some already."""
    with provider_scope(course.provider_id), transaction.atomic():
        if Assessment.objects.filter(course=course).exists():
            return
        teacher = User.objects.get(email=described["by"])
        bank = {
            entry["title"]: actions.create_question(
                course.provider,
                title=entry["title"],
                kind=entry["kind"],
                data=entry["data"],
                points=Decimal(entry.get("points", "1")),
                tags=entry["tags"],
                actor=teacher,
                at=clock.now(),
            )
            for entry in described["questions"]
        }
        for entry in described["assessments"]:
            _set(course, teacher, entry, bank, described["time_zone"])


def _set(
    course: CoursePage,
    teacher: User,
    entry: dict[str, Any],
    bank: dict[str, BankQuestion],
    zone: str,
) -> None:
    now = clock.now()
    values = {name: entry[name] for name in FIELDS if name in entry} | {"time_zone": zone}
    if "closes" in entry:
        values["closes_at"] = (now + timedelta(days=entry["closes"])).replace(minute=0, second=0)
    row = actions.create(course, values, actor=teacher)
    actions.set_places(row, [_place(one, bank) for one in entry["questions"]], actor=teacher)
    actions.publish(row, actor=teacher, at=now - timedelta(days=14))
    seats = {
        seat.student.email: seat
        for seat in Enrolment.objects.filter(course=course).select_related("student")
    }
    for one in entry["attempts_made"]:
        if (seat := seats.get(one["student"])) and seat.is_active:
            _take(row, seat, one)


def _place(one: Any, bank: dict[str, BankQuestion]) -> PlaceOf:
    if isinstance(one, str):
        return PlaceOf(question=bank[one], points=bank[one].points)
    tags = tuple(Tag.objects.filter(name__in=one["tags"]))
    return PlaceOf(tags=tags, draw=one["draw"], points=Decimal(2))


def _take(row: Assessment, seat: Enrolment, one: dict[str, Any]) -> None:
    """Answer those questions right that `right` says; leave the others."""
    at = clock.now() + timedelta(days=one["at"])
    attempt = actions.start(row, seat, actor=seat.student, at=at)
    right = iter(one["right"])
    for response in attempt.responses.select_related("given").order_by("place"):
        version = response.given
        if version.kind in BY_HAND:
            answer = {"text": one["essay"]}
        elif next(right):
            answer = solution(version.kind, version.content) or {}
        else:
            continue
        at += timedelta(seconds=50)
        actions.save_answer(response, answer, seen=0, actor=seat.student, at=at)
    actions.submit(attempt, actor=seat.student, at=at + timedelta(seconds=40))
