"""P101 to P107: what students say of courses, as others see it."""

import re
from fractions import Fraction

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.actions import leave
from lms.reviews.models import Review
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, fresh_rows, person
from tests.lms.certificates.making import course, enrol, named, school
from tests.lms.learning import reader
from tests.lms.reviews.making import completed, rated, reviews_of

pytestmark = pytest.mark.django_db

stars = st.integers(1, 5)
words = st.text(st.characters(categories=["L", "N", "S", "Zs"]), min_size=1, max_size=200).filter(
    lambda text: text.strip() == text
)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr("lms.reviews.views.DEEDS_A_MINUTE", 1_000_000)


@pytest.fixture
def alice(db):
    return named("alice", "Alice Okafor")


@pytest.fixture
def acme(db):
    return school()


@pytest.fixture
def sky(acme, alice):
    return course(acme, title="Night Sky", instructors=[alice])


@pytest.fixture
def sea(acme, alice):
    return course(acme, title="Deep Sea", instructors=[alice])


@pytest.fixture
def globe(alice):
    """Alice teaches at another school as well."""
    return course(school("globex"), title="Whole Globe", instructors=[alice])


def get(path, user=None):
    forget_cached()
    return reader(user).get(path).content.decode()


def write(user, page, **typed):
    return reader(user).post(f"/learn/{page.pk}/reviews/mine/", typed)


def mean(ratings):
    """As pages show it: to one decimal, halves up."""
    exact = Fraction(sum(ratings), len(ratings))
    hundredths = int(exact * 100 + Fraction(1, 2))
    tenths = int(Fraction(hundredths, 10) + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def shown_ratings(html):
    """Every (average, count) a page shows of courses or people, as texts."""
    found = re.findall(r'class="rating"><b[^>]*>Rating:</b>([\d.]+)<span>\((\d+)', html)
    return list(found)


@given(
    rating=st.one_of(st.integers(-3, 9), st.sampled_from(["", "x", "4.5", "1e0", "5\x00"])),
    after=st.sampled_from(["", "left"]),
)
def test_p101_who_completed_a_course_can_rate_it_and_nobody_and_nothing_else(sky, rating, after):
    with fresh_rows():
        carol, dave = person("carol"), person("dave")
        completed(carol, sky)
        if after:
            leave(sky, carol, actor=carol, at=clock.now())
        enrol(dave, sky)
        answer = write(carol, sky, rating=rating, text="Fine")
        stored = reviews_of(sky)
        if isinstance(rating, int) and 1 <= rating <= 5:
            assert answer.status_code == 302
            assert [(row.author, row.rating) for row in stored] == [(carol, rating)]
        else:
            assert (answer.status_code, stored) == (422, [])
        for other in (dave, person("stranger")):
            assert write(other, sky, rating=3, text="Fine").status_code == 403
        assert write(None, sky, rating=3).status_code == 302  # to sign in
        assert {row.author for row in reviews_of(sky)} <= {carol}


@given(rating=stars, text=st.one_of(st.just(""), words))
def test_p102_a_stored_rating_has_student_course_value_text_and_time(sky, rating, text):
    with fresh_rows():
        carol = person("carol")
        completed(carol, sky)
        before = clock.now()
        assert write(carol, sky, rating=rating, text=text).status_code == 302
        (row,) = reviews_of(sky)
        assert (row.author, row.course_id, row.rating, row.text) == (carol, sky.pk, rating, text)
        assert before <= row.written_at == row.changed_at <= clock.now()


@given(ratings=st.lists(stars, max_size=5))
def test_p103_the_marketplace_shows_average_and_number_and_says_where_there_are_none(
    sky, sea, ratings
):
    with fresh_rows():
        rated(sky, *ratings)
        for path in ("/courses/", "/", "/acme/", "/courses/?q=night"):
            html = get(path)
            cards = re.findall(r'<article class="[^"]*course-card">.*?</article>', html, re.S)
            mine = [card for card in cards if "Night Sky" in card]
            assert mine
            for card in mine:
                if ratings:
                    assert shown_ratings(card) == [(mean(ratings), str(len(ratings)))]
                else:
                    assert "Not rated yet" in card
            for card in cards:
                if "Deep Sea" in card:
                    assert "Not rated yet" in card
                    assert not shown_ratings(card)
        html = get("/acme/night-sky/")
        assert ("Not rated yet" in html) == (not ratings)
        assert ("aggregateRating" in html) == bool(ratings)


@given(given=st.lists(st.tuples(stars, words), min_size=1, max_size=13))
def test_p104_a_courses_details_list_every_review_with_name_rating_text_and_date(sky, given):
    with fresh_rows():
        for number, (rating, text) in enumerate(given):
            author = named(f"author{number}", f"Author {number}")
            completed(author, sky)
            assert write(author, sky, rating=rating, text=text).status_code == 302
        seen, path = [], "/acme/night-sky/"
        while path:
            html = get(path)
            seen += re.findall(r'<article class="review-card".*?</article>', html, re.S)
            after = re.search(r'rel="next" href="(/learn/[^"]+/reviews/[^"]+)"', html)
            path = after and after[1].replace("&amp;", "&")
        assert len(seen) == len(given)
        for number, (rating, text) in enumerate(given):
            (card,) = [one for one in seen if f"<bdi>Author {number}</bdi>" in one]
            assert f"{rating} star" in card
            assert escape(text) in card
            assert '<time datetime="' in card


@given(
    first=st.lists(stars, max_size=4), second=st.lists(stars, max_size=4),
    elsewhere=st.lists(stars, max_size=2), unpublished=st.booleans(),
)  # fmt: skip
def test_p105_an_instructors_profile_shows_the_average_over_all_their_courses(
    sky, sea, globe, alice, first, second, elsewhere, unpublished
):
    with fresh_rows():
        rated(sky, *first)
        rated(sea, *second)
        rated(globe, *elsewhere)
        if unpublished:  # what was said of it stays said
            CoursePage.objects.get(pk=sea.pk).unpublish()
        every = first + second + elsewhere
        head = get(f"/instructors/{alice.pk}/").split("<h2")[0]
        if every:
            assert shown_ratings(head) == [(mean(every), str(len(every)))]
        else:
            assert "Not rated yet" in head


@given(
    many=st.integers(2, 8), high=st.integers(4, 5), low=st.integers(1, 2),
)  # fmt: skip
def test_p106_that_average_is_the_mean_of_all_ratings_not_of_course_means(
    sky, sea, alice, many, high, low
):
    with fresh_rows():
        rated(sky, *[high] * many)
        rated(sea, low)
        head = get(f"/instructors/{alice.pk}/").split("<h2")[0]
        assert shown_ratings(head) == [(mean([high] * many + [low]), str(many + 1))]


@given(
    said=st.lists(st.tuples(stars, words), min_size=2, max_size=4),
    others=st.lists(stars, max_size=2),
)
def test_p107_rating_again_replaces_the_earlier_value_and_text(sky, said, others):
    with fresh_rows():
        rated(sky, *others)
        carol = person("carol")
        completed(carol, sky)
        for rating, text in said:
            assert write(carol, sky, rating=rating, text=text).status_code == 302
            with provider_scope(sky.provider_id):
                row = Review.objects.get(course=sky, author=carol)
            assert (row.rating, row.text) == (rating, text)
            html = get("/acme/night-sky/")
            every = [*others, rating]
            assert f"<strong>{mean(every)}</strong>" in html
            (card,) = [
                one
                for one in re.findall(r'<article class="review-card".*?</article>', html, re.S)
                if "<bdi>Carol</bdi>" in one
            ]
            assert escape(text) in card
        assert len(reviews_of(sky)) == len(others) + 1
