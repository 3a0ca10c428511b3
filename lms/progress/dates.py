"""The dates of a student: what is due, opens, closes or starts for them, in all their courses.

To-do list, calendar, feed and dashboard read them here and nowhere else. Apps above say theirs:

dates_from(selectors.dates_for)  # in the app's AppConfig.ready
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.courses.models import CoursePage
from lms.courses.selectors import Curriculum, curricula
from lms.enrolments.access import WAITING as NOT_YET
from lms.enrolments.access import Reason, Why, closed_to, standings_of_seats, with_dates
from lms.enrolments.access import Standing as CourseStanding
from lms.enrolments.models import Enrolment
from lms.enrolments.states import State


class Moment(StrEnum):
    """What happens at the time of an entry."""

    DUE = "due"
    CLOSES = "closes"
    OPENS = "opens"
    STARTS = "starts"


class Standing(StrEnum):
    """How the student stands with it."""

    OPEN = "open"
    DRAFT = "draft"  # begun, not handed in
    RUNNING = "running"  # in the middle of it, against the clock
    AGAIN = "again"  # came back: to be done once more
    LATER = "later"  # can't be begun yet, or is still to come
    DONE = "done"
    MISSED = "missed"  # over, and not to be done any more


WAITING = frozenset({Standing.OPEN, Standing.DRAFT, Standing.RUNNING, Standing.AGAIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One date, or one thing to do without a date. `at` is a moment, `day` a whole day wherever the
    reader is; it has one of them or neither. `key` is unique for a student and stays the same for
    ever. `label` says in few words what it is: "Homework due". `about` names the thing, where two
    apps may speak of the same one. `url` is empty where it can't be reached yet.
    """

    key: str
    kind: str
    label: Any
    icon: str
    title: str
    moment: Moment
    standing: Standing
    at: datetime | None = None
    day: date | None = None
    ends_at: datetime | None = None
    course: CoursePage | None = None
    url: str = ""
    about: tuple[str, int] | None = None
    note: str = ""

    @property
    def is_dated(self) -> bool:
        return self.at is not None or self.day is not None

    @property
    def is_todo(self) -> bool:
        """Whether there is still something to do, now or once it opens."""
        return self.standing in WAITING or self.standing == Standing.LATER

    @property
    def is_done(self) -> bool:
        return self.standing == Standing.DONE

    def starts(self, zone: tzinfo) -> datetime | None:
        """Its moment, or when its day begins in that zone; None without a date."""
        if self.day is not None:
            return datetime.combine(self.day, time(), zone)
        return self.at

    def day_in(self, zone: tzinfo) -> date | None:
        """The day it stands under in a calendar of that zone."""
        return self.at.astimezone(zone).date() if self.at is not None else self.day

    def is_overdue(self, now: datetime, zone: tzinfo) -> bool:
        """Whether it should have been done by now: a day is over when it has ended."""
        if self.standing not in WAITING or self.moment not in (Moment.DUE, Moment.CLOSES):
            return False
        if self.day is not None:
            return self.day < now.astimezone(zone).date()
        return self.at is not None and self.at < now


@dataclass(frozen=True)
class Wanted:
    """What a source is asked for: everything of one student that is open or still to come in the
    courses of `seats`; with `done`, also what is done or over. `outlines` are the courses', where
    they are at hand."""

    student: Any
    seats: Sequence[Enrolment]
    now: datetime
    zone: tzinfo
    done: bool = False
    outlines: Mapping[int, Curriculum] | None = None

    @property
    def courses(self) -> dict[int, CoursePage]:
        return {seat.course_id: seat.course for seat in self.seats}

    def waits(self, course_id: int, lesson_id: int | None) -> bool:
        """Whether what belongs to a lesson (None: to the course alone) is out of the student's
        reach, by the decision their pages go by: they show nothing of it. A query for all the
        courses, unless the seats have their dates at hand; two or four once it is about lessons.
        """
        if self.standings[course_id].reasons:
            return True
        reasons = self._closed[course_id].get(lesson_id, ()) if lesson_id is not None else ()
        return any(one.why in NOT_YET for one in reasons)

    @cached_property
    def standings(self) -> dict[int, CourseStanding]:
        """{course id: how the student stands with it}."""
        return {one.course.pk: one for one in standings_of_seats(self.seats, at=self.now)}

    @cached_property
    def _closed(self) -> dict[int, Mapping[int, Sequence[Reason]]]:
        outlines = self.outlines or curricula(self.courses.values())
        closed = closed_to(list(self.standings.values()), outlines)
        return {seat.course_id: closed.get(seat.pk, {}) for seat in self.seats}


Source = Callable[[Wanted], Iterable[Entry]]

_sources: list[Source] = []


def dates_from(source: Source) -> None:
    """Have `source` say its dates too. Naming it twice counts once."""
    if source not in _sources:
        _sources.append(source)


def seats_of(student: Any) -> list[Enrolment]:
    """The seats a student has now, with their courses, in scope: one query."""
    rows = with_dates(Enrolment.objects.filter(student=student, state=State.ACTIVE))
    return list(rows.select_related("course").order_by("enrolled_at", "pk"))


def dates_of(
    student: Any,
    *,
    now: datetime,
    zone: tzinfo,
    done: bool = False,
    seats: Sequence[Enrolment] | None = None,
    outlines: Mapping[int, Curriculum] | None = None,
) -> list[Entry]:
    """The student's dates in scope, the earliest first and what has none last. The queries of the
    sources, and one more unless the seats are at hand."""
    mine = seats_of(student) if seats is None else seats
    wanted = Wanted(student, mine, now, zone, done, outlines)
    found = [entry for source in _sources for entry in source(wanted)]
    last = now + timedelta(days=366_000)

    def place(entry: Entry) -> Any:
        return (entry.starts(zone) or last, entry.day is None, entry.key)

    return sorted(_once(found), key=place)


def _once(found: Sequence[Entry]) -> list[Entry]:
    """Without what says of a thing what the thing's own app says already: a step of a plan with no
    date, or the same one."""
    own = [one for one in found if one.about and one.kind == one.about[0]]
    things = {one.about for one in own}
    said = {(one.about, one.moment, one.at) for one in own}
    return [
        one
        for one in found
        if one.about not in things
        or (one.about and one.kind == one.about[0])
        or (one.is_dated and (one.about, one.moment, one.at) not in said)
    ]


def course_starts(wanted: Wanted) -> Iterable[Entry]:
    """The days the student's courses start, and the moments their groups do."""
    for seat in wanted.seats:
        course, standing = seat.course, wanted.standings[seat.course_id]
        yield from _group_starts(standing, wanted)
        if standing.reasons and not wanted.done:
            continue
        if course.self_paced or course.starts_on is None:
            continue
        # On the day itself it is still to come: a calendar has to remind of it in the morning.
        later = course.starts_on >= wanted.now.astimezone(wanted.zone).date()
        if not later and not wanted.done:
            continue
        yield Entry(
            key=f"course-{course.pk}-starts",
            kind="course",
            label=_("Course starts"),
            icon="flag",
            title=course.title,
            moment=Moment.STARTS,
            standing=Standing.LATER if later else Standing.DONE,
            day=course.starts_on,
            course=course,
            url=reverse("learn:course", args=[course.pk]),
        )


def _group_starts(standing: CourseStanding, wanted: Wanted) -> Iterable[Entry]:
    course, cohort = standing.course, standing.cohort
    if cohort is None or cohort.starts_at is None:
        return
    later = any(one.why == Why.COHORT_NOT_STARTED for one in standing.reasons)
    if later or wanted.done:
        yield Entry(
            key=f"course-{course.pk}-group-starts",
            kind="course",
            label=_("Your group starts"),
            icon="flag",
            title=course.title,
            moment=Moment.STARTS,
            standing=Standing.LATER if later else Standing.DONE,
            at=cohort.starts_at,
            course=course,
            url="" if later else reverse("learn:course", args=[course.pk]),
        )
