"""Homework and hands that do it, for fixtures and for Hypothesis."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.test import TestCase

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.files.actions import receive_whole
from lms.files.models import Upload
from lms.files.purposes import Purpose
from lms.homework import actions
from lms.homework.models import Homework, Submission, Work
from lms.homework.uploads import HANDED_IN, MATERIAL, SPOKEN
from lms.tenants.models import Provider, Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol, named, school
from tests.lms.learning import WAV

# One picture of a film.
MP4 = subprocess.run(
    [*"ffmpeg -v error -f lavfi -i color=teal:s=16x16:r=1:d=1 -c:v mpeg4 -f mp4".split(),
     *"-movflags empty_moov+default_base_moof pipe:1".split()],
    check=True, capture_output=True,
).stdout  # fmt: skip


@dataclass
class Class:
    """acme with a course: alice teaches it, bob assists, carol and dave study."""

    acme: Provider
    course: CoursePage
    alice: Any
    bob: Any
    carol: Any
    dave: Any
    seats: dict[str, Enrolment]

    @property
    def url(self) -> str:
        return f"/learn/{self.course.pk}/homework/"

    @property
    def desk(self) -> str:
        return f"/desk/{self.course.pk}/homework/"


def a_class(lessons: int = 1, **fields: Any) -> Class:
    acme = school()
    alice, bob = named("alice", "Alice Okafor"), named("bob", "Bob Otieno")
    member(alice, acme, Role.INSTRUCTOR)
    member(bob, acme, Role.ASSISTANT)
    page = course(acme, lessons=lessons, instructors=[alice], **fields)
    carol, dave = named("carol", "Carol Wanjiru"), named("dave", "Dave Kim")
    seats = {"carol": enrol(carol, page), "dave": enrol(dave, page)}
    return Class(acme, page, alice, bob, carol, dave, seats)


def homework(
    school: Class, *, assigned: bool = True, attachments: Any = (), **values: Any
) -> Homework:
    """Homework that alice has set, with everything that happens after the commit."""
    values = {"title": "Count the stars", "kind": "text", **values}
    attachments = [sent(school, school.alice, MATERIAL, one) for one in attachments]
    with settled(school):
        row = actions.create(school.course, values, actor=school.alice, attachments=attachments)
        if assigned:
            actions.assign(row, actor=school.alice, at=clock.now())
    return row


@contextmanager
def settled(school: Class) -> Iterator[None]:
    """In acme's scope; what waits for the commit happens at the end."""
    with provider_scope(school.acme), TestCase.captureOnCommitCallbacks(execute=True):
        yield


def sent(school: Class, owner: Any, purpose: Purpose, file: Any) -> Upload:
    """A file that `owner` has sent, whole."""
    with settled(school):
        return receive_whole(
            file, owner=owner, provider=school.acme, purpose=purpose.name, at=clock.now()
        )


def hand_in(school: Class, row: Homework, who: str = "carol", **values: Any) -> Submission:
    seat = school.seats[who]
    if row.takes_file:
        content = (WAV, "talk.wav") if row.kind == "audio" else (MP4, "film.mp4")
        file = values.pop("file", None) or ContentFile(*content)
        values["upload"] = sent(school, seat.student, HANDED_IN[row.kind], file)
    elif row.kind == "text":
        values = {"text": "Seven", **values}
    elif row.kind == "link":
        values = {"link": "https://example.org/", **values}
    values = {"at": clock.now(), **values}
    with settled(school):
        return actions.submit(row, seat, actor=seat.student, **values)


def give_feedback(
    school: Class, submission: Submission, *, release: bool = True, **values: Any
) -> Any:
    """Alice's feedback, released unless told otherwise; `voice` is a file of hers."""
    at = values.pop("at", None) or clock.now()
    if voice := values.pop("voice", None):
        values["upload"] = sent(school, school.alice, SPOKEN, voice)
    with settled(school):
        submission = Submission.objects.get(pk=submission.pk)
        known = submission.markings.first()
        marking = actions.save_marking(
            submission, values, seen=known.version if known else 0, actor=school.alice, at=at
        )
        if not release:
            return marking
        return actions.release(submission, actor=school.alice, at=at)


def work_of(school: Class, row: Homework, who: str = "carol") -> Work | None:
    with provider_scope(school.acme):
        return Work.objects.filter(homework=row, enrolment=school.seats[who]).first()


__all__ = ["MP4", "Class", "a_class", "give_feedback", "hand_in", "homework", "person"]
