"""`manage.py bench_figures N`: a school with N enrolments over three years, counted; its pages of
figures, how many queries they ask and an admin's session, into bench/figures.json.

The enrolments are rows written at once; the figures are counted from them by `recount`.
"""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.progress.models import LessonProgress
from lms.reports.actions import recount
from lms.tenants.scope import provider_scope

COURSES = 10
DAYS = 3 * 365
PEOPLE = 20_000  # enrolments are theirs in turn
PAGES = {
    "30 days": "/cms/figures/",
    "a year": "/cms/figures/?days=365",
    "all": "/cms/figures/?days=all",
    "CSV of courses": "/cms/figures/csv/?of=courses&days=all",
}


class Command(BaseCommand):
    help = "Fill an empty database with one school of N enrolments and count its figures."

    def add_arguments(self, parser):
        parser.add_argument("enrolments", type=int)

    def handle(self, *args, enrolments: int, **options):
        set_up_marketplace()
        owner = User.objects.create_user("owner@example.com", name="Owner")
        school = open_provider(name="Own", slug="own-school", owner=owner, actor=SYSTEM)
        courses = [self._course(school, number) for number in range(COURSES)]
        # A course has each student once.
        count = max(1, min(enrolments, max(PEOPLE, enrolments // COURSES)))
        people = User.objects.bulk_create(
            [User(email=f"s{number}@example.com", name="S") for number in range(count)], 5_000
        )
        with provider_scope(school):
            self._enrol(school, courses, people, enrolments)
            started = time.perf_counter()
            recount(school)
            recounted = time.perf_counter() - started
        client = Client(headers={"host": "localhost"})
        client.force_login(owner)
        queries = {}
        for name, path in PAGES.items():
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                response = client.get(path)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answered {response.status_code}")
            queries[name] = len(asked)
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "cookie": f"sessionid={client.cookies['sessionid'].value}",
            "pages": PAGES,
            "queries": queries,
            "recounted": recounted,
        }
        (folder / "figures.json").write_text(json.dumps(found))

    def _course(self, school, number):
        course = CoursePage(title=f"Course {number}", summary="s", live=False)
        school.page.add_child(instance=course)
        course.save_revision().publish()
        lesson = LessonPage(title="Lesson")
        course.add_child(instance=lesson)
        lesson.save_revision().publish()
        return course, lesson

    def _enrol(self, school, courses, people, enrolments):
        """Every day of the three years has its share; every second one completes the lesson."""
        first = datetime.combine(clock.now().date(), datetime.min.time(), UTC)
        first -= timedelta(days=DAYS - 1)
        rows, work = [], []
        for number in range(enrolments):
            course, lesson = courses[(number // len(people)) % COURSES]
            at = first + timedelta(days=(number * 7) % DAYS, seconds=number % 80_000)
            done = at if number % 2 else None
            row = Enrolment(id=uuid.uuid4(), provider=school, course=course, enrolled_at=at,
                            student=people[number % len(people)], completed_at=done)  # fmt: skip
            rows.append(row)
            progress = {"opened_at": at, "completed_at": done, "lesson_title": "Lesson"}
            work.append(LessonProgress(provider=school, enrolment=row, lesson=lesson, **progress))
            if len(rows) == 20_000 or number == enrolments - 1:
                Enrolment.objects.bulk_create(rows, 2_000)
                LessonProgress.objects.bulk_create(work, 2_000)
                rows, work = [], []
