"""A student's homework: what there is to do, what they handed in and were told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    F,
    FilteredRelation,
    Prefetch,
    Q,
    QuerySet,
)
from django.urls import reverse
from django.utils.translation import gettext_lazy as _lazy

from lms.common.errors import NotFound
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way, course_for
from lms.progress import dates
from lms.progress.dates import Entry, Wanted
from lms.progress.work import Counted
from lms.tenants.models import Provider

from .. import rules
from ..models import (
    Attachment,
    Comment,
    Feedback,
    Homework,
    Marking,
    Submission,
    Work,
)
from ..permissions import may_mark
from ..rules import Standing, Terms
from ..states import State
from .marking import is_blind


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of homework as one student sees it; `work` is None where nothing happened yet."""

    homework: Homework
    work: Work | None
    terms: Terms
    standing: Standing

    @property
    def is_late(self) -> bool:
        """Whether what stands was handed in late."""
        at = self.work.submitted_at if self.work else None
        return at is not None and rules.is_late(self.terms, at)

    @property
    def is_open(self) -> bool:
        """Whether the student still has something to do."""
        return self.standing in (Standing.PENDING, Standing.OVERDUE)

    @property
    def is_done(self) -> bool:
        return self.work is not None and self.work.done_at is not None


@dataclass(frozen=True, slots=True)
class HomeworkAccess:
    """A piece of homework that is open to somebody. Staff have no `enrolment`."""

    course: CoursePage
    way: Way
    enrolment: Enrolment | None
    task: Task

    @property
    def homework(self) -> Homework:
        return self.task.homework


def course_tasks(user: Any, course_id: int, *, host: Provider | None, now: datetime) -> Any:
    """(CourseAccess, the course's homework as `user` sees it). Staff see what students may see.

    Raises what `course_for` raises.
    """
    access = course_for(user, course_id, host=host)
    return access, tasks_in(access, now=now)


def tasks_in(access: CourseAccess, *, now: datetime) -> list[Task]:
    """The homework of a course, what is due first on top: two queries."""
    rows = list(in_order(Homework.objects.filter(course=access.course, state=State.ASSIGNED)))
    works: dict[Any, Work] = {}
    if access.enrolment and rows:
        found = Work.objects.filter(enrolment=access.enrolment, homework__in=rows)
        works = {work.homework_id: work for work in found}
    staff = access.way == Way.STAFF
    return [
        task_of(row, works.get(row.pk), now)
        for row in rows
        if staff or (is_for(row, work := works.get(row.pk)) and not _waits(access, row, work))
    ]


def _waits(access: CourseAccess, row: Homework, work: Work | None) -> bool:
    """Whether homework waits with its lesson; what was handed in stays at hand."""
    return access.waits(row.lesson_id) and not (work and work.submitted_at)


def homework_for(
    user: Any, course_id: int, homework_id: int, *, host: Provider | None, now: datetime
) -> HomeworkAccess:
    """One piece of homework for one who may see it. Raises NotFound, what `course_for` raises, and
    why its lesson is closed where that waits for its time or turn.

    Staff of the provider see it in every state.
    """
    access = course_for(user, course_id, host=host)
    row = Homework.objects.filter(pk=homework_id, course=access.course).first()
    if row is None:
        raise NotFound
    if access.enrolment is not None:
        work = Work.objects.filter(homework=row, enrolment=access.enrolment).first()
        if row.is_open and is_for(row, work):
            if _waits(access, row, work):
                access.refuse_what_waits(row.lesson_id)
            task = task_of(row, work, now)
            return HomeworkAccess(access.course, access.way, access.enrolment, task)
    if not may_mark(user, row):
        raise NotFound
    return HomeworkAccess(access.course, Way.STAFF, None, task_of(row, None, now))


def dates_for(wanted: Wanted) -> Iterator[Entry]:
    """What the student has to hand in (lms.progress.dates): one query."""
    if not wanted.seats:
        return
    mine = Q(works__enrolment__in=[seat.pk for seat in wanted.seats])
    courses = wanted.courses
    rows = (
        Homework.objects.filter(course__in=courses, state=State.ASSIGNED)
        .annotate(work=FilteredRelation("works", condition=mine))
        .filter(Q(everybody=True) | Q(work__chosen=True))
        .select_related("work")  # type: ignore[misc]  # the plugin knows no alias
    )
    if not wanted.done:
        rows = rows.filter(work__done_at=None)
    for row in rows.order_by("pk"):
        task = task_of(row, getattr(row, "work", None), wanted.now)
        handed_in = task.work is not None and task.work.submitted_at is not None
        if not handed_in and wanted.waits(row.course_id, row.lesson_id):
            continue
        standing = _date_standing(task, wanted.now)
        if wanted.done or standing not in (dates.Standing.DONE, dates.Standing.MISSED):
            yield Entry(
                key=f"homework-{row.pk}",
                kind="homework",
                label=_lazy("Homework"),
                icon="clipboard-list",
                title=row.title,
                moment=dates.Moment.DUE,
                standing=standing,
                at=task.terms.due,
                course=courses[row.course_id],
                url=reverse("homework:homework", args=[row.course_id, row.pk]),
                about=("homework", row.pk),
            )


def _date_standing(task: Task, now: datetime) -> dates.Standing:
    work = task.work
    if work is not None and work.is_graded and not task.is_done and task.standing == "graded":
        # It came back as incomplete.
        again = rules.may_submit_again(task.homework.resubmission, graded=True, complete=False)
        if again and rules.accepts(task.terms, now):
            return dates.Standing.AGAIN
    if not task.is_open:
        return dates.Standing.DONE
    if not rules.accepts(task.terms, now):
        return dates.Standing.MISSED
    if work is not None and work.draft_saved_at is not None:
        return dates.Standing.DRAFT
    return dates.Standing.OPEN


def submissions_of(
    work: Work | None, *, names_hidden: bool = False, marker: Any = None
) -> list[Submission]:
    """All a student handed in, the newest first, each with `told`: its latest Feedback or None, and
    `remarks`. For a `marker` with the drafts of feedback, and without the remarks of another whose
    mark they may not see yet. Three queries, four for a marker."""
    if work is None:
        return []
    more: list[Any] = [Prefetch("comments", Comment.objects.order_by("second", "pk"))]
    if marker is not None:
        drafts = Marking.objects.select_related("saved_by", "upload__blob__playable")
        more.append(Prefetch("markings", drafts))
    rows = list(
        work.submissions.select_related("upload__blob__playable")
        .order_by("-number")
        .prefetch_related(*more)
    )
    told: dict[Any, Feedback] = {}
    feedback = Feedback.objects.filter(submission__in=rows).select_related("upload__blob__playable")
    first: dict[Any, datetime] = {}
    for one in feedback.order_by("released_at", "pk"):
        told[one.submission_id] = one
        first.setdefault(one.submission_id, one.released_at)
    for row in rows:
        row.names_hidden = names_hidden
        row.remarks = [  # type: ignore[attr-defined]
            one
            for one in row.comments.all()
            if marker is None or one.author_id == marker.pk or not is_blind(row)
        ]
        row.told = told.get(row.pk)  # type: ignore[attr-defined]
        if marker is None:
            _note_what_is_new(row, work.seen_at or first.get(row.pk))
    return rows


def _note_what_is_new(submission: Any, since: datetime | None) -> None:
    """Set `is_new` on the feedback and the remarks that came after the student's last look, or
    after what they were told first."""
    if submission.told is not None and since is not None:
        submission.told.is_new = submission.told.released_at > since
        for one in submission.remarks:
            one.is_new = one.written_at > since


def news_of(work: Work, since: datetime) -> tuple[int, Feedback | None]:
    """(remarks added, the feedback if it was changed) since that moment, and still there."""
    remarks = Comment.objects.filter(
        submission__work=work,
        written_at__gte=since,
        submission__in=Feedback.objects.filter(submission__work=work).values("submission"),
    )
    changed = Feedback.objects.filter(submission=work.latest_id, released_at__gte=since)
    return remarks.count(), changed.order_by("released_at", "pk").last()


def is_handed_in(homework: Homework) -> bool:
    """Whether anybody ever handed anything in."""
    return Submission.objects.filter(work__homework=homework).exists()


def attachments_of(homework: Homework) -> list[Attachment]:
    return list(homework.attachments.select_related("upload").order_by("pk"))


def attachment_for(access: HomeworkAccess, attachment_id: int) -> Attachment:
    """Raises NotFound."""
    rows = Attachment.objects.select_related("upload__blob")
    row = rows.filter(homework=access.homework, pk=attachment_id).first()
    if row is None:
        raise NotFound
    return row


def submission_for(user: Any, access: HomeworkAccess, submission_id: int) -> Submission:
    """What the reader handed in themselves, or what any student did for those who mark.

    Raises NotFound.
    """
    rows = Submission.objects.select_related("work", "upload__blob").filter(
        work__homework=access.homework, pk=submission_id
    )
    if not may_mark(user, access.homework):
        rows = rows.filter(work__enrolment=access.enrolment)
    row = rows.first()
    if row is None or row.upload is None:
        raise NotFound
    own = access.enrolment is not None and row.work.enrolment_id == access.enrolment.pk
    row.names_hidden = access.homework.anonymous and not own
    return row


def feedback_for(user: Any, access: HomeworkAccess, feedback_id: int) -> Feedback:
    """What the reader was told about their own work, or what any student was for those who mark.

    Raises NotFound.
    """
    rows = Feedback.objects.select_related("upload__blob").filter(
        submission__work__homework=access.homework, pk=feedback_id
    )
    if not may_mark(user, access.homework):
        rows = rows.filter(submission__work__enrolment=access.enrolment)
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def counted(enrolments: Sequence[Enrolment]) -> dict[Any, Counted]:
    """Required homework in each student's progress (lms.progress.work): one query."""
    courses = {row.course_id for row in enrolments}
    mine = Q(works__enrolment__in=[row.pk for row in enrolments])
    rows = (
        Homework.objects.filter(course_id__in=courses, required=True, state=State.ASSIGNED)
        .order_by()
        .annotate(work=FilteredRelation("works", condition=mine))
        .values_list(
            "pk", "course_id", "everybody", "work__enrolment_id", "work__chosen", "work__done_at"
        )
    )
    wanted: dict[Any, tuple[Any, bool]] = {}
    works: dict[Any, tuple[bool, Any]] = {}
    for key, course_id, everybody, seat, chosen, done_at in rows:
        wanted[key] = (course_id, everybody)
        works[seat, key] = (bool(chosen), done_at)
    found = {}
    for one in enrolments if wanted else ():
        done = total = 0
        for key, (course_id, everybody) in wanted.items():
            chosen, done_at = works.get((one.pk, key), (False, None))
            if course_id == one.course_id and (everybody or chosen):
                total += 1
                done += done_at is not None
        found[one.pk] = Counted(done, total)
    return found


def in_order(rows: QuerySet[Homework]) -> QuerySet[Homework]:
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def is_for(homework: Homework, work: Work | None) -> bool:
    return homework.everybody or (work is not None and work.chosen)


def task_of(homework: Homework, work: Work | None, now: datetime) -> Task:
    terms = homework.terms(work.extended_to if work else None)
    return Task(homework, work, terms, (work or Work()).standing(terms, now))
