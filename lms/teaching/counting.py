"""Standings hear of everything that moves them, after its commit."""

from collections.abc import Sequence
from typing import Any

from django_q.tasks import async_task
from wagtail.signals import page_published, page_unpublished, post_page_move

from lms.assessments import events as assessments
from lms.courses.models import CoursePage, LessonPage, ModulePage
from lms.courses.models.pages import ancestor_paths
from lms.enrolments import events as enrolments
from lms.enrolments.models import Enrolment
from lms.events import Happened, subscribe, subscribe_to_many
from lms.grades import events as grades
from lms.homework import events as homework
from lms.plans import events as plans
from lms.progress import events as progress

from . import actions

# What moves one student; where the row leads to their enrolment.
STUDENTS: dict[Any, str] = {
    enrolments.ENROLLED: "pk",
    enrolments.RETURNED: "pk",
    enrolments.RESTORED: "pk",
    enrolments.LEFT: "pk",
    enrolments.REMOVED: "pk",
    progress.LESSON_COMPLETED: "pk",
    progress.LESSON_REOPENED: "pk",
    progress.COURSE_COMPLETED: "pk",
    homework.SUBMITTED: "work.enrolment_id",
    homework.UNMARKED: "work.enrolment_id",
    homework.RELEASED: "submission.work.enrolment_id",
    homework.OVERRIDDEN: "enrolment_id",
    homework.OVERRIDE_ENDED: "enrolment_id",
    homework.EXTENDED: "enrolment_id",
    assessments.STARTED: "candidate.enrolment_id",
    assessments.SUBMITTED: "candidate.enrolment_id",
    assessments.GRADED: "candidate.enrolment_id",
    assessments.REGRADED: "candidate.enrolment_id",
    assessments.ALLOWED: "enrolment_id",
    grades.ENTERED: "enrolment_id",
}
# What moves everybody in a course; every row names it.
COURSES = (
    homework.ASSIGNED,
    homework.CHANGED,
    homework.WITHDRAWN,
    assessments.PUBLISHED,
    assessments.CHANGED,
    assessments.WITHDRAWN,
    grades.SCHEME_CHANGED,
    plans.CHANGED,
    plans.REMOVED,
    plans.ASSIGNED,
    plans.WITHDRAWN,
    enrolments.GROUP_CHANGED,
    enrolments.GROUP_REMOVED,
)


def students_moved(many: Sequence[Happened]) -> None:
    houses: dict[Any, list[str]] = {}
    for one in many:
        found: Any = one.row
        for name in STUDENTS[one.event].split("."):
            found = getattr(found, name)
        houses.setdefault(one.provider_id, []).append(str(found))
    for provider_id, seats in houses.items():
        async_task("lms.teaching.tasks.count_student", str(provider_id), *seats)


def course_moved(happened: Happened) -> None:
    row: Any = happened.row
    if not isinstance(row, Enrolment):
        actions.course_changed(row.course_id)


def page_moved(instance: Any, **kwargs: Any) -> None:
    """A lesson came, went or moved: another number of lessons counts."""
    if issubclass(instance.specific_class or type(instance), LessonPage | ModulePage):
        for course in CoursePage.objects.filter(path__in=ancestor_paths(instance.path)):
            actions.course_changed(course.pk)


def listen() -> None:
    for event in STUDENTS:
        subscribe_to_many(event, students_moved)
    for event in COURSES:
        subscribe(event, course_moved)
    for signal in (page_published, page_unpublished, post_page_move):
        signal.connect(page_moved)
