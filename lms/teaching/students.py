"""Everything about one student's work in a course, for those who see its students."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lms.assessments.selectors import Card, cards_in
from lms.certificates.models import Certificate
from lms.courses.models import CoursePage
from lms.courses.selectors import Lesson, curriculum
from lms.enrolments.models import Enrolment
from lms.enrolments.selectors import CourseAccess, Way
from lms.grades.selectors import Sheet, book_of, sheets_of
from lms.homework.models import Feedback, Submission
from lms.homework.selectors import Task, tasks_in
from lms.plans.selectors import StudentPlan, plans_of_seat
from lms.progress.models import LessonProgress

from .models import Note

MOMENTS = 50  # of the timeline


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson of the course and what the student did of it."""

    lesson: Lesson
    progress: LessonProgress | None

    @property
    def minutes(self) -> int:
        return self.progress.seconds // 60 if self.progress else 0


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, for the timeline."""

    at: datetime
    icon: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Portrait:
    """`gone` is work on lessons that are no more in the course; `points` are what was given for
    homework, by its id."""

    modules: list[tuple[str, list[LessonRow]]]
    gone: list[LessonProgress]
    homework: list[Task]
    assessments: list[Card]
    sheet: Sheet
    plans: list[StudentPlan]
    certificate: Certificate | None
    notes: list[Note]
    timeline: list[Moment]


def portrait(course: CoursePage, seat: Enrolment, *, now: datetime) -> Portrait:
    """Queries do not grow with what the student did."""
    outline = curriculum(course)
    access = CourseAccess(course, outline, Way.ENROLLED, seat)
    rows = list(LessonProgress.objects.filter(enrolment=seat).order_by("opened_at"))
    known = {row.lesson_id: row for row in rows if row.lesson_id}
    here = {lesson.id for lesson in outline.lessons}
    modules = [
        (module.title, [LessonRow(one, known.get(one.id)) for one in module.lessons])
        for module in outline.modules
    ]
    (sheet,) = sheets_of(book_of(course), [seat], now=now)
    cards = cards_in(access, now=now)
    certificate = Certificate.objects.filter(enrolment=seat).first()
    return Portrait(
        modules=modules,
        gone=[row for row in rows if row.lesson_id not in here],
        homework=tasks_in(access, now=now),
        assessments=cards,
        sheet=sheet,
        plans=plans_of_seat(seat, course, now=now),
        certificate=certificate,
        notes=notes_of(seat),
        timeline=_timeline(course, seat, rows, cards, certificate),
    )


def notes_of(seat: Enrolment) -> list[Note]:
    rows = Note.objects.filter(enrolment=seat, removed_at=None).select_related("author")
    return list(rows.order_by("-written_at", "-pk")[:100])


def _timeline(
    course: CoursePage,
    seat: Enrolment,
    rows: list[LessonProgress],
    cards: list[Card],
    certificate: Certificate | None,
) -> list[Moment]:
    """What happened, the last first: two queries."""
    found = [Moment(seat.enrolled_at, "door-open", _("Enrolled"))]
    for row in rows:
        if row.completed_at:
            text = _("Completed “%(lesson)s”") % {"lesson": row.lesson_title}
            found.append(Moment(row.completed_at, "circle-check", text))
    # Whose work it is, the one who marks it is not to know: they see when it was handed in.
    sent = Submission.objects.filter(
        work__enrolment=seat, work__homework__anonymous=False, withdrawn_at=None
    )
    for key, title, at in sent.order_by("-submitted_at").values_list(
        "work__homework_id", "work__homework__title", "submitted_at"
    )[:MOMENTS]:
        url = reverse("homework_desk:homework", args=[course.pk, key])
        found.append(Moment(at, "inbox", _("Handed in “%(title)s”") % {"title": title}, url))
    told = Feedback.objects.filter(
        submission__work__enrolment=seat, submission__work__homework__anonymous=False
    )
    for title, at in told.order_by("-released_at").values_list(
        "submission__work__homework__title", "released_at"
    )[:MOMENTS]:
        found.append(Moment(at, "message-square", _("Got feedback on “%(t)s”") % {"t": title}))
    for card in cards:
        url = reverse("assessments_desk:assessment", args=[course.pk, card.assessment.pk])
        for attempt in card.attempts:
            if attempt.submitted_at:
                text = _("Handed in “%(title)s”") % {"title": card.assessment.title}
                found.append(Moment(attempt.submitted_at, "list-checks", text, url))
    if seat.completed_at:
        found.append(Moment(seat.completed_at, "flag", _("Completed the course")))
    if certificate is not None:
        found.append(Moment(certificate.issued_at, "award", _("Got the certificate")))
    if seat.ended_at:
        found.append(Moment(seat.ended_at, "door-closed", str(seat.get_state_display())))
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOMENTS]


def note_of(seat: Enrolment, note_id: int) -> Any:
    """None where there is no such note about the student."""
    return Note.objects.filter(enrolment=seat, pk=note_id).first()
