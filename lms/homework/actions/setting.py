"""Setting homework: writing it, handing it out, for whom."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lms.common import clock
from lms.common.errors import Conflict, Forbidden, Invalid, NotFound
from lms.common.states import move
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment, Group
from lms.enrolments.selectors import students_of
from lms.events import SYSTEM, emit
from lms.files.models import Upload

from .. import events, rules, selectors, uploads
from ..errors import HandedInAlready, SecondHasBegun
from ..models import (
    Attachment,
    Grading,
    Homework,
    HomeworkGroup,
    Marking,
    SecondMarker,
    Submission,
    Work,
)
from ..permissions import may_set
from ..states import ASSIGN, SCHEDULE, WITHDRAW, State
from .shared import clean, require_setter, work_of


@transaction.atomic
def create(
    course: CoursePage, values: Mapping[str, Any], *, actor: Any, attachments: Iterable[Upload] = ()
) -> Homework:
    """A draft of homework in `course`; `values` are fields of Homework.

    Raises Forbidden, Invalid.
    """
    if actor is not SYSTEM and not may_set(actor, course):
        raise Forbidden
    homework = Homework(provider_id=course.provider_id, course=course, **values)
    _check(homework)
    homework.save()
    _attach(homework, attachments, owner=actor)
    emit(events.CREATED, homework, actor=actor, title=homework.title)
    return homework


@transaction.atomic
def change(
    homework: Homework,
    values: Mapping[str, Any],
    *,
    actor: Any,
    attachments: Iterable[Upload] = (),
    drop: Iterable[int] = (),
) -> None:
    """Change fields of `homework`, add attachments and `drop` others by id.

    What is handed in can't change once somebody has. Raises Forbidden, Invalid.
    """
    require_setter(homework, actor)
    before = Homework.objects.select_for_update(no_key=True).get(pk=homework.pk)
    for name, value in values.items():
        setattr(homework, name, value)
    if homework.kind != before.kind and Submission.objects.filter(work__homework=homework).exists():
        raise Invalid(details={"kind": [str(_("Somebody has handed in already."))]})
    marked = Marking.objects.filter(submission__work__homework=homework)
    if homework.rubric != before.rubric and marked.exists():
        raise Invalid(details={"rubric": [str(_("Somebody has been marked by it already."))]})
    fewer = homework.second_marker not in (before.second_marker, SecondMarker.EVERY)
    if fewer and selectors.second_begun(Submission.objects.filter(work__homework=homework)):
        raise Invalid(details={"second_marker": [str(SecondHasBegun.message)]})
    _check(homework)
    homework.save(update_fields=[*values, "grading", "points"])
    _attach(homework, attachments, owner=actor)
    dropped = list(homework.attachments.select_related("upload").filter(pk__in=list(drop)))
    homework.attachments.filter(pk__in=[row.pk for row in dropped]).delete()
    uploads.let_go(dropped)
    counts = any(
        getattr(homework, name) != getattr(before, name) for name in ("required", "needs_grading")
    )
    emit(events.CHANGED, homework, actor=actor, title=homework.title, counts=counts)


@transaction.atomic
def assign(
    homework: Homework, *, actor: Any, at: datetime, release_at: datetime | None = None
) -> None:
    """Hand `homework` out: at once, or at `release_at` if that is still to come. Every student it
    is for is told when it is handed out. Raises Forbidden, IllegalMove.
    """
    require_setter(homework, actor)
    if release_at is not None and release_at > at:
        move(homework, SCHEDULE, release_at=release_at)
        return
    move(homework, ASSIGN, assigned_at=at)
    emit(events.ASSIGNED, homework, actor=actor, title=homework.title)


@transaction.atomic
def withdraw(homework: Homework, *, actor: Any) -> None:
    """Hide `homework` from students; what they handed in is kept. Raises Forbidden, IllegalMove."""
    require_setter(homework, actor)
    move(homework, WITHDRAW, release_at=None)
    emit(events.WITHDRAWN, homework, actor=actor, title=homework.title, counts=True)


@transaction.atomic
def delete(homework: Homework, *, actor: Any) -> None:
    """Delete `homework`, as long as nobody has handed anything in, not even taken it back.

    Raises Forbidden, HandedInAlready, NotFound for what is gone.
    """
    require_setter(homework, actor)
    # Who hands in at this moment holds their work: we see what they did, or they find it gone.
    row = Homework.objects.select_for_update().filter(pk=homework.pk).first()
    if row is None:
        raise NotFound
    list(row.works.select_for_update().values_list("pk", flat=True))
    if selectors.is_handed_in(row):
        raise HandedInAlready
    attachments = list(row.attachments.select_related("upload"))
    emit(events.DELETED, row, actor=actor, title=row.title, course=row.course_id)
    Homework.objects.filter(pk=row.pk).delete()
    uploads.let_go(attachments)


@transaction.atomic
def choose(
    homework: Homework,
    enrolments: Iterable[Enrolment],
    *,
    groups: Iterable[Group] = (),
    actor: Any,
) -> None:
    """Have `homework` be for these students and groups alone; for everybody if none is named. Who
    joins a group later gets it too. Raises Forbidden."""
    require_setter(homework, actor)
    given = [one for one in groups if one.course_id == homework.course_id]
    rows = HomeworkGroup.objects.filter(homework=homework)
    rows.exclude(group__in=given).delete()
    HomeworkGroup.objects.bulk_create(
        [
            HomeworkGroup(provider_id=homework.provider_id, homework=homework, group=one)
            for one in given
        ],
        ignore_conflicts=True,
    )
    members = students_of(homework.course).filter(group_memberships__group__in=given)
    wanted = list({one.pk: one for one in [*enrolments, *members]}.values())
    for enrolment in wanted:
        work_of(homework, enrolment)
    works = Work.objects.filter(homework=homework)
    works.exclude(enrolment__in=wanted).update(chosen=False)
    works.filter(enrolment__in=wanted).update(chosen=True)
    homework.everybody = not wanted and not given
    homework.save(update_fields=["everybody"])
    if homework.is_open:
        emit(events.CHANGED, homework, actor=actor, title=homework.title, counts=True)


@transaction.atomic
def also_for(homework: Homework, enrolments: Iterable[Enrolment]) -> None:
    """Have homework that is not for everybody be for these students as well; the caller has seen to
    who may. Those who have it keep it."""
    have = set(
        Work.objects.filter(homework=homework, chosen=True).values_list("enrolment_id", flat=True)
    )
    for enrolment in enrolments:
        if enrolment.pk not in have:
            Work.objects.filter(pk=work_of(homework, enrolment).pk).update(chosen=True)


def group_changed(group: Group, new: Iterable[Enrolment]) -> list[tuple[Homework, Enrolment]]:
    """Give who joined a group its homework; what is open to whom by that."""
    joined = list(new)
    rows = Homework.objects.filter(for_groups__group=group).select_related("course", "provider")
    told = []
    for homework in rows:
        also_for(homework, joined)
        if homework.is_open:
            told += [(homework, one) for one in joined]
    return told


def assign_due(*, at: datetime) -> int:
    """Hand out what was scheduled and is due, in the scope; returns how many."""
    due = list(Homework.objects.filter(state=State.SCHEDULED, release_at__lte=at)[:100])
    for homework in due:
        try:
            assign(homework, actor=SYSTEM, at=at)
        except Conflict:
            continue  # somebody was quicker
    return len(due)


def _check(homework: Homework) -> None:
    """Raises Invalid for fields that contradict each other."""
    if homework.rubric:
        try:
            criteria = homework.criteria
        except rules.RubricError as problem:
            raise Invalid(details={"rubric": [str(problem)]}) from problem
        homework.grading = Grading.POINTS
        homework.points = sum((one.most for one in criteria), Decimal(0))
    if homework.grading == Grading.POINTS and homework.points is None:
        raise Invalid(details={"points": ["required"]})
    if homework.grading == Grading.COMPLETION:
        homework.points = None
    lesson = homework.lesson
    if lesson is not None and not lesson.is_descendant_of(homework.course):
        raise Invalid(details={"lesson": ["not in this course"]})
    clean(homework)


def _attach(homework: Homework, sent: Iterable[Upload], *, owner: Any) -> None:
    for upload in uploads.keep(sent, uploads.MATERIAL, owner=owner, at=clock.now()):
        Attachment.objects.create(
            provider_id=homework.provider_id, homework=homework, upload=upload
        )
