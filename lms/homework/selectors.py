"""Reads: what a student has to do, how a class stands, and the only ways a view gets a row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    DateTimeField,
    F,
    FilteredRelation,
    Max,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from lms.common.errors import Forbidden, NotFound
from lms.courses import desk
from lms.courses.desk import Desk
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way, course_for
from lms.enrolments.states import State as Seat
from lms.progress import dates
from lms.progress.dates import Entry, Wanted
from lms.progress.work import Counted
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

from . import rules
from .models import (
    Attachment,
    Comment,
    Feedback,
    Homework,
    Marking,
    Phrase,
    Place,
    SecondMarker,
    Submission,
    Work,
    code_of,
)
from .permissions import may_decide, may_mark, may_set
from .rules import Standing, Terms
from .states import Marked, State, WorkState


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


# --- A student's ----------------------------------------------------------------------------------


def course_tasks(user: Any, course_id: int, *, host: Provider | None, now: datetime) -> Any:
    """(CourseAccess, the course's homework as `user` sees it). Staff see what students may see.

    Raises what `course_for` raises.
    """
    access = course_for(user, course_id, host=host)
    return access, tasks_in(access, now=now)


def tasks_in(access: CourseAccess, *, now: datetime) -> list[Task]:
    """The homework of a course, what is due first on top: two queries."""
    rows = list(_in_order(Homework.objects.filter(course=access.course, state=State.ASSIGNED)))
    works: dict[Any, Work] = {}
    if access.enrolment and rows:
        found = Work.objects.filter(enrolment=access.enrolment, homework__in=rows)
        works = {work.homework_id: work for work in found}
    staff = access.way == Way.STAFF
    return [
        _task(row, works.get(row.pk), now)
        for row in rows
        if staff or (_is_for(row, work := works.get(row.pk)) and not _waits(access, row, work))
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
        if row.is_open and _is_for(row, work):
            if _waits(access, row, work):
                access.refuse_what_waits(row.lesson_id)
            task = _task(row, work, now)
            return HomeworkAccess(access.course, access.way, access.enrolment, task)
    if not may_mark(user, row):
        raise NotFound
    return HomeworkAccess(access.course, Way.STAFF, None, _task(row, None, now))


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
        task = _task(row, getattr(row, "work", None), wanted.now)
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


def _in_order(rows: QuerySet[Homework]) -> QuerySet[Homework]:
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def _is_for(homework: Homework, work: Work | None) -> bool:
    return homework.everybody or (work is not None and work.chosen)


def _task(homework: Homework, work: Work | None, now: datetime) -> Task:
    terms = homework.terms(work.extended_to if work else None)
    return Task(homework, work, terms, (work or Work()).standing(terms, now))


# --- The desk's -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A student in the list of a piece of homework."""

    enrolment: Enrolment
    work: Work | None
    task: Task

    @property
    def name(self) -> str:
        """The student's name, or what stands for it where names are hidden."""
        if self.task.homework.anonymous:
            return _("Student %(code)s") % {"code": code_of(self.enrolment.pk)}
        return str(self.enrolment.student)


def course_at_desk(user: Any, course_id: int, *, host: Provider | None) -> Desk:
    """A course for one who marks there. Raises NotFound."""
    works, sets = Code.MARK_HOMEWORK, Code.SET_HOMEWORK
    return desk.course_at_desk(user, course_id, host=host, works=works, sets=sets)


def homework_at_desk(
    user: Any, course_id: int, homework_id: int, *, host: Provider | None
) -> tuple[Desk, Homework]:
    """A piece of homework for one who marks it. Raises NotFound."""
    rows = Homework.objects.select_related("course__provider", "lesson")
    row = rows.filter(pk=homework_id, course_id=course_id).first()
    if row is None or (host is not None and row.provider_id != host.pk) or not may_mark(user, row):
        raise NotFound
    return Desk(row.course, may_set(user, row)), row


def submission_at_desk(homework: Homework, row: Row, submission_id: int) -> Submission:
    """One submission of that student. Raises NotFound."""
    found = Submission.objects.select_related("work__homework", "work__enrolment").filter(
        pk=submission_id, work__homework=homework, work__enrolment=row.enrolment
    )
    if (one := found.first()) is None:
        raise NotFound
    return one


def marking_for(user: Any, submission: Submission, place: int) -> Marking:
    """A draft of feedback that a marker may see now. Raises NotFound."""
    rows = Marking.objects.select_related("upload__blob__playable")
    row = rows.filter(submission=submission, place=place).first()
    if row is None or (is_blind(submission) and row.saved_by_id != user.pk):
        raise NotFound
    return row


def is_blind(submission: Submission) -> bool:
    """Whether of two markers neither sees what the other gave, nor anybody else, who may be the
    second: before both are done, unless the homework says that they do."""
    homework = submission.work.homework
    twice = homework.is_marked_twice(submission.work)
    return twice and not homework.open_marking and not submission.is_marked_by_both


def both_of(submission: Submission) -> list[Marking]:
    """The drafts of the two markers, the first's first."""
    rows = submission.markings.exclude(place=Place.FINAL)
    return list(rows.select_related("upload", "saved_by").order_by("place"))


def place_of(submission: Submission, user: Any) -> tuple[Place | None, Marking | None]:
    """(where `user` marks what two mark, their draft): their own place, or a free one; (None, None)
    where two others have it. Free is what a deleted account left undone, too."""
    return _place_in(both_of(submission), user)


def _place_in(both: Sequence[Marking], user: Any) -> tuple[Place | None, Marking | None]:
    held = {row.place: row for row in both}
    for row in both:
        if row.saved_by_id == user.pk:
            return Place(row.place), row
    for place in (Place.FIRST, Place.SECOND):
        left = held.get(place)
        if left is None or (left.saved_by_id is None and left.done_at is None):
            return place, left
    return None, None


def second_begun(submissions: QuerySet[Submission]) -> bool:
    """Whether two have begun to mark any of these."""
    begun = ~Q(marked=Marked.OPEN) | Q(markings__place=Place.SECOND)
    return submissions.filter(begun).exists()


@dataclass(frozen=True, slots=True)
class Marks:
    """How far the marking of a submission is, for one of its markers.

    `draft` is what stands in their form, None where nothing does yet; `shown` are the two markers'
    drafts as far as they may see them and beside the form, `others` all but their own. `stage`:
    "alone" (one marks it), "mark" (they are one of two, or may be), "done" (they wait for the
    other), "full" (two others do), "decide" (they have to), "apart" (somebody else has to),
    "agreed".
    """

    stage: str
    draft: Marking | None = None
    final: Marking | None = None
    shown: tuple[Marking, ...] = ()
    others: tuple[Marking, ...] = ()
    decides: bool = False

    @property
    def takes_mark(self) -> bool:
        """Whether there is a form to type in."""
        return self.stage in ("alone", "mark", "decide") or (
            self.stage == "agreed" and self.decides
        )

    def takes(self, final: bool) -> bool:
        """Whether a form of the final mark, or of a marker's own, may be typed in."""
        return self.takes_mark and self.is_final == final

    @property
    def is_final(self) -> bool:
        """Whether that form is of the final mark."""
        return self.stage in ("decide", "agreed")


def marks_of(submission: Submission, homework: Homework, user: Any) -> Marks:
    """Of one of `submissions_of` with `marks`: no query."""
    rows = sorted(submission.markings.all(), key=lambda row: row.place)
    first = next((row for row in rows if row.place == Place.FIRST), None)
    if not homework.is_marked_twice(submission.work):
        return Marks("alone", first)
    both = [row for row in rows if row.place != Place.FINAL]
    final = next((row for row in rows if row.place == Place.FINAL), None)
    decides = may_decide(user, homework)
    others = tuple(row for row in both if row.saved_by_id != user.pk)
    if submission.is_marked_by_both:
        stage = "decide" if decides else "apart"
        if submission.marked == Marked.AGREED:
            stage = "agreed"
        return Marks(stage, final if decides else None, final, tuple(both), others, decides)
    place, mine = _place_in(both, user)
    stage = "full" if place is None else "done" if mine and mine.done_at else "mark"
    shown = [row for row in both if row is not mine and homework.open_marking]
    if mine is not None and stage == "done":
        shown = sorted([*shown, mine], key=lambda row: row.place)
    return Marks(stage, mine, None, tuple(shown), others, decides)


def desk_courses(user: Any, *, host: Provider | None) -> QuerySet[CoursePage]:
    """The courses `user` marks homework in, by title. Raises Forbidden for who marks nowhere."""
    rows = CoursePage.objects.select_related("provider").order_by("title", "pk")
    if host is not None:
        rows = rows.filter(provider=host)
    if not is_operator(user):
        houses = houses_where(user, Code.MARK_HOMEWORK)
        if not houses:
            raise Forbidden
        rows = rows.filter(provider_id__in=houses)
    return rows


def waiting_in(courses: Sequence[CoursePage]) -> dict[Any, int]:
    """{course id: submissions that wait for feedback}."""
    rows = (
        Work.objects.filter(homework__course__in=courses, state=WorkState.SUBMITTED)
        .order_by()
        .values_list("homework__course_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


def homework_of(course: CoursePage) -> QuerySet[Homework]:
    """All homework of a course, drafts too, what is due first on top; each with `waiting`, the
    number of submissions that wait for feedback."""
    waiting = Count("works", filter=Q(works__state=WorkState.SUBMITTED))
    return _in_order(Homework.objects.filter(course=course).annotate(waiting=waiting))


def seats_of(homework: Homework) -> QuerySet[Enrolment]:
    """The students a piece of homework is for, each with `work` (None if nothing happened). Who
    left is among them if they handed something in."""
    rows = (
        Enrolment.objects.filter(course_id=homework.course_id)
        .annotate(
            work=FilteredRelation("homework_works", condition=Q(homework_works__homework=homework))
        )
        .filter(Q(state=Seat.ACTIVE) | Q(work__latest__isnull=False))
        .select_related("student", "work")  # type: ignore[misc]  # the plugin knows no alias
    )
    return rows if homework.everybody else rows.filter(work__chosen=True)


def standings(homework: Homework, now: datetime) -> dict[str, Q]:
    """{Standing: which rows of `seats_of`}, the same split as rules.standing."""
    deadline = homework.terms().deadline
    never = Value(None, output_field=DateTimeField())
    ends = Coalesce("work__extended_to", Value(deadline) if deadline else never)
    handed_in = Q(work__submitted_at__isnull=False)
    graded = handed_in & Q(work__state=WorkState.GRADED)
    late = Q(work__submitted_at__gt=ends)
    nothing = Q(work__submitted_at__isnull=True)
    set_done = Q(work__overridden_at__isnull=False)
    over = Q(work__extended_to__lt=now)
    if deadline is not None and deadline < now:
        over |= Q(work__extended_to__isnull=True)
    ungraded = Q(work__state=WorkState.SUBMITTED)
    timely = Q(work__submitted_at__lte=ends)
    if deadline is None:
        timely |= Q(work__extended_to__isnull=True)
    open_ = nothing & Q(work__overridden_at__isnull=True)
    return {
        Standing.SUBMITTED: ungraded & timely,
        Standing.LATE: ungraded & late,
        Standing.OVERDUE: open_ & over,
        Standing.PENDING: open_ & ~over,
        Standing.COMPLETED: nothing & set_done,
        Standing.GRADED: graded,
    }


def stages(homework: Homework) -> dict[str, Q]:
    """{where two markers stand: which rows of `seats_of`}; nothing where one is enough."""
    if homework.second_marker == SecondMarker.NONE:
        return {}
    twice = Q(work__twice=True) if homework.second_marker == SecondMarker.SOME else Q()
    return {str(one): twice & Q(work__latest__marked=one) for one in (Marked.ONCE, Marked.APART)}


def markers_of(works: Sequence[Work]) -> dict[Any, list[Marking]]:
    """{submission id: the drafts of its markers, without the final mark}: one query."""
    keys = [work.latest_id for work in works if work.latest_id]
    found: dict[Any, list[Marking]] = {}
    rows = Marking.objects.filter(submission__in=keys).exclude(place=Place.FINAL)
    for row in rows.select_related("saved_by", "submission").order_by("place") if keys else ():
        found.setdefault(row.submission_id, []).append(row)
    return found


def counts(homework: Homework, now: datetime) -> dict[str, int]:
    """How many students stand how, one query."""
    return _count(homework, standings(homework, now))


def stage_counts(homework: Homework) -> dict[str, int]:
    """How many wait for a second marker, or for somebody to decide; one query, or none."""
    which = stages(homework)
    return _count(homework, which) if which else {}


def _count(homework: Homework, which: dict[str, Q]) -> dict[str, int]:
    return seats_of(homework).aggregate(
        **{str(name): Count("pk", filter=one) for name, one in which.items()}
    )


def rows_of(homework: Homework, *, chosen: str, words: str, now: datetime) -> QuerySet[Enrolment]:
    """The students who stand as `chosen` says ("" for all; a Standing or one of `stages`), by
    name; `words` are looked for in names and addresses. Where names are hidden, neither order nor
    search tells them."""
    rows = seats_of(homework)
    if chosen:
        rows = rows.filter({**standings(homework, now), **stages(homework)}.get(chosen, Q()))
    if homework.anonymous:
        return rows.order_by("pk")
    for word in words.split():
        rows = rows.filter(Q(student__name__icontains=word) | Q(student__email__icontains=word))
    return rows.order_by("student__name", "pk")


def row(homework: Homework, seat: Enrolment, now: datetime) -> Row:
    """A row of `seats_of` with what it says."""
    # Where nothing is joined, Django leaves the attribute out.
    work: Work | None = getattr(seat, "work", None)
    return Row(seat, work, _task(homework, work, now))


def row_for(homework: Homework, enrolment_id: Any, now: datetime) -> Row:
    """One student's. Raises NotFound."""
    seat = seats_of(homework).filter(pk=enrolment_id).first()
    if seat is None:
        raise NotFound
    return row(homework, seat, now)


def step(rows: QuerySet[Enrolment], seat_id: UUID, *, forward: bool) -> Enrolment | None:
    """The student after (or before) that one in `rows` of `rows_of`, by where they stand in the
    order: they may have left the list by what was just done to them."""
    if rows.query.order_by == ("pk",):  # names are hidden
        beyond = rows.filter(pk__gt=seat_id) if forward else rows.filter(pk__lt=seat_id).reverse()
        return beyond.first()
    name = Subquery(Enrolment.objects.filter(pk=seat_id).values("student__name"))
    if forward:
        after = Q(student__name__gt=name) | Q(student__name=name, pk__gt=seat_id)
        return rows.filter(after).first()
    before = Q(student__name__lt=name) | Q(student__name=name, pk__lt=seat_id)
    return rows.filter(before).order_by("-student__name", "-pk").first()


def phrases_of(homework: Homework, author: Any) -> QuerySet[Phrase]:
    """The comments that a marker keeps to use again, at the homework's provider."""
    rows = Phrase.objects.filter(provider=homework.provider_id, author=author)
    return rows.order_by("text", "pk")


def unreleased(homework: Homework) -> QuerySet[Marking]:
    """Drafts of feedback on standing submissions that are newer than what was last released; of two
    markers their final mark."""
    alone = Q(place=Place.FIRST)
    final = Q(place=Place.FINAL, submission__marked=Marked.AGREED)
    which = {
        SecondMarker.NONE: alone,
        SecondMarker.EVERY: final,
        SecondMarker.SOME: Q(alone, submission__work__twice=False)
        | Q(final, submission__work__twice=True),
    }
    return (
        Marking.objects.filter(which[SecondMarker(homework.second_marker)])
        .filter(submission__work__homework=homework)
        .filter(submission__work__latest=F("submission"))
        .annotate(told_at=_latest_release())
        .filter(Q(told_at=None) | Q(told_at__lt=F("saved_at")))
        .select_related("submission__work__enrolment")
        .order_by("pk")
    )


def _latest_release() -> Any:
    return Max("submission__feedback__released_at")


# --- A gradebook's --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a piece of homework for a student. `points` are what count, `complete` is
    whether it is done where it has none; None while there is nothing to say. `exempt`: it is not
    for them, or was set as completed. `missing`: overdue, and nothing was handed in.
    """

    points: Decimal | None = None
    complete: bool | None = None
    exempt: bool = False
    waiting: bool = False
    missing: bool = False


TOLD = ("points", "penalty", "complete")  # of the feedback


def gradable(courses: Sequence[CoursePage]) -> list[Homework]:
    """The homework that students of these courses see, what is due first on top: one query."""
    return list(_in_order(Homework.objects.filter(course__in=courses, state=State.ASSIGNED)))


def outcomes(
    rows: Sequence[Homework], enrolments: Sequence[Enrolment], *, now: datetime
) -> dict[tuple[Any, Any], Outcome]:
    """{(homework id, enrolment id): what has come of it}, for all of them: one query."""
    if not rows or not enrolments:
        return {}
    works = (
        Work.objects.filter(homework__in=rows, enrolment__in=enrolments)
        .defer("draft")
        .annotate(
            **{f"told_{name}": F(f"latest__feedback__{name}") for name in ("pk", *TOLD)},
        )
        # A work comes once for each time its student was told: the last one stays.
        .order_by("latest__feedback__released_at", "latest__feedback__pk")
    )
    known = {(work.homework_id, work.enrolment_id): work for work in works}
    return {
        (row.pk, seat.pk): _outcome(row, known.get((row.pk, seat.pk)), now)
        for row in rows
        for seat in enrolments
    }


def _outcome(row: Homework, work: Any, now: datetime) -> Outcome:
    if not _is_for(row, work) or (work and work.overridden_at):
        return Outcome(exempt=True)
    if work is None or not work.is_submitted:
        return Outcome(missing=rules.is_late(row.terms(work.extended_to if work else None), now))
    feedback = None
    if work.is_graded and work.told_pk:
        feedback = Feedback(**{name: getattr(work, f"told_{name}") for name in TOLD})
    said = feedback.complete if feedback else None
    return Outcome(
        feedback.result if feedback else None,
        True if work.done_at else said,
        waiting=not work.is_graded,
    )
