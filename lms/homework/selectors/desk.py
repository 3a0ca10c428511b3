"""The desk: courses, and how a class stands with a piece of homework."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    DateTimeField,
    FilteredRelation,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from lms.common.errors import Forbidden, NotFound
from lms.courses import desk
from lms.courses.desk import Desk
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State as Seat
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, houses_where, is_operator

from ..models import (
    Homework,
    SecondMarker,
    Submission,
    Work,
    code_of,
)
from ..permissions import may_mark, may_set
from ..rules import Standing
from ..states import Marked, WorkState
from .own import Task, in_order, task_of


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
    return in_order(Homework.objects.filter(course=course).annotate(waiting=waiting))


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
    return Row(seat, work, task_of(homework, work, now))


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
