"""What the worker does: hand out what is due, and write to people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django_q.tasks import async_task

from lms.common import clock
from lms.enrolments.models import Group
from lms.enrolments.selectors import students_of
from lms.files.models import Upload
from lms.tenants.scope import provider_scope
from lms.tenants.tasks import houses_with, in_provider_scope

from . import actions, notifications
from .models import Feedback, Homework, Submission, Work
from .states import State

MOST_NEWS = 200  # of one provider in one minute; the next goes on


def assign_due() -> int:
    """Every minute: hand out scheduled homework whose time has come; returns how much."""
    now = clock.now()
    due = Homework.objects.filter(state=State.SCHEDULED, release_at__lte=now)
    providers = houses_with("whose homework is due, for the clock", due)
    handed_out = 0
    for provider in providers:
        with provider_scope(provider):
            handed_out += actions.assign_due(at=now)
    return handed_out


def collect_news() -> int:
    """Every minute: have students told of what was added to their feedback a while ago, and since;
    returns how many."""
    until = clock.now() - notifications.COLLECTED
    rows = Work.objects.filter(news_unsent_since__lte=until)
    providers = houses_with("whose students have news, for the clock", rows)
    told = 0
    for provider in providers:
        with provider_scope(provider):
            for work in list(Work.objects.filter(news_unsent_since__lte=until)[:MOST_NEWS]):
                if (since := actions.take_news(work, until=until)) is not None:
                    async_task(tell_news, str(provider.pk), work.pk, since.isoformat())
                    told += 1
    return told


@in_provider_scope
def tell_news(provider_id: Any, work_id: int, since: str) -> None:
    notifications.send_news(_work(work_id), datetime.fromisoformat(since))


@in_provider_scope
def tell_assigned(provider_id: Any, homework_id: int, done: int) -> None:
    homework = Homework.objects.select_related("course", "provider__logo").get(pk=homework_id)
    if homework.is_open and notifications.send_assigned(homework, done):
        async_task(tell_assigned, str(provider_id), homework_id, done + notifications.BATCH)


@in_provider_scope
def group_changed(provider_id: Any, group_id: int, new: Sequence[str]) -> None:
    """Give who joined a group its homework, and tell them."""
    group = Group.objects.filter(pk=group_id).first()
    if group is None:
        return
    seats = students_of(group.course).filter(pk__in=new)
    for homework, seat in actions.group_changed(group, seats):
        notifications.send_also_assigned(homework, seat)


@in_provider_scope
def settle(provider_id: Any, homework_id: int) -> None:
    actions.settle(Homework.objects.select_related("course").get(pk=homework_id), at=clock.now())


@in_provider_scope
def settle_course(provider_id: Any, course_id: int) -> None:
    actions.settle_course(course_id, at=clock.now())


@in_provider_scope
def tell_submitted(provider_id: Any, submission_id: int) -> None:
    notifications.send_submitted(_submission(submission_id))


@in_provider_scope
def tell_refused(provider_id: Any, submission_id: int) -> None:
    submission = _submission(submission_id)
    actions.file_refused(submission, at=clock.now())
    notifications.send_refused(submission)


@in_provider_scope
def tell_voice_refused(provider_id: Any, submission_id: int, upload_id: str) -> None:
    upload = Upload.objects.select_related("owner").get(pk=upload_id)
    notifications.send_voice_refused(_submission(submission_id), upload)


@in_provider_scope
def tell_released(provider_id: Any, feedback_id: int) -> None:
    rows = Feedback.objects.select_related(
        "upload",
        "submission__work__homework__course",
        "submission__work__homework__provider__logo",
        "submission__work__enrolment__student",
    )
    notifications.send_released(rows.get(pk=feedback_id))


@in_provider_scope
def tell_overridden(provider_id: Any, work_id: int) -> None:
    notifications.send_overridden(_work(work_id))


@in_provider_scope
def tell_extended(provider_id: Any, work_id: int) -> None:
    notifications.send_extended(_work(work_id))


def _submission(submission_id: int) -> Submission:
    rows = Submission.objects.select_related(
        "upload",
        "work__homework__course",
        "work__homework__provider__logo",
        "work__enrolment__student",
    )
    return rows.get(pk=submission_id)


def _work(work_id: int) -> Work:
    rows = Work.objects.select_related(
        "homework__course", "homework__provider__logo", "enrolment__student"
    )
    return rows.get(pk=work_id)
