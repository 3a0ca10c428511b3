"""The catalogue: filters, orders, pages, and what it costs."""

import base64
import json
import re

import pytest
from django.test import Client

from lms.courses.models import Category, CourseListing
from search.query import Query
from search.selectors import results
from tests.lms.certificates.making import course, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


def get(path: str, host: str = "localhost", **headers: str) -> str:
    response = Client(HTTP_HOST=host).get(path, **headers)
    assert response.status_code == 200
    return response.content.decode()


def warm() -> Client:
    """A visitor of a process that has answered before: it knows its sites, brands and facets."""
    client = Client(HTTP_HOST="localhost")
    client.get("/courses/")
    return client


def titles(html: str) -> list[str]:
    return re.findall(r'class="card__link"[^>]*>([^<]+)<', html)


def shelf(acme, number):
    """Many courses, cheaply: listings of copies of one page's listing."""
    known = CourseListing.objects.get(pk=course(acme, title="Course 0", lessons=0).pk)
    made = [known]
    for n in range(1, number):
        made.append(CourseListing.objects.get(pk=course(acme, title=f"Course {n}", lessons=0).pk))
    for n, row in enumerate(made):
        CourseListing.objects.filter(pk=row.pk).update(learners=n // 3, price_minor=100 * (n // 4))
    return made


@pytest.mark.parametrize("order", ["popular", "newest", "price", "title"])
def test_pages_follow_each_other_without_gap_or_repetition(acme, order, monkeypatch):
    monkeypatch.setattr("search.selectors.PAGE_SIZE", 4)
    shelf(acme, 11)
    seen, query = [], Query(sort=order)
    while True:
        page = results(query, None).page
        seen += [row.pk for row in page.rows]
        if not page.next:
            break
        query = Query(sort=order, after=page.next)
    assert len(seen) == len(set(seen)) == 11
    back = []
    while page.previous:
        page = results(Query(sort=order, before=page.previous), None).page
        back = [row.pk for row in page.rows] + back
    assert back == seen[: len(back)]
    assert len(back) == 8


@pytest.mark.parametrize("order", ["popular", "newest", "title"])
def test_pages_of_a_category_follow_each_other(acme, order, monkeypatch):
    monkeypatch.setattr("search.selectors.PAGE_SIZE", 2)
    art, law = (Category.objects.create(name=name, slug=name) for name in ("art", "law"))
    for number in range(5):
        page = course(acme, title=f"Course {number}", lessons=0)
        page.categories = [art, law]
        page.save_revision().publish()
    seen, query = [], Query(sort=order, category="art")
    while True:
        page = results(query, None).page
        seen += [row.pk for row in page.rows]
        if not page.next:
            break
        query = Query(sort=order, category="art", after=page.next)
    assert len(seen) == len(set(seen)) == 5


def test_pages_of_a_search_follow_each_other(acme, monkeypatch):
    monkeypatch.setattr("search.selectors.PAGE_SIZE", 2)
    shelf(acme, 5)
    first = results(Query(q="course"), None).page
    second = results(Query(q="course", after=first.next), None).page
    third = results(Query(q="course", after=second.next), None).page
    assert len({row.pk for page in (first, second, third) for row in page.rows}) == 5
    assert third.next == ""
    assert results(Query(q="course", before=second.previous), None).page.rows == first.rows


def test_filters_narrow_the_list(acme):
    course(acme, title="Cheap", price_minor=0, level="beginner", language="en")
    course(acme, title="Dear", price_minor=900, level="advanced", language="ar",
           pacing="scheduled", starts_on="2027-01-05")  # fmt: skip
    assert titles(get("/courses/?price=free")) == ["Cheap"]
    assert titles(get("/courses/?price=paid")) == ["Dear"]
    assert titles(get("/courses/?level=advanced")) == ["Dear"]
    assert titles(get("/courses/?language=ar")) == ["Dear"]
    assert titles(get("/courses/?pace=scheduled")) == ["Dear"]
    assert titles(get("/courses/?pace=self&price=paid")) == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "level=expert",
        "price=%00",
        "sort=;drop",
        "after=zzz",
        "category=a b",
        "language=xx",
        "q=%00",
    ],
)
def test_wishes_that_make_no_sense_are_left_out(acme, nonsense):
    course(acme, title="Night Sky")
    assert titles(get(f"/courses/?{nonsense}")) == ["Night Sky"]


def test_a_category_that_is_not_there_lists_nothing(acme):
    course(acme, title="Night Sky")
    assert "No course matches that" in get("/courses/?category=nowhere")


def test_a_providers_own_category_stands_on_its_own_site_only(acme):
    own = Category.objects.create(name="Atelier", slug="atelier", provider=acme)
    page = course(acme, title="Night Sky")
    page.categories = [own]
    page.save_revision().publish()
    assert "Atelier" not in get("/courses/")
    assert titles(get("/courses/?category=~atelier", "acme.localhost")) == ["Night Sky"]
    assert titles(get("/courses/?category=~atelier")) == []


def test_active_filters_can_be_taken_off_one_by_one(acme):
    course(acme, title="Night Sky", level="beginner")
    html = get("/courses/?q=sky&level=beginner")
    assert 'href="/courses/?level=beginner"' in html
    assert 'href="/courses/?q=sky"' in html


def test_htmx_gets_the_results_alone_with_a_clean_address(acme):
    course(acme, title="Night Sky")
    response = Client(HTTP_HOST="localhost").get(
        "/courses/?q=&level=&price=free&utm=1", headers={"HX-Request": "true"}
    )
    assert response["HX-Push-Url"] == "/courses/?price=free"
    assert b"<html" not in response.content
    assert b'id="results"' in response.content


def test_going_back_with_htmx_gets_the_whole_page(acme):
    course(acme, title="Night Sky")
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    response = Client(HTTP_HOST="localhost").get("/courses/", headers=headers)
    assert b"<html" in response.content


@pytest.mark.parametrize("words", ["program", "programs", "programming", "PROGRAMMED"])
def test_word_forms_find_each_other(acme, words):
    course(acme, title="Programming at sea")
    assert titles(get(f"/courses/?q={words}")) == ["Programming at sea"]


def test_a_typing_error_is_put_right(acme):
    course(acme, title="Python first steps")
    html = get("/courses/?q=pyhton")
    assert titles(html) == ["Python first steps"]
    assert "Nothing found for “pyhton”" in html


def test_words_in_the_title_count_more_than_words_in_the_text(acme):
    course(acme, title="Gardens", description="<p>With a chapter on bees and bees.</p>")
    course(acme, title="Bees")
    assert titles(get("/courses/?q=bees")) == ["Bees", "Gardens"]


def test_a_draft_is_not_found(acme):
    page = course(acme, title="Night Sky")
    page.unpublish()
    assert titles(get("/courses/?q=sky")) == []


def test_html_in_what_is_typed_stays_text(acme):
    assert "<script>alert" not in get("/courses/?q=<script>alert(1)</script>")


def test_suggestions_complete_what_is_being_typed(acme):
    course(acme, title="Python first steps")
    assert 'value="Python first steps"' in get("/courses/suggest/?q=pyth")


@pytest.mark.parametrize(
    "path",
    ["/courses/", "/courses/?q=course", "/courses/?level=all&price=free", "/courses/?q=cuorse"],
)
@pytest.mark.parametrize("number", [1, 9])
def test_the_catalogue_takes_at_most_twelve_queries(
    acme, path, number, django_assert_max_num_queries
):
    shelf(acme, number)
    client = warm()
    with django_assert_max_num_queries(12):
        client.get(path)


def test_a_course_page_takes_at_most_fifteen_queries(acme, django_assert_max_num_queries):
    for number in range(4):
        page = course(acme, title=f"Course {number}", lessons=6)
    client = warm()
    client.get("/acme/")  # and the school's brand
    with django_assert_max_num_queries(15):
        assert client.get(f"/acme/{page.slug}/").status_code == 200


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb", "\x00", 2**63, 1.5, None, True])
def test_a_made_up_cursor_leads_to_the_first_page(acme, value):
    course(acme, title="Night Sky", lessons=0)
    packed = base64.urlsafe_b64encode(json.dumps([value, 1]).encode()).decode().rstrip("=")
    assert titles(get(f"/courses/?sort=title&after={packed}")) == ["Night Sky"]
