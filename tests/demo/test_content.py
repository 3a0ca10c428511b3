"""What the demo's content says of itself is true: its people, courses, links and recipes fit."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

CONTENT = Path(__file__).parents[2] / "demo" / "content"
COURSES = sorted(path.parent for path in CONTENT.glob("*/courses/*/course.yaml"))
LINK = re.compile(r'(!?)\[([^\]]*)\]\(([^)\s]+)(?: "[^"]*")?\)')
every_course = pytest.mark.parametrize("course", COURSES, ids=lambda path: path.name)


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def links(course):
    for lesson in course.rglob("*.md"):
        prose = re.sub(r"```.*?```", "", lesson.read_text(encoding="utf-8"), flags=re.S)
        for image, text, target in LINK.findall(prose):
            if not target.startswith("http"):
                yield lesson, image, text, target


@every_course
def test_every_link_leads_to_a_file_or_to_the_recipe_of_one(course):
    missing = [
        (lesson.name, target)
        for lesson, _image, _text, target in links(course)
        if not (lesson.parent / target).exists() and not (lesson.parent / f"{target}.yaml").exists()
    ]
    assert missing == []


@every_course
def test_every_picture_is_described_in_words(course):
    assert [target for _, image, text, target in links(course) if image and len(text) < 15] == []


@every_course
def test_courses_are_taught_by_the_staff_and_filed_under_known_categories(course):
    provider = load(course.parents[1] / "provider.yaml")
    shared = load(CONTENT / "categories.yaml")
    described = load(course / "course.yaml")
    assert set(described["instructors"]) <= {person["email"] for person in provider["staff"]}
    known = {category["name"] for category in [*shared, *provider.get("categories", [])]}
    assert set(described["categories"]) <= known


def test_students_study_courses_that_exist_and_one_class_is_full():
    limits = {
        course.name: load(course / "course.yaml").get("enrolment_limit") for course in COURSES
    }
    students = load(CONTENT / "people.yaml")["students"]
    seats = Counter(
        enrolment["course"] for student in students for enrolment in student["enrolments"]
    )
    assert set(seats) <= set(limits)
    assert [slug for slug, limit in limits.items() if limit and seats[slug] == limit] == [
        "algorithms-you-can-draw"
    ]
    assert not [slug for slug, limit in limits.items() if limit and seats[slug] > limit]


def test_who_asks_and_waits_is_somebody_who_does_not_study_there():
    people = {one["email"]: one for one in load(CONTENT / "people.yaml")["students"]}
    courses = {course.name for course in COURSES}
    for entry in load(CONTENT / "ways.yaml"):
        assert entry["course"] in courses
        studying = {
            email
            for email, one in people.items()
            if any(seat["course"] == entry["course"] for seat in one["enrolments"])
        }
        asking = [one["student"] for one in entry.get("requests", []) + entry.get("waitlist", [])]
        assert set(asking) <= set(people) - studying
        for group in entry["groups"]:
            assert set(group["members"]) <= studying
        if seats := entry.get("seats"):
            assert seats == len(studying), "who waits waits for a class that is full"
