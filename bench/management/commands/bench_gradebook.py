"""`manage.py bench_gradebook N I`: a class of N students and a gradebook of I items, of homework,
assessments and columns of its own; its pages, how many queries they ask and a teacher's session,
into bench/gradebook.json.
"""

import json
import uuid
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.assessments import actions as assessments
from lms.assessments.actions import PlaceOf
from lms.assessments.models import Attempt, Candidate
from lms.assessments.states import AttemptState
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.grades import actions as grades
from lms.grades import selectors
from lms.grades.actions import Placement
from lms.grades.models import Category, Entry, Item, Kind
from lms.homework import actions as homework
from lms.homework.models import Feedback, Submission, Work
from lms.homework.states import WorkState
from lms.tenants.scope import provider_scope

ASKED = {
    "prompt": "Which is right?",
    "choices": [{"key": "a", "text": "This", "credit": 100}, {"key": "b", "text": "That"}],
}


class Command(BaseCommand):
    help = "Fill an empty database with a class and a gradebook."

    def add_arguments(self, parser):
        parser.add_argument("students", type=int)
        parser.add_argument("items", type=int)

    def handle(self, *args, students: int, items: int, **options):
        set_up_marketplace()
        owner = User.objects.create_user("owner@example.com", name="Owner")
        school = open_provider(name="Own", slug="own-school", owner=owner, actor=SYSTEM)
        course = CoursePage(title="Course", summary="s", live=False)
        school.page.add_child(instance=course)
        course.save_revision().publish()
        people = User.objects.bulk_create(
            [
                User(email=f"s{number}@example.com", name=f"Student {number:04}")
                for number in range(students)
            ],
            2_000,
        )
        with provider_scope(school):
            seats = Enrolment.objects.bulk_create(
                [
                    Enrolment(
                        id=uuid.uuid4(),
                        provider=school,
                        course=course,
                        student=one,
                        enrolled_at=clock.now(),
                    )
                    for one in people
                ],
                2_000,
            )
            third = items // 3
            self._homework(course, seats, items - 2 * third)
            self._assessments(course, seats, third)
            self._columns(course, seats, third, owner)
        self._ask(course, owner)

    def _homework(self, course, seats, number):
        at = clock.now()
        terms = {"grading": "points", "points": Decimal(10)}
        for one in range(number):
            row = homework.create(course, {"title": f"Homework {one}", **terms}, actor=SYSTEM)
            homework.assign(row, actor=SYSTEM, at=at)
            common = {"provider_id": course.provider_id}
            works = Work.objects.bulk_create(
                Work(homework=row, enrolment=seat, state=WorkState.GRADED, submitted_at=at,
                     done_at=at, **common)
                for place, seat in enumerate(seats) if (place + one) % 10
            )  # fmt: skip
            sent = Submission.objects.bulk_create(
                Submission(work=work, number=1, submitted_at=at, text="Done", **common)
                for work in works
            )
            for work, latest in zip(works, sent, strict=True):
                work.latest = latest
            Work.objects.bulk_update(works, ["latest"], 2_000)
            Feedback.objects.bulk_create(
                Feedback(submission=latest, points=Decimal(place % 11), released_at=at, **common)
                for place, latest in enumerate(sent)
            )

    def _assessments(self, course, seats, number):
        at = clock.now()
        common = {"provider_id": course.provider_id}
        asked = assessments.create_question(
            course.provider, title="Q", kind="single", data=ASKED, actor=SYSTEM, at=at
        )
        for one in range(number):
            row = assessments.create(course, {"title": f"Quiz {one}"}, actor=SYSTEM)
            assessments.set_places(row, [PlaceOf(question=asked, points=Decimal(5))], actor=SYSTEM)
            assessments.publish(row, actor=SYSTEM, at=at)
            made = Candidate.objects.bulk_create(
                Candidate(assessment=row, enrolment=seat, score=Decimal(place % 101), **common)
                for place, seat in enumerate(seats) if (place + one) % 8
            )  # fmt: skip
            Attempt.objects.bulk_create(
                Attempt(candidate=each, number=1, state=AttemptState.GRADED, seed="s",
                        started_at=at - timedelta(minutes=5), submitted_at=at, graded_at=at,
                        most=Decimal(5), points=each.score / 20, score=each.score, **common)
                for each in made
            )  # fmt: skip

    def _columns(self, course, seats, number, owner):
        at = clock.now()
        grades.set_scheme(course, {"mode": "weighted"}, actor=SYSTEM)
        rows = [Category(title=name, weight=weight, drop=drop) for name, weight, drop in
                (("Work", Decimal(60), 2), ("Talks", Decimal(40), 0))]  # fmt: skip
        grades.set_categories(course, rows, actor=SYSTEM)
        work, talks = Category.objects.filter(course=course).order_by("position", "pk")
        for one in range(number):
            grades.add_column(course, f"Talk {one}", Decimal(20), category=talks, actor=SYSTEM)
        book = selectors.book_of(course)
        grades.place(
            course,
            [Placement(one.key, work) for one in book.all_columns if one.row is not None],
            actor=SYSTEM,
        )
        for item in Item.objects.filter(course=course, homework=None, assessment=None):
            # Set twice each: the first is history.
            for points in (3, 12):
                Entry.objects.bulk_create(
                    Entry(item=item, enrolment=seat, kind=Kind.POINTS, points=Decimal(points),
                          set_by=owner, set_at=at, provider_id=course.provider_id)
                    for seat in seats
                )  # fmt: skip

    def _ask(self, course, owner):
        base = f"/desk/{course.pk}/grades/"
        pages = {"page": base, "CSV": f"{base}csv/", "XLSX": f"{base}xlsx/"}
        client = Client(headers={"host": "localhost"})
        client.force_login(owner)
        queries = {}
        for name, path in pages.items():
            # The least of a few: a connection that is opened anew asks for itself.
            queries[name] = min(self._cost(client, path) for _ in range(3))
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "cookie": f"sessionid={client.cookies['sessionid'].value}",
            "pages": pages,
            "queries": queries,
        }
        (folder / "gradebook.json").write_text(json.dumps(found))

    def _cost(self, client, path):
        """Queries of one whole answer."""
        with CaptureQueriesContext(connection) as asked:
            response = client.get(path)
            b"".join(response)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        return len(asked)
