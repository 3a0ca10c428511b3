"""`python -m tests.e2e.small.seeding`: fills an empty site with the small school."""

import io
import os
import tempfile
from datetime import timedelta
from pathlib import Path

import django

SCHOOL = "Quay School"
COURSE = "Reading the Tide"
TEACHER = "ines.duarte@example.com"
# Who has an account; Samuel has a seat, three days old.
SAMUEL = "samuel.mensah@example.com"
STUDENTS = {
    SAMUEL: "Samuel Mensah",
    "bo.larsen@example.com": "Bo Larsen",
    "cem.demir@example.com": "Cem Demir",
    "dina.rossi@example.com": "Dina Rossi",
    "eva.novak@example.com": "Eva Nováková",
    "farid.aziz@example.com": "Farid Aziz",
}
FILES = {
    "course.yaml": f"""
title: {COURSE}
slug: reading-the-tide
summary: Tables, charts and the moon, for people with small boats.
description: When the water comes, how high, and how sure you may be.
level: beginner
language: en
price: "0"
instructors: [{TEACHER}]
visibility: marketplace
""",
    "01-water/README.md": "---\ntitle: Water\n---\n",
    "01-water/01-tables.md": "---\ntitle: Tide tables\nminutes: 5\n---\nTwo highs, two lows.\n",
    "02-moon/README.md": "---\ntitle: Moon\n---\n",
    "02-moon/01-springs.md": "---\ntitle: Springs and neaps\nminutes: 5\n---\nFull and new moon.\n",
}
HOMEWORK = {
    "title": "Show your script at work",
    "kind": "audio_or_video",
    "grading": "completion",
    "late_policy": "accept",
    "resubmission": "until_graded",
    "required": False,
    "time_zone": "UTC",
}


def seed() -> None:
    from django.core.management import call_command

    from home.actions import open_provider
    from lms.accounts.actions import create_person
    from lms.common import clock
    from lms.courses.models import CoursePage, Entry, ModulePage
    from lms.enrolments.actions import grant
    from lms.events import SYSTEM
    from lms.homework import actions as homework
    from lms.tenants.scope import provider_scope
    from tests.e2e.conftest import PASSWORD

    now = clock.now()
    teacher = create_person(TEACHER, "Ines Duarte", PASSWORD, actor=None, verified=True)
    open_provider(name=SCHOOL, slug="quay", owner=teacher, actor=SYSTEM)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, "tide", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        call_command(
            "import_course", str(Path(folder, "tide")), provider="quay", publish=True,
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip
    course = CoursePage.objects.select_related("provider").get()
    moon = ModulePage.objects.child_of(course).get(title="Moon")
    moon.release_after_days = 7
    moon.save_revision().publish()
    course.entry, course.enrolment_limit = Entry.REQUEST, 4
    course.save_revision().publish()
    people = {
        email: create_person(email, name, PASSWORD, actor=None, verified=True)
        for email, name in STUDENTS.items()
    }
    began = now - timedelta(days=3)
    grant(course, people[SAMUEL], actor=people[SAMUEL], at=began)
    values = {**HOMEWORK, "due_at": now + timedelta(days=30)}
    with provider_scope(course.provider_id):
        homework.assign(homework.create(course, values, actor=teacher), actor=teacher, at=began)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.e2e.small.settings")
    django.setup()
    seed()
