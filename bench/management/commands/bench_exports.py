"""`manage.py bench_exports N`: a course with N students, and its report by student as CSV and XLSX,
made as the worker does; seconds, rows and by how many megabytes memory grew at most, into
bench/exports.json.

The students are rows written at once.
"""

import json
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from bench.management.commands.bench_roster import Command as Roster
from home.actions import open_provider, set_up_marketplace
from lms.accounts.models import User
from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.enrolments.models import Enrolment, Group, GroupMember
from lms.events import SYSTEM
from lms.reports import file_actions
from lms.reports.models import Format
from lms.reports.rules import Span
from lms.tenants.scope import provider_scope

LESSONS = 3
FEW = 1_000  # made first: what is loaded once is loaded


class Command(BaseCommand):
    help = "Fill an empty database with one course of N students and make its report as files."

    def add_arguments(self, parser):
        parser.add_argument("students", type=int)

    def handle(self, *args, students: int, **options):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        set_up_marketplace()
        self.owner = User.objects.create_user("owner@example.com", name="Owner")
        school = open_provider(name="Own", slug="own-school", owner=self.owner, actor=SYSTEM)
        course = CoursePage(title="Course", summary="s", live=False)
        school.page.add_child(instance=course)
        course.save_revision().publish()
        self.course = CoursePage.objects.select_related("provider").get(pk=course.pk)
        lessons = []
        for number in range(LESSONS):
            lesson = LessonPage(title=f"Lesson {number}")
            course.add_child(instance=lesson)
            lesson.save_revision().publish()
            lessons.append(lesson)
        people = [User(email=f"s{n}@example.com", name=f"Student {n}") for n in range(students)]
        User.objects.bulk_create(people, 5_000)
        with provider_scope(school):
            Roster()._enrol(school, course, lessons, people)
            few = Group.objects.create(course=course, name="Few")
            some = Enrolment.objects.values_list("pk", flat=True)[:FEW]
            GroupMember.objects.bulk_create(GroupMember(group=few, enrolment_id=pk) for pk in some)
            del people
            for name in (Format.CSV, Format.XLSX):
                self._made(name, few.pk)
            found = {str(name): self._made(name) for name in (Format.CSV, Format.XLSX)}
        folder = settings.DATA_DIR / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "exports.json").write_text(json.dumps(found))

    def _made(self, name, group=None):
        now = clock.now()
        day = now.date()
        export = file_actions.ask(
            self.course,
            actor=self.owner,
            span=Span(day - timedelta(days=200), day),
            zone="UTC",
            by="students",
            format=name,
            at=now,
            group=group,
        )
        Path("/proc/self/clear_refs").write_text("5")  # the highest so far is now
        before, started = _megabytes("VmRSS"), time.perf_counter()
        file_actions.make(export)
        seconds, grown = time.perf_counter() - started, _megabytes("VmHWM") - before
        export.refresh_from_db()
        if not export.is_ready or export.done != export.total:
            raise RuntimeError(f"{name}: {export.state}, {export.done} of {export.total}")
        found = {"seconds": seconds, "megabytes": grown, "rows": export.total}
        found["size"] = export.file.size
        file_actions.drop(export)
        return found


def _megabytes(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)
