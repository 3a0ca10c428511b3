"""P7: what a search returns matches it."""

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lms.courses.models import Category
from search.query import Cursor, Query
from search.selectors import results
from tests.cast import fresh_rows
from tests.lms.certificates.making import course, named

pytestmark = pytest.mark.django_db

words = st.sampled_from(
    ["river", "stone", "lantern", "copper", "meadow", "violin", "harvest", "compass"]
)
texts = st.lists(words, min_size=1, max_size=3).map(" ".join)


def listed(**wishes):
    """Paths of the courses on the page that answers."""
    html = Client(HTTP_HOST="localhost").get("/courses/", wishes).content.decode()
    return set(re.findall(r'class="card__link"[^>]*href="([^"]+)"', html))


@given(
    titles=st.lists(texts, min_size=1, max_size=4),
    typed=st.lists(words, min_size=1, max_size=2, unique=True),
)
def test_p007_keywords_find_exactly_the_courses_that_have_them_all(acme, titles, typed):
    with fresh_rows():
        pages = [course(acme, title=title, lessons=0) for title in titles]
        wanted = {f"/acme/{page.slug}/" for page in pages if set(typed) <= set(page.title.split())}
        found = listed(q=" ".join(typed))
        # Where nothing has them all, the page shows what has words like them, and says so.
        assert found == wanted or not wanted
        if not results(Query.parse({"q": " ".join(typed)}), None).corrected:
            assert found == wanted


@given(titles=st.lists(texts, min_size=1, max_size=4), word=words, named=st.booleans())
def test_p007_a_category_finds_only_its_courses(acme, titles, word, named):
    with fresh_rows():
        art = Category.objects.create(name="Art", slug="art")
        wanted = set()
        for number, title in enumerate(titles):
            page = course(acme, title=title, lessons=0)
            if number % 2:
                page.categories = [art]
                page.save_revision().publish()
                wanted.add(page.pk)
        wishes = {"category": "art", **({"q": word} if named else {})}
        assert {row.pk for row in results(Query.parse(wishes), None).page.rows} <= wanted


@given(field=st.sampled_from(["title", "summary", "description", "instructor", "category"]))
def test_p007_every_field_is_searched(acme, field):
    with fresh_rows():
        fields = {field: "Lanterns"} if field in ("title", "summary") else {}
        fields |= {"description": "<p>Lanterns</p>"} if field == "description" else {}
        page = course(acme, lessons=0, **fields)
        if field == "instructor":
            page.instructors.set([named("teacher", "Lanterns")])
        if field == "category":
            page.categories = [Category.objects.create(name="Lanterns", slug="lanterns")]
        page.save_revision().publish()
        assert [row.pk for row in results(Query.parse({"q": "lanterns"}), None).page.rows] == [
            page.pk
        ]


@given(
    given_parameters=st.dictionaries(
        st.sampled_from(["q", "category", "level", "language", "price", "pace", "sort", "after"]),
        st.text(max_size=150),
    )
)
def test_p007_nonsense_in_an_address_is_no_error(acme, given_parameters):
    with fresh_rows():
        course(acme, lessons=0)
        results(Query.parse(given_parameters), None)


@given(value=st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=255)))
def test_p007_a_cursor_survives_its_address(value):
    if isinstance(value, str):
        value = value.replace("\x00", "")
    cursor = Cursor(value, 7)
    assert Cursor.parse(str(cursor)) == cursor
