"""Homework for the demo: some of each kind, with students in each state."""

import math
import struct
import wave
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.files.actions import receive_whole
from lms.files.models import Upload
from lms.homework import actions
from lms.homework.models import Homework, Submission
from lms.homework.uploads import HANDED_IN
from lms.tenants.scope import provider_scope

FIELDS = (
    "title", "instructions", "kind", "grading", "points", "late_policy", "penalty_per_day",
    "grace_minutes",
    "required", "rubric",
)  # fmt: skip


def set_homework(course: CoursePage, described: dict[str, Any]) -> None:
    """What `described` (a part of homework.yaml) says, unless the course has homework already."""
    with provider_scope(course.provider_id), transaction.atomic():
        if Homework.objects.filter(course=course).exists():
            return
        teacher = User.objects.get(email=described["by"])
        for entry in described["homework"]:
            _set(course, teacher, entry, described["time_zone"])


def _set(course: CoursePage, teacher: User, entry: dict[str, Any], zone: str) -> None:
    now = clock.now()
    values = {name: entry[name] for name in FIELDS if name in entry}
    for name in ("points", "penalty_per_day"):
        if name in values:
            values[name] = Decimal(values[name])
    due = (now + timedelta(days=entry["due"])).replace(minute=0, second=0, microsecond=0)
    values |= {"due_at": due, "time_zone": zone, "resubmission": "until_graded"}
    row = actions.create(course, values, actor=teacher)
    actions.assign(row, actor=teacher, at=now - timedelta(days=14))
    seats = {
        seat.student.email: seat
        for seat in Enrolment.objects.filter(course=course).select_related("student")
    }
    for one in entry.get("submissions", []):
        if (seat := seats.get(one["student"])) and seat.is_active:
            _hand_in(row, seat, teacher, one)
    for email in entry.get("completed", []):
        if email in seats:
            seat = seats[email]
            actions.override(row, seat, reason="Shown in class.", actor=teacher, at=now)


def _hand_in(row: Homework, seat: Enrolment, teacher: User, one: dict[str, Any]) -> None:
    at = clock.now() + timedelta(days=one["at"])
    upload = _recorded(row, seat, one["say"]) if "say" in one else None
    submission = actions.submit(
        row, seat, actor=seat.student, at=at, text=one.get("text", ""), upload=upload
    )
    for remark in one.get("comments", []):
        _remark(submission, teacher, remark)
    for key in ("feedback", "draft"):
        if key not in one:
            continue
        values = dict(one[key])
        if "points" in values:
            values["points"] = Decimal(values["points"])
        told = at + timedelta(hours=20)
        actions.save_marking(submission, values, seen=0, actor=teacher, at=min(told, clock.now()))
        if key == "feedback":
            actions.release(submission, actor=teacher, at=min(told, clock.now()))


def _recorded(row: Homework, seat: Enrolment, words: str) -> Upload:
    return receive_whole(
        ContentFile(tones(words), "recording.wav"),
        owner=seat.student,
        provider=seat.provider,
        purpose=HANDED_IN[row.kind].name,
        at=clock.now(),
    )


def _remark(submission: Submission, teacher: User, remark: dict[str, Any]) -> None:
    actions.comment(
        submission,
        second=Decimal(remark["second"]),
        text=remark["text"],
        actor=teacher,
        at=clock.now(),
    )


def tones(words: str, seconds_a_word: float = 0.4, rate: int = 8000) -> bytes:
    """A WAV file with a soft tone for each word: a stand-in for a voice where none can be made."""
    sound = BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for number, word in enumerate(words.split()):
            pitch = 180 + 40 * (len(word) % 7) + 10 * (number % 3)
            length = int(rate * seconds_a_word)
            frames = (
                int(
                    4000 * math.sin(math.pi * n / length) * math.sin(2 * math.pi * pitch * n / rate)
                )
                for n in range(length)
            )
            file.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return sound.getvalue()
