"""Ratings and reviews in the content API."""

import pytest
from django.test import Client

from lms.common import clock
from lms.reviews import actions
from lms.tenants.models import Provider
from tests.cast import person
from tests.lms.certificates.making import course, school
from tests.lms.learning import reader
from tests.lms.reviews.making import rated

pytestmark = pytest.mark.django_db
REVIEWS = "/api/cms/v2/reviews/"


@pytest.fixture
def sky():
    return course(school(), title="Night Sky")


def test_a_course_says_how_it_was_rated(sky):
    path = f"/api/cms/v2/pages/{sky.pk}/"
    assert Client().get(path).json()["rating_average"] is None
    rated(sky, 5, 4, 4)
    found = Client().get(path).json()
    assert (found["rating_average"], found["rating_count"]) == (4.33, 3)
    listed = (
        Client()
        .get("/api/cms/v2/pages/?type=courses.CoursePage&fields=rating_average,rating_count")
        .json()
    )
    assert [row["rating_count"] for row in listed["items"]] == [3]


def test_reviews_are_listed_page_by_page_and_only_those_that_are_shown(sky):
    rows = rated(sky, 5, 1, 3, text="Plain <b>words</b>")
    operator = person("olga", is_superuser=True)
    actions.hide(rows[1], reason="Spam", actor=operator, at=clock.now())
    answer = Client().get(REVIEWS, {"course": sky.pk, "limit": 1})
    found = answer.json()
    assert found["meta"]["total_count"] == 2
    assert found["items"][0]["rating"] == 3
    assert found["items"][0]["text"] == "Plain <b>words</b>"
    assert found["items"][0]["author"].startswith("Rater")
    assert "public" in answer["Cache-Control"]
    rest = Client().get(REVIEWS, {"course": sky.pk, "offset": 1}).json()
    assert [row["rating"] for row in rest["items"]] == [5]


@pytest.mark.parametrize("wanted", ["", "x", "0", "-1", "9" * 30, "1\x00", "٣"])
def test_made_up_courses_have_none(sky, wanted):
    assert Client().get(REVIEWS, {"course": wanted}).status_code in (400, 404)


def test_reviews_of_a_portal_are_not_on_the_marketplace(sky):
    rated(sky, 5)
    Provider.objects.filter(pk=sky.provider_id).update(is_portal=True)
    assert Client().get(REVIEWS, {"course": sky.pk}).status_code == 404
    assert reader(person("eve")).get(REVIEWS, {"course": sky.pk}).status_code == 404
