"""The one decision: may somebody read a course, or a lesson of it; and if not, why not and what to
do about it. Pages, refusals, lists of lessons, the API and the desk all say what is said here.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from wagtail.models import PageLogEntry

from lms.common.errors import DomainError, NotFound
from lms.courses.models import CoursePage, Entry, LessonPage
from lms.courses.selectors import Curriculum, Lesson, curriculum
from lms.tenants.models import Provider
from lms.tenants.permissions import Code, can, may_enter
from lms.tenants.scope import provider_scope

from . import errors, opening, rules
from .models import Enrolment, Seats
from .rules import Cohort
from .states import State


class Way(StrEnum):
    """By what right somebody reads a course."""

    ENROLLED = "enrolled"
    STAFF = "staff"
    PREVIEW = "preview"


class Why(StrEnum):
    """Why something is closed. The values are codes of the API; the order is that of telling."""

    SIGNED_OUT = "SIGN_IN_REQUIRED"
    NOT_ENROLLED = "NOT_ENROLLED"
    LEFT = "SEAT_GIVEN_UP"
    REMOVED = "SEAT_WITHDRAWN"
    EXPIRED = "ACCESS_EXPIRED"
    COHORT_OVER = "COHORT_OVER"
    COHORT_NOT_STARTED = "COHORT_NOT_STARTED"
    # What stands in the way of a seat.
    PROVIDER_CLOSED = "PROVIDER_CLOSED"
    UNPUBLISHED = "ENROLMENT_CLOSED"
    PAYMENT = "PAYMENT_REQUIRED"
    PREREQUISITE = "PREREQUISITE"
    BY_REQUEST = "ENTRY_BY_REQUEST"
    BY_INVITATION = "ENTRY_BY_INVITATION"
    FULL = "CLASS_FULL"
    # What closes a lesson to one with a seat.
    LESSON_WITHDRAWN = "LESSON_WITHDRAWN"
    LESSON_REMOVED = "GONE"
    NOT_RELEASED = "NOT_RELEASED"
    BY_PLAN = "LESSON_CLOSED"
    IN_ORDER = "LESSON_LOCKED"


REFUSALS: dict[Why, type[errors.NoSeat]] = {
    Why.SIGNED_OUT: errors.SignedOut,
    Why.LEFT: errors.SeatGivenUp,
    Why.REMOVED: errors.SeatTaken,
    Why.EXPIRED: errors.AccessExpired,
    Why.COHORT_OVER: errors.CohortOver,
    Why.COHORT_NOT_STARTED: errors.CohortNotStarted,
    Why.NOT_RELEASED: errors.NotReleased,
    Why.BY_PLAN: errors.LessonClosed,
    Why.IN_ORDER: errors.LessonLocked,
}

# What stands in the way where a course is not for anybody.
ENTRIES: dict[str, Why] = {Entry.REQUEST: Why.BY_REQUEST, Entry.INVITATION: Why.BY_INVITATION}

# Dates that other work goes by too: what belongs to such a lesson waits with it. A plan opens and
# closes lessons alone.
WAITING = (Why.NOT_RELEASED, Why.IN_ORDER)


@dataclass(frozen=True, slots=True)
class Action:
    """What the reader may do about it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `when` is the moment it is about, `lesson` and `courses` what has to be completed
    first, `note` what somebody gave as their reason."""

    why: Why
    course: CoursePage
    when: datetime | None = None
    lesson: Lesson | None = None
    courses: tuple[CoursePage, ...] = ()
    note: str = ""

    @property
    def code(self) -> str:
        return self.why.value

    @property
    def sentence(self) -> str:
        """To the reader, with times in their zone."""
        return self._filled(_texts(self.why)[0])

    @property
    def about(self) -> str:
        """To the staff: of the student."""
        return self._filled(_texts(self.why)[1])

    @property
    def remedy(self) -> str:
        """To the staff: what would open it."""
        return _remedy(self.why)

    def _filled(self, text: str) -> str:
        named = [f"“{one.title}”" for one in self.courses]
        return text % {
            "when": date_format(localtime(self.when), "DATETIME_FORMAT") if self.when else "",
            "lesson": self.lesson.title if self.lesson else "",
            "courses": get_text_list(named, _("and")),
        }

    @property
    def of_lesson(self) -> bool:
        """Whether it closes one lesson, and not the course."""
        return self.why in (Why.NOT_RELEASED, Why.BY_PLAN, Why.IN_ORDER)

    @property
    def actions(self) -> list[Action]:
        """What leads on. Enrolling and coming back have their own box on the pages."""
        course = self.course.pk
        if self.why == Why.PREREQUISITE:
            return [Action(one.title, one.get_url() or "") for one in self.courses]
        if self.why == Why.IN_ORDER and self.lesson:
            url = reverse("learn:lesson", args=[course, self.lesson.id])
            return [Action(_("Go to “%(lesson)s”") % {"lesson": self.lesson.title}, url)]
        if self.why == Why.BY_PLAN:
            return [Action(_("See my plan"), reverse("plans:course", args=[course]))]
        if self.why in (Why.NOT_RELEASED, Why.LESSON_WITHDRAWN, Why.LESSON_REMOVED):
            return [Action(_("Back to the course"), reverse("learn:course", args=[course]))]
        mail = self.course.provider.contact_email
        if self.why in (Why.REMOVED, Why.EXPIRED, Why.COHORT_OVER) and mail:
            return [Action(_("Write to the school"), f"mailto:{mail}")]
        return []

    def as_data(self) -> dict[str, Any]:
        """As the API says it."""
        return {
            "code": self.code,
            "message": self.sentence,
            "when": self.when.isoformat().replace("+00:00", "Z") if self.when else None,
            "lesson": self.lesson.id if self.lesson else None,
            "courses": [one.pk for one in self.courses],
        }


def _texts(why: Why) -> tuple[str, str]:
    """What is said to the reader, and of a student."""
    return {
        Why.SIGNED_OUT: (_("Sign in and enrol to read the lessons of this course."), ""),
        Why.NOT_ENROLLED: (_("Enrol in this course to read its lessons."), _("Not enrolled.")),
        Why.LEFT: (
            _("You left this course on %(when)s. Everything you did is still there."),
            _("Left the course on %(when)s."),
        ),
        Why.REMOVED: (
            _("The provider ended your enrolment in this course on %(when)s."),
            _("Removed from the course on %(when)s."),
        ),
        Why.EXPIRED: (
            _("Your access to this course ended on %(when)s. What you did is kept."),
            _("Access ended on %(when)s."),
        ),
        Why.COHORT_OVER: (
            _("Your group’s time in this course ended on %(when)s. What you did is kept."),
            _("The time of the student’s group ended on %(when)s."),
        ),
        Why.COHORT_NOT_STARTED: (
            _("Your group starts on %(when)s. The lessons open then."),
            _("The student’s group starts on %(when)s."),
        ),
        Why.PROVIDER_CLOSED: (
            _("The school is closed at the moment, so nobody new can enrol."),
            _("The school is closed at the moment."),
        ),
        Why.UNPUBLISHED: (
            _("This course is not published at the moment, so nobody new can enrol."),
            _("The course is not published."),
        ),
        Why.PAYMENT: (_("This course has a price."), _("The course has to be paid for.")),
        Why.PREREQUISITE: (
            _("Complete %(courses)s first. Then you can enrol."),
            _("Has to complete %(courses)s first."),
        ),
        Why.BY_REQUEST: (
            _("The teacher decides who joins this course. Ask to join on the course’s page."),
            _("The teacher decides who joins the course."),
        ),
        Why.BY_INVITATION: (
            _("This course is by invitation. Enter the code you were given, or ask the teacher."),
            _("The course is by invitation."),
        ),
        Why.FULL: (_("All seats in this course are taken."), _("All seats are taken.")),
        Why.LESSON_WITHDRAWN: (
            _("This lesson is not published at the moment."),
            _("The lesson is not published."),
        ),
        Why.LESSON_REMOVED: (
            _("This lesson has been removed from the course. What you learnt stays yours."),
            _("The lesson has been removed."),
        ),
        Why.NOT_RELEASED: (_("This lesson opens on %(when)s."), _("Opens on %(when)s.")),
        Why.BY_PLAN: (
            _(
                "This lesson is not open to you yet. In this course your teacher opens lessons by "
                "a lesson plan."
            ),
            _("None of the student’s lesson plans opens it yet."),
        ),
        Why.IN_ORDER: (
            _("This lesson opens when “%(lesson)s” is completed."),
            _("“%(lesson)s” has to be completed first."),
        ),
    }[why]


def _remedy(why: Why) -> str:
    return {
        Why.LEFT: _("The student comes back by enrolling again."),
        Why.REMOVED: _("Give the seat back."),
        Why.EXPIRED: _("Extend the access."),
        Why.COHORT_OVER: _("Extend the access, or change the dates of the group."),
        Why.COHORT_NOT_STARTED: _("Change the dates of the group, or take the student out of it."),
        Why.NOT_RELEASED: _("Change when the lesson or its module opens, in the editor."),
        Why.BY_PLAN: _("Put the lesson in a plan and give it to the student."),
        Why.IN_ORDER: _("The student completes the lesson before."),
    }.get(why, "")


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands with a course: by what right they read it, or the reasons why not. Read
    once, and asked of every lesson."""

    course: CoursePage
    way: Way | None
    enrolment: Enrolment | None  # theirs, in any state; None for staff
    cohort: Cohort | None
    reasons: tuple[Reason, ...]
    at: datetime

    def closed(self, outline: Curriculum) -> Mapping[int, tuple[Reason, ...]]:
        """`closed_to` of this one."""
        found = closed_to([self], {self.course.pk: outline})
        return found.get(self.enrolment.pk, {}) if self.enrolment else {}

    def _closed(
        self,
        seat: Enrolment,
        lessons: Sequence[Lesson],
        planned: Set[int] | None,
        done: Set[int] | None,
    ) -> Mapping[int, tuple[Reason, ...]]:
        """`planned` and `done` are ids of lessons; None where plans, or the order, say nothing."""
        waits = rules.waits_for(lessons, done) if done is not None else {}
        named = {one.id: one for one in lessons} if waits else {}
        since = (self.cohort and self.cohort.starts_at) or seat.enrolled_at
        found: dict[int, tuple[Reason, ...]] = {}
        for one in lessons:
            why = []
            moment = rules.opens_at(one.releases, since, self.course.time_zone)
            if moment is not None and moment > self.at:
                why.append(Reason(Why.NOT_RELEASED, self.course, when=moment))
            if planned is not None and one.id not in planned:
                why.append(Reason(Why.BY_PLAN, self.course))
            if one.id in waits:
                why.append(Reason(Why.IN_ORDER, self.course, lesson=named[waits[one.id]]))
            if why and not one.free_preview:
                found[one.id] = tuple(why)
        return found


def closed_to(
    standings: Sequence[Standing], outlines: Mapping[int, Curriculum]
) -> dict[Any, Mapping[int, tuple[Reason, ...]]]:
    """{enrolment id: {lesson id: why it is closed}} of those who read by a seat; `outlines` by
    course id. Free previews are open to all. A query where a course opens by plan, and one where
    its lessons open in order, however many standings."""
    reading: list[tuple[Standing, Enrolment]] = []
    for one in standings:
        if one.way == Way.ENROLLED and one.enrolment is not None:
            one.enrolment.course = one.course  # at hand: no query for it
            reading.append((one, one.enrolment))
    seats = [seat for _one, seat in reading]
    planned, done = opening.opened(seats), opening.done(seats)
    return {
        seat.pk: one._closed(
            seat, outlines[seat.course_id].lessons, planned.get(seat.pk), done.get(seat.pk)
        )
        for one, seat in reading
    }


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may read a course, or one lesson of it."""

    course: CoursePage
    outline: Curriculum
    entry: Lesson | None
    way: Way | None
    enrolment: Enrolment | None  # where they read by it
    reasons: tuple[Reason, ...] = ()
    closed: Mapping[int, tuple[Reason, ...]] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        return not self.reasons

    @property
    def refusal(self) -> DomainError:
        """What to raise where it is not allowed."""
        first = self.reasons[0]
        if first.why == Why.LESSON_WITHDRAWN:
            return errors.LessonWithdrawn(details={"course": self.course.pk})
        if first.why == Why.LESSON_REMOVED:
            return errors.LessonRemoved(details={"course": self.course.pk})
        kind = REFUSALS.get(first.why, errors.NoSeat)
        told = {"reasons": [one.as_data() for one in self.reasons]}
        return kind(course=self.course, lesson=self.entry, reasons=self.reasons, details=told)


def decide(
    user: Any, course_id: int, lesson_id: int | None = None, *, host: Provider | None, at: datetime
) -> Decision:
    """May `user` read the course, or that lesson of it, at that moment?

    `host` is the provider on whose own site they are, if on one. Raises NotFound where the
    existence of what they ask for is private, and LessonMoved for a lesson of another course now.
    """
    standing = standing_of(user, course_id, host=host, at=at)
    course, way, enrolment = standing.course, standing.way, standing.enrolment
    outline = curriculum(course)
    if lesson_id is None:
        seat = enrolment if way else None
        closed = standing.closed(outline)
        return Decision(course, outline, None, way, seat, standing.reasons, closed)
    entry = next((one for one in outline.lessons if one.id == lesson_id), None)
    if entry is None:
        reason = Reason(_whereabouts(course, lesson_id, way), course)
        return Decision(course, outline, None, way, None, (reason,))
    if way is None:
        if entry.free_preview:
            return Decision(course, outline, entry, Way.PREVIEW, None)
        return Decision(course, outline, entry, None, None, standing.reasons)
    closed = standing.closed(outline)
    return Decision(course, outline, entry, way, enrolment, closed.get(entry.id, ()), closed)


def standing_of(
    user: Any, course_id: int, *, host: Provider | None, at: datetime, explain: bool = True
) -> Standing:
    """Raises NotFound where the course's existence is private. Who need not `explain` saves asking
    what is in a stranger's way."""
    course = CoursePage.objects.select_related("provider").filter(pk=course_id).first()
    if course is None or (host is not None and course.provider_id != host.pk):
        raise NotFound
    if not may_enter(user, course.provider):
        raise NotFound
    enrolment = enrolment_of(course, user)
    standing = standing_of_seat(course, enrolment, at=at) if enrolment else None
    if standing is not None and standing.way:
        return standing
    if is_staff_of(course, user):
        return Standing(course, Way.STAFF, None, None, (), at)
    if standing is not None:  # who had a seat knows the course, published or not
        return standing
    # Who is here and in no seat is a member, where the course is a portal's.
    listed = course.on_marketplace or host is not None or course.provider.is_portal
    if not (course.live and listed and course.provider.is_open):
        raise NotFound
    why = Why.NOT_ENROLLED if user.is_authenticated else Why.SIGNED_OUT
    reasons = (Reason(why, course), *(in_the_way(course, user) if explain else ()))
    return Standing(course, None, None, None, reasons, at)


def standing_of_seat(course: CoursePage, enrolment: Enrolment, *, at: datetime) -> Standing:
    """How one who has or had a seat stands with the course, whoever asks. A query for the groups
    of one who has it, unless it came by `enrolment_of`."""
    cohort = _cohort(enrolment) if enrolment.is_active else None
    reasons = _of_seat(course, enrolment, cohort, at)
    way = None if reasons else Way.ENROLLED
    return Standing(course, way, enrolment, cohort, reasons, at)


def standings_of_seats(seats: Sequence[Enrolment], *, at: datetime) -> list[Standing]:
    """`standing_of_seat` of many who have a seat and whose courses are at hand. One query, none
    where they come `with_dates`."""
    if all(hasattr(seat, "dated") for seat in seats):
        dated = {seat.pk: seat for seat in seats}
    else:
        rows = Enrolment.objects.filter(pk__in=[one.pk for one in seats])
        dated = {row.pk: row for row in with_dates(rows)}
    found = []
    for seat in seats:
        cohort = _cohort(dated[seat.pk])
        reasons = _of_seat(seat.course, seat, cohort, at)
        way = None if reasons else Way.ENROLLED
        found.append(Standing(seat.course, way, seat, cohort, reasons, at))
    return found


def _of_seat(
    course: CoursePage, enrolment: Enrolment, cohort: Cohort | None, at: datetime
) -> tuple[Reason, ...]:
    ended, note, completed = enrolment.ended_at, enrolment.end_reason, enrolment.completed_at
    if enrolment.state == State.LEFT:
        left = Reason(Why.LEFT, course, when=ended, note=note)
        if rules.is_over(expires_at=enrolment.expires_at, completed_at=completed, now=at):
            return (left, Reason(Why.EXPIRED, course, when=enrolment.expires_at))
        return (left, *in_the_way(course, None, before=True))
    if enrolment.state == State.REMOVED:
        return (Reason(Why.REMOVED, course, when=ended, note=note),)
    if completed:
        return ()
    expires = enrolment.expires_at
    over = rules.is_over(expires_at=expires, completed_at=None, now=at)
    if enrolment.state == State.EXPIRED or over:
        return (Reason(Why.EXPIRED, course, when=expires or ended),)
    if cohort and cohort.starts_at and cohort.starts_at > at:
        return (Reason(Why.COHORT_NOT_STARTED, course, when=cohort.starts_at),)
    if cohort and cohort.ends_at and cohort.ends_at <= at and not enrolment.extended:
        return (Reason(Why.COHORT_OVER, course, when=cohort.ends_at),)
    return ()


def in_the_way(course: CoursePage, user: Any, *, before: bool = False) -> list[Reason]:
    """What keeps `user` from taking a seat by themselves, at this moment. Who was in `before` need
    not complete other courses first."""
    found = []
    if not course.provider.is_open:
        found.append(Reason(Why.PROVIDER_CLOSED, course))
    if not course.live:
        found.append(Reason(Why.UNPUBLISHED, course))
    if not course.is_free:
        found.append(Reason(Why.PAYMENT, course))
    if not before and user.is_authenticated and (missing := missing_before(course, user)):
        found.append(Reason(Why.PREREQUISITE, course, courses=tuple(missing)))
    if course.entry in ENTRIES:
        found.append(Reason(ENTRIES[course.entry], course))
    if is_full(course):
        found.append(Reason(Why.FULL, course))
    return found


def enrolment_of(course: CoursePage, user: Any) -> Enrolment | None:
    """The person's enrolment in any state, or None. Visitors have none."""
    if not user.is_authenticated:
        return None
    rows = Enrolment.objects.filter(course_id=course.pk, student_id=user.pk)
    return with_dates(rows).first()


def is_staff_of(course: CoursePage, user: Any) -> bool:
    """Whether `user` works for the course's provider and so reads it without a seat."""
    return bool(user.is_authenticated and can(user, Code.VIEW_PROGRESS, course))


def is_full(course: CoursePage) -> bool:
    """Whether the last seat is taken. For anybody: the number itself is shown nowhere."""
    if course.enrolment_limit is None:
        return False
    with provider_scope(course.provider_id):
        return Seats.objects.filter(course_id=course.pk, taken__gte=course.enrolment_limit).exists()


def missing_before(course: CoursePage, student: Any) -> list[CoursePage]:
    """The published courses `student` has to complete before this one. One query."""
    with provider_scope(course.provider_id):
        mine = Enrolment.objects.filter(student=student, completed_at__isnull=False)
        wanted = CoursePage.objects.live().filter(leads_to=course.pk)
        return list(wanted.exclude(pk__in=mine.values("course_id")).order_by("title", "pk"))


def with_dates(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """With what is asked of their groups, in the same query: lessons are opened all day."""
    starts, ends = (f"group_memberships__group__{name}" for name in ("starts_at", "ends_at"))
    dated = Q(**{f"{starts}__isnull": False}) | Q(**{f"{ends}__isnull": False})
    return rows.annotate(
        dated=Count("group_memberships", filter=dated),
        starts=Count(starts),
        first_start=Min(starts),
        ends=Count(ends),
        last_end=Max(ends),
    )


def _cohort(enrolment: Any) -> Cohort | None:
    if not hasattr(enrolment, "dated"):
        enrolment = with_dates(Enrolment.objects.filter(pk=enrolment.pk)).get()
    return rules.cohort_of(
        enrolment.dated,
        starts=(enrolment.starts, enrolment.first_start),
        ends=(enrolment.ends, enrolment.last_end),
    )


def _whereabouts(course: CoursePage, lesson_id: int, way: Way | None) -> Why:
    """Why a lesson is not in the course's published curriculum, as far as the reader may know.
    Raises LessonMoved and NotFound."""
    lesson = LessonPage.objects.filter(pk=lesson_id).first()
    if lesson is not None and not lesson.is_descendant_of(course) and lesson.live:
        elsewhere = lesson.get_course()
        if elsewhere.provider_id == course.provider_id and elsewhere.live:
            raise errors.LessonMoved(course_id=elsewhere.pk, lesson_id=lesson_id)
    if way is not None and lesson is not None and lesson.is_descendant_of(course):
        return Why.LESSON_WITHDRAWN
    if way is not None and lesson is None and _was_deleted(lesson_id):
        return Why.LESSON_REMOVED
    raise NotFound


def _was_deleted(lesson_id: int) -> bool:
    return PageLogEntry.objects.filter(
        page_id=lesson_id, action="wagtail.delete", content_type__model="lessonpage"
    ).exists()
