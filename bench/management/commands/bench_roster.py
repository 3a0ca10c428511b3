"""`manage.py bench_roster N`: a course with N students, counted; its roster's address, how many
queries it asks and the owner's session, into bench/roster.json.

The students are rows written at once; how they stand is counted by `count`.
"""

import json
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments.models import Enrolment, Seats
from lms.events import SYSTEM
from lms.progress.models import LessonProgress
from lms.teaching.actions import count
from lms.tenants.scope import provider_scope

LESSONS = 10


class Command(BaseCommand):
    help = "Fill an empty database with one course of N students and count how they stand."

    def add_arguments(self, parser):
        parser.add_argument("students", type=int)

    def handle(self, *args, students: int, **options):
        set_up_marketplace()
        owner = User.objects.create_user("owner@example.com", name="Owner")
        school = open_provider(name="Own", slug="own-school", owner=owner, actor=SYSTEM)
        course = CoursePage(title="Course", summary="s", live=False)
        school.page.add_child(instance=course)
        course.save_revision().publish()
        lessons = []
        for number in range(LESSONS):
            lesson = LessonPage(title=f"Lesson {number}")
            course.add_child(instance=lesson)
            lesson.save_revision().publish()
            lessons.append(lesson)
        people = User.objects.bulk_create(
            [User(email=f"s{n}@example.com", name=f"Student {n}") for n in range(students)], 5_000
        )
        with provider_scope(school):
            self._enrol(school, course, lessons, people)
        started = time.perf_counter()
        count(course)
        counted = time.perf_counter() - started
        client = Client(headers={"host": "localhost"})
        client.force_login(owner)
        path = f"/desk/{course.pk}/students/"
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "cookie": f"sessionid={client.cookies['sessionid'].value}",
            "page": path,
            "queries": len(asked),
            "counted": counted,
        }
        (folder / "roster.json").write_text(json.dumps(found))

    def _enrol(self, school, course, lessons, people):
        """One a minute; each has done some of the lessons."""
        now = clock.now()
        rows, work = [], []
        for number, person in enumerate(people):
            at = now - timedelta(minutes=number)
            row = Enrolment(id=uuid.uuid4(), provider=school, course=course, student=person,
                            enrolled_at=at, last_seen_at=at)  # fmt: skip
            rows.append(row)
            done = {"opened_at": at, "completed_at": at, "lesson_title": "Lesson"}
            work += [
                LessonProgress(provider=school, enrolment=row, lesson=lesson, **done)
                for lesson in lessons[: number % LESSONS]
            ]
        Enrolment.objects.bulk_create(rows, 2_000)
        LessonProgress.objects.bulk_create(work, 2_000)
        Seats.objects.create(provider=school, course=course, taken=len(rows))
