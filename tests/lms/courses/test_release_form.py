"""The editor's fields for what is open and when."""

from datetime import UTC, datetime

import pytest

from lms.courses.models import CoursePage
from tests.lms.courses.authoring import (
    add_url,
    author,
    course,
    draft_lesson,
    edit_url,
    errors,
    fill,
    latest,
    school,
    send,
)
from tests.lms.learning import module, reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def alice(acme):
    return author(acme, time_zone="Europe/Berlin")


def test_a_lessons_date_is_typed_and_shown_in_the_courses_zone(acme, alice):
    lesson = draft_lesson(course(acme, alice, time_zone="Europe/Berlin"), alice)
    url = edit_url(lesson)
    send(alice, url, "lesson", release_at="2030-07-01T09:00")
    assert latest(lesson).release_at == datetime(2030, 7, 1, 7, tzinfo=UTC)
    found = fill(reader(alice), url, "lesson")
    assert found["release_at"] == "2030-07-01T09:00"
    send(alice, url, "lesson")  # saved as it stands, it stays
    assert latest(lesson).release_at == datetime(2030, 7, 1, 7, tzinfo=UTC)
    send(alice, url, "lesson", release_at="")
    assert latest(lesson).release_at is None


def test_a_date_the_clocks_skip_and_both_ways_at_once_are_refused(acme, alice):
    lesson = draft_lesson(course(acme, alice, time_zone="Europe/Berlin"), alice)
    skipped = send(alice, edit_url(lesson), "lesson", release_at="2030-03-31T02:30")
    assert "release_at" in errors(skipped)
    both = send(
        alice,
        edit_url(lesson),
        "lesson",
        release_at="2030-07-01T09:00",
        release_after_days="3",
        action_publish="yes",
    )
    assert "release_after_days" in errors(both)


def test_a_new_course_has_its_authors_zone_and_a_module_its_days(acme, alice):
    assert fill(reader(alice), add_url(acme))["time_zone"] == "Europe/Berlin"
    part = module(course(acme, alice))
    send(alice, edit_url(part), "module", release_after_days="14")
    assert latest(part).release_after_days == 14


def test_courses_to_complete_first_are_the_schools_and_go_in_no_circle(acme, alice):
    first, second = course(acme, alice, "First"), course(acme, alice, "Second")
    foreign = course(school("globex"), alice, "Foreign")
    form = reader(alice).get(edit_url(second)).context["form"]
    offered = set(form.fields["prerequisites"].queryset)
    assert offered == {first}
    assert foreign not in offered
    send(
        alice, edit_url(second), prerequisites=[str(first.pk)], slug="second",
        action_publish="yes",
    )  # fmt: skip
    assert list(CoursePage.objects.get(pk=second.pk).prerequisites.all()) == [first]
    circle = send(alice, edit_url(first), prerequisites=[str(second.pk)])
    assert "prerequisites" in errors(circle)
