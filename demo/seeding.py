"""Fills an installation with the demo: two schools, their courses, people at every stage.

Each step looks for what it made before, so an interrupted run goes on where it stopped and a
finished one changes nothing.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from markdown_it import MarkdownIt

from demo import media
from demo.assessments import set_assessments
from demo.grades import set_grades
from demo.homework import set_homework
from demo.plans import set_plan
from demo.reviews import write_reviews
from demo.sales import sell
from demo.teaching import teach
from demo.ways import open_ways
from home.actions import open_provider
from lms.accounts.actions import change_picture, create_person
from lms.accounts.models import User
from lms.accounts.pictures import square
from lms.common import clock
from lms.courses.models import Category, CoursePage
from lms.courses.selectors import Lesson, curriculum
from lms.enrolments.actions import grant, leave
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.files.models import Image
from lms.progress.actions import complete_lesson, open_lesson, report
from lms.tenants.actions import add_member
from lms.tenants.models import Provider, Role, Tier
from lms.tenants.scope import provider_scope

CONTENT = Path(__file__).parent / "content"
# Everybody in the demo signs in with this; the embedded set-up is reachable from its machine only.
PASSWORD = "fledge-demo"  # noqa: S105
OPERATOR = "operator@example.com"
Say = Callable[[str], None]


@dataclass(frozen=True)
class SignIn:
    """One of the demo's people to sign in as."""

    email: str
    name: str
    what: str


def seed(say: Say) -> None:
    """Make what is missing of the demo. `say` hears about each step."""
    person(OPERATOR, "Olga Operator", is_staff=True, is_superuser=True)
    categories = _read("categories.yaml")
    for position, entry in enumerate(categories):
        Category.objects.get_or_create(
            provider=None, slug=entry["slug"],
            defaults={"name": entry["name"], "description": entry.get("description", ""),
                      "position": position},
        )  # fmt: skip
    for folder in school_folders():
        _school(folder, say)
    _students(_read("people.yaml"), say)
    for entry in _read("homework.yaml"):
        say(f"Setting homework in {entry['course']}")
        set_homework(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in _read("assessments.yaml"):
        say(f"Setting assessments in {entry['course']}")
        set_assessments(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in _read("grades.yaml"):
        say(f"Filling the gradebook of {entry['course']}")
        set_grades(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in _read("plans.yaml"):
        say(f"Writing a lesson plan for {entry['course']}")
        set_plan(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in _read("reviews.yaml"):
        write_reviews(CoursePage.objects.get(slug=entry["course"]), entry["reviews"])
    for entry in _read("sales.yaml"):
        say(f"Selling {entry['course']}")
        sell(CoursePage.objects.get(slug=entry["course"]), entry)
    for entry in _read("ways.yaml"):
        say(f"Opening the ways into {entry['course']}")
        open_ways(CoursePage.objects.get(slug=entry["course"]), entry)
    teach(_read("teaching.yaml"))


def school_folders() -> list[Path]:
    """The schools' folders, by name."""
    return sorted(path.parent for path in CONTENT.glob("*/provider.yaml"))


def sign_ins() -> Iterator[SignIn]:
    """Whom to sign in as to see the demo from every side."""
    yield SignIn(OPERATOR, "Olga Operator", "platform operator")
    for folder in school_folders():
        school = _load(folder / "provider.yaml")
        for role in ("admin", "instructor"):
            found = next(one for one in school["staff"] if one["role"] == role)
            yield SignIn(found["email"], found["name"], f"{role} at {school['name']}")
    for found in _read("people.yaml")["students"][:2]:
        yield SignIn(found["email"], found["name"], "student")


def person(email: str, name: str, **fields: Any) -> User:
    """The demo's person with this address, made if missing, with a drawn portrait."""
    found = User.objects.filter(email=email).first()
    if found:
        return found
    user = create_person(email, name, PASSWORD, actor=None, verified=True, **fields)
    drawn = _drawn("portraits", f"{email}.png", lambda path: media.portrait(name, email, path))
    with drawn.open("rb") as file:
        change_picture(user, square(file, drawn.stat().st_size), actor=None)
    return user


# --- Schools ------------------------------------------------------------------------------------


def _school(folder: Path, say: Say) -> None:
    described = _load(folder / "provider.yaml")
    provider = Provider.objects.filter(slug=described["slug"]).first()
    if provider is None:
        say(f"Opening {described['name']}")
        provider = _open(folder, described)
    for entry in described.get("categories", []):
        Category.objects.get_or_create(
            provider=provider, slug=entry["slug"],
            defaults={"name": entry["name"], "description": entry.get("description", "")},
        )  # fmt: skip
    staged = settings.DATA_DIR / "demo" / provider.slug
    colours = described["colours"]
    for course in sorted(folder.glob("courses/*/course.yaml")):
        title = _load(course)["title"]
        if CoursePage.objects.filter(provider=provider, title=title).exists():
            continue
        say(f"Bringing in “{title}”")
        source = media.stage(course.parent, staged / course.parent.name, colours)
        call_command(
            "import_course", str(source), provider=provider.slug, publish=True,
            stdout=io.StringIO(), stderr=io.StringIO(),
        )  # fmt: skip
        _finish_course(provider, title)


@transaction.atomic
def _open(folder: Path, described: dict) -> Provider:
    """The provider with its page, brand and people."""
    staff = described["staff"]
    people = {
        one["email"]: person(
            one["email"], one["name"],
            headline=one.get("title", ""), biography=one.get("biography", ""),
            time_zone=one.get("time_zone", "UTC"), language=_language(one),
        )
        for one in staff
    }  # fmt: skip
    owner = people[next(one["email"] for one in staff if one["role"] == "admin")]
    colours = described["colours"]
    provider = open_provider(
        name=described["name"], slug=described["slug"], owner=owner, actor=SYSTEM,
        tagline=described.get("tagline", ""), contact_email=described.get("contact_email", ""),
        footer_text=described.get("footer", ""), primary_colour=colours["primary"],
        secondary_colour=colours["secondary"], accent_colour=colours["accent"],
        tier=Tier.objects.get(pk=described["tier"]),
    )  # fmt: skip
    for one in staff:
        add_member(
            provider=provider, user=people[one["email"]], role=Role(one["role"]), actor=SYSTEM,
            approved=one.get("approved", True),
        )  # fmt: skip
    page = provider.page
    page.headline = described.get("tagline", "")
    page.introduction = MarkdownIt().render(described.get("description", ""))
    page.save_revision().publish()
    logo = folder / described["logo"]
    provider.logo = _image(provider, f"{provider.name}: logo", logo.name, logo.read_bytes())
    provider.save(update_fields=["logo"])
    return provider


def _finish_course(provider: Provider, title: str) -> None:
    """The instructor's signature for the certificate; one course featured per school."""
    course = CoursePage.objects.get(provider=provider, title=title)
    instructor = course.instructors.first()
    if instructor is None:
        return
    drawn = _drawn(
        "signatures", f"{instructor.email}.png", lambda path: media.signature(instructor.name, path)
    )
    name = f"Signature of {instructor.name}"
    signature = Image.objects.filter(title=name).first()
    course.certificate_signature = signature or _image(
        provider, name, drawn.name, drawn.read_bytes()
    )
    course.featured = CoursePage.objects.filter(provider=provider, featured=True).count() < 3
    course.save_revision().publish()


def _image(provider: Provider, title: str, name: str, content: bytes) -> Image:
    from wagtail.models import Collection

    collection = Collection.objects.filter(name=provider.name).first()
    image = Image(title=title, collection=collection or Collection.get_first_root_node())
    image.file = ContentFile(content, name=name)
    image.save()
    return image


# --- Students -----------------------------------------------------------------------------------


def _students(described: dict, say: Say) -> None:
    courses = {course.slug: course for course in CoursePage.objects.select_related("provider")}
    for one in described["students"]:
        if User.objects.filter(email=one["email"]).exists():
            continue
        say(f"Enrolling {one['name']}")
        with transaction.atomic():
            student = person(
                one["email"], one["name"],
                biography=one.get("biography", ""), time_zone=one.get("time_zone", "UTC"),
                language=_language(one),
            )  # fmt: skip
            for enrolment in one.get("enrolments", []):
                _study(student, courses[enrolment["course"]], enrolment)


SHARE = {"none": 0.0, "some": 0.25, "half": 0.5, "most": 0.8, "complete": 1.0, "left": 0.2}


def _study(student: User, course: CoursePage, described: dict) -> None:
    """Enrol some days ago and work up to where the demo wants the student."""
    began = clock.now() - timedelta(days=described["days_ago"])
    lessons = curriculum(course).lessons
    progress = described["progress"]
    done = lessons[: round(len(lessons) * SHARE[progress])]
    pace = timedelta(days=described["days_ago"]) * 0.9 / max(1, len(lessons))
    with clock.stopped_at(began):
        enrolment = grant(course, student, actor=student, at=began)
    with provider_scope(course.provider_id):
        for number, lesson in enumerate(done, start=1):
            _learn(enrolment, student, lesson, began + pace * number)
        if 0 < len(done) < len(lessons):
            _open_next(enrolment, lessons[len(done)], began + pace * (len(done) + 1))
        if progress == "left":
            leave(course, student, actor=student, at=began + pace * (len(done) + 2))


def _learn(enrolment: Enrolment, student: User, lesson: Lesson, at: datetime) -> None:
    """Read a lesson for about its length, then complete it."""
    page = _page(lesson)
    with clock.stopped_at(at):
        open_lesson(enrolment, page, at=at)
        end = at + timedelta(minutes=lesson.minutes)
        report(
            enrolment, page, seconds=lesson.minutes * 60, positions={}, recordings=[], at=end
        )  # fmt: skip
        complete_lesson(enrolment, page, actor=student, at=end)


def _open_next(enrolment: Enrolment, lesson: Lesson, at: datetime) -> None:
    with clock.stopped_at(at):
        open_lesson(enrolment, _page(lesson), at=at)


def _page(lesson: Lesson):
    from lms.courses.models import LessonPage

    return LessonPage.objects.get(pk=lesson.id)


# --- Files --------------------------------------------------------------------------------------


def _read(name: str) -> Any:
    return _load(CONTENT / name)


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _language(described: dict) -> str:
    """The interface language nearest to what a person speaks."""
    language = described.get("language", "en")
    return language if language in dict(settings.LANGUAGES) else "en"


def _drawn(kind: str, name: str, draw: Callable[[Path], Any]) -> Path:
    path = settings.DATA_DIR / "demo" / kind / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(path)
    return path
