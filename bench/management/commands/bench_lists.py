"""`manage.py bench_lists N`: a list of N people to invite to a course, and a list of N people a
school brings in with a seat in it, each read, checked and carried out as the worker does; seconds
of each into bench/lists.json. Mail is written and sent nowhere.
"""

import json
import time

from django.conf import settings
from django.core.management.base import BaseCommand

from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.admissions import lists
from lms.admissions.models import Invitation
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.migration import people
from lms.tenants.scope import provider_scope


class Command(BaseCommand):
    help = "Fill an empty database by two lists of N people, and say how long each took."

    def add_arguments(self, parser):
        parser.add_argument("people", type=int)

    def handle(self, *args, people: int, **options):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        set_up_marketplace()
        self.owner = User.objects.create_user("owner@example.com", name="Owner")
        self.school = open_provider(name="Own", slug="own", owner=self.owner, actor=SYSTEM)
        self.course = CoursePage(title="Course", slug="course", summary="s", live=False)
        self.school.page.add_child(instance=self.course)
        self.course.save_revision().publish()
        self.course = CoursePage.objects.select_related("provider").get(pk=self.course.pk)
        with provider_scope(self.school):
            found = {"invitations": self._invite(people), "people": self._bring_in(people)}
            made = Invitation.objects.count(), Enrolment.objects.count()
        if made != (people, people):
            raise RuntimeError(f"{made} invitations and seats, not {people} of each")
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lists.json").write_text(json.dumps(found))

    def _invite(self, number):
        text = "email,name\n" + "".join(f"i{n}@example.com,Person {n}\n" for n in range(number))
        steps = Steps()
        batch = lists.hand_in(
            self.course, text.encode(), name="list.csv", actor=self.owner, at=clock.now()
        )
        steps.done("read")
        self._work(lists.work, batch)
        steps.done("checked")
        lists.confirm(batch, actor=self.owner, at=clock.now())
        self._work(lists.work, batch)
        steps.done("carried out")
        return steps.seconds

    def _bring_in(self, number):
        rows = "".join(f"p{n}@example.com,Person {n},course\n" for n in range(number))
        steps = Steps()
        batch = people.hand_in(
            self.school,
            f"email,name,courses\n{rows}".encode(),
            file_name="list.csv",
            actor=self.owner,
            at=clock.now(),
        )
        steps.done("read")
        self._work(people.work, batch)
        steps.done("checked")
        batch.refresh_from_db()
        people.confirm(batch, with_mail=False, actor=self.owner)
        self._work(people.work, batch)
        steps.done("carried out")
        return steps.seconds

    def _work(self, work, batch):
        while work(batch.pk, at=clock.now()):
            pass
        batch.refresh_from_db()


class Steps:
    """How long each step took."""

    def __init__(self):
        self.seconds = {}
        self._since = time.perf_counter()

    def done(self, name):
        now = time.perf_counter()
        self.seconds[name], self._since = now - self._since, now
