"""`manage.py bench_quiz N`: a class of N students and a quiz of twenty questions; their sessions
and the quiz's address into bench/quiz.json.
"""

import json
import uuid
from decimal import Decimal

from django.conf import settings
from django.core.management.base import BaseCommand

from bench.management.sessions import sessions_of
from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.assessments import actions
from lms.assessments.actions import PlaceOf
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.tenants.scope import provider_scope

QUESTIONS = 20
ASKED = {
    "prompt": "Which is right?",
    "choices": [
        {"key": "a", "text": "This", "credit": 100},
        {"key": "b", "text": "That"},
        {"key": "c", "text": "Neither"},
    ],
}


class Command(BaseCommand):
    help = "Fill an empty database with a class and a quiz."

    def add_arguments(self, parser):
        parser.add_argument("students", type=int)

    def handle(self, *args, students: int, **options):
        set_up_marketplace()
        owner = User.objects.create_user("owner@example.com", name="Owner")
        school = open_provider(name="Own", slug="own-school", owner=owner, actor=SYSTEM)
        course = CoursePage(title="Course", summary="s", live=False)
        school.page.add_child(instance=course)
        course.save_revision().publish()
        people = User.objects.bulk_create(
            [User(email=f"s{number}@example.com", name="S") for number in range(students)], 2_000
        )
        with provider_scope(school):
            now = clock.now()
            Enrolment.objects.bulk_create(
                [
                    Enrolment(
                        id=uuid.uuid4(),
                        provider=school,
                        course=course,
                        student=one,
                        enrolled_at=now,
                    )
                    for one in people
                ],
                2_000,
            )
            asked = [
                actions.create_question(
                    school, title=f"Q{number}", kind="single", data=ASKED, actor=SYSTEM, at=now
                )
                for number in range(QUESTIONS)
            ]
            row = actions.create(course, {"title": "Quiz", "minutes": 60}, actor=SYSTEM)
            places = [PlaceOf(question=one, points=Decimal(1)) for one in asked]
            actions.set_places(row, places, actor=SYSTEM)
            actions.publish(row, actor=SYSTEM, at=now)
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "sessions": sessions_of(people),
            "url": f"/learn/{course.pk}/assessments/{row.pk}/",
            "host": "own-school.localhost",
            "questions": QUESTIONS,
        }
        (folder / "quiz.json").write_text(json.dumps(found))
