"""Who hears of what, by mail: students of homework, feedback and exceptions; teachers of work."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_q.tasks import async_task

from lms.courses.models import CoursePage
from lms.enrolments.events import GROUP_CHANGED
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat
from lms.events import Happened, subscribe
from lms.files.events import REFUSED
from lms.files.models import Upload
from lms.tenants.letters import write_to

from . import events, rules, selectors
from .models import Feedback, Homework, Marking, Submission, Work

# Of one class in one task; the next task goes on.
BATCH = 200
# What is added to feedback is told in one mail, so long after the first of it.
COLLECTED = timedelta(minutes=5)


def assigned(happened: Happened) -> None:
    _queue("tell_assigned", happened, 0)


def submitted(happened: Happened) -> None:
    _queue("tell_submitted", happened)


def unmarked(happened: Happened) -> None:
    _queue("tell_submitted", happened)


def changed(happened: Happened) -> None:
    """Where it counts otherwise now, work may be done and courses completed: the worker looks."""
    if happened.data["counts"]:
        _queue("settle", happened)


def deleted(happened: Happened) -> None:
    """Who waited for this homework alone has completed the course."""
    told = (str(happened.provider_id), happened.data["course"])
    async_task("lms.homework.tasks.settle_course", *told)


def released(happened: Happened) -> None:
    """What is told anew is news; a mail collects those (tasks.collect_news)."""
    if not happened.data["again"]:
        _queue("tell_released", happened)


def overridden(happened: Happened) -> None:
    _queue("tell_overridden", happened)


def extended(happened: Happened) -> None:
    _queue("tell_extended", happened)


def file_refused(happened: Happened) -> None:
    """Of a file that was looked into after it was handed in, or recorded as feedback."""
    for key in Submission.objects.filter(upload=happened.row.pk).values_list("pk", flat=True):
        async_task("lms.homework.tasks.tell_refused", str(happened.provider_id), key)
    for model in (Marking, Feedback):
        row = model._default_manager.filter(upload=happened.row.pk).first()
        if row is not None:
            told = (str(happened.provider_id), row.submission_id, str(happened.row.pk))
            async_task("lms.homework.tasks.tell_voice_refused", *told)
            return


def group_changed(happened: Happened) -> None:
    _queue("group_changed", happened, happened.data["new"])


def _queue(task: str, happened: Happened, *more: Any) -> None:
    async_task(f"lms.homework.tasks.{task}", str(happened.provider_id), happened.row.pk, *more)


def send_assigned(homework: Homework, done: int) -> bool:
    """Tell the students from number `done` on that there is homework; whether some are left."""
    rows = Enrolment.objects.filter(
        course_id=homework.course_id, state=Seat.ACTIVE, student__is_active=True
    )
    if not homework.everybody:
        rows = rows.filter(homework_works__homework=homework, homework_works__chosen=True)
    batch = list(rows.select_related("student").order_by("enrolled_at", "pk")[done : done + BATCH])
    for seat in batch:
        _send("assigned", homework, seat.student, terms=homework.terms(), url=_page(homework))
    return len(batch) == BATCH


def send_also_assigned(homework: Homework, seat: Enrolment) -> None:
    """Tell one who joined a group of homework they have by that."""
    _send("assigned", homework, seat.student, terms=homework.terms(), url=_page(homework))


def send_submitted(submission: Submission) -> None:
    """Tell those who teach the course that a student handed in, or took it back."""
    work = submission.work
    late = rules.is_late(work.homework.terms(work.extended_to), submission.submitted_at)
    name = "unmarked" if submission.withdrawn_at else "submitted"
    for teacher in teachers_of(work.homework.course):
        _send(
            name,
            work.homework,
            teacher,
            student=_("A student") if work.homework.anonymous else work.enrolment.student,
            submission=submission,
            late=late,
            url=_desk(work),
        )


def send_refused(submission: Submission) -> None:
    """Tell a student that their file can't be taken, and why."""
    work = submission.work
    student = work.enrolment.student
    _send("refused", work.homework, student, submission=submission, url=_page(work.homework))


def send_voice_refused(submission: Submission, upload: Upload) -> None:
    """Tell a marker that what they recorded can't be taken, and why."""
    work = submission.work
    _send("voice_refused", work.homework, upload.owner, upload=upload, url=_desk(work))


def send_released(feedback: Feedback) -> None:
    work = feedback.submission.work
    student = work.enrolment.student
    _send("released", work.homework, student, feedback=feedback, url=_page(work.homework))


def send_news(work: Work, since: datetime) -> None:
    """Tell a student of all that was added to their feedback since; nothing if it is gone again."""
    remarks, changed = selectors.news_of(work, since)
    if remarks or changed is not None:
        student, url = work.enrolment.student, _page(work.homework)
        _send("news", work.homework, student, remarks=remarks, changed=changed, url=url)


def send_overridden(work: Work) -> None:
    student = work.enrolment.student
    _send("overridden", work.homework, student, work=work, url=_page(work.homework))


def send_extended(work: Work) -> None:
    student = work.enrolment.student
    _send("extended", work.homework, student, work=work, url=_page(work.homework))


def teachers_of(course: CoursePage) -> list[Any]:
    """Who hears of what students do: the course's instructors, else who wrote it."""
    named = list(course.instructors.all()) or ([course.owner] if course.owner else [])
    return [person for person in named if person.is_active]


def _page(homework: Homework) -> str:
    return settings.FLEDGE_BASE_URL + reverse(
        "homework:homework", args=[homework.course_id, homework.pk]
    )


def _desk(work: Work) -> str:
    return settings.FLEDGE_BASE_URL + reverse(
        "homework_desk:student",
        args=[work.homework.course_id, work.homework_id, work.enrolment_id],
    )


def _send(name: str, homework: Homework, person: Any, **context: Any) -> None:
    told = {"homework": homework, "course": homework.course, **context}
    write_to(person, f"homework/emails/{name}.txt", told, provider=homework.provider)


subscribe(REFUSED, file_refused)
subscribe(GROUP_CHANGED, group_changed)
subscribe(events.ASSIGNED, assigned)
subscribe(events.CHANGED, changed)
subscribe(events.WITHDRAWN, changed)
subscribe(events.DELETED, deleted)
subscribe(events.SUBMITTED, submitted)
subscribe(events.UNMARKED, unmarked)
subscribe(events.RELEASED, released)
subscribe(events.OVERRIDDEN, overridden)
subscribe(events.EXTENDED, extended)
