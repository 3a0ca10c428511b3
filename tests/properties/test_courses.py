"""P1, P2, P3, P6, P53, P54, P55, P83, P84, P87, M7: courses, and where they are found."""

import re
import unicodedata

import pytest
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import Page

from lms.courses.models import Category, CourseListing, CoursePage, LessonPage, Visibility
from lms.courses.selectors import curriculum
from tests.cast import fresh_rows, person
from tests.lms.certificates.making import course, enrol, named, school
from tests.lms.learning import lesson, module, reader

pytestmark = pytest.mark.django_db

# Whatever people call things: letters of any script, digits, emoji, spaces inside.
titles = st.text(st.characters(categories=["L", "N", "So", "Zs"]), min_size=1, max_size=60).filter(
    str.strip
)
prices = st.integers(0, 10**6)


@pytest.fixture
def acme():
    return school()


def catalogue(host: str = "localhost", **wishes: str) -> str:
    response = Client(HTTP_HOST=host).get("/courses/", wishes)
    assert response.status_code == 200
    return response.content.decode()


def cards(html: str) -> list[str]:
    return re.findall(r'<article class="card card--link course-card">.*?</article>', html, re.S)


def linked(html: str) -> set[str]:
    return set(re.findall(r'class="card__link"[^>]*href="([^"]+)"', html))


def counts(html: str) -> dict[str, int]:
    """{category: the number written beside it} of a rendered catalogue."""
    found = re.findall(
        r'name="category" value="([^"]+)"[^>]*>\s*[^<]+<span class="filters__count">(\d+)<', html
    )
    return {value: int(number) for value, number in found}


def shelf(acme, sets):
    """A course for each set of categories; {slug of the category: paths of its courses}."""
    known = {name: Category.objects.create(name=name, slug=name) for name in ("art", "data", "law")}
    expected: dict[str, set[str]] = {name: set() for name in known}
    for number, names in enumerate(sets):
        categories = [known[name] for name in names]
        page = course(acme, title=f"Course {number}", lessons=0, categories=categories)
        for name in names:
            expected[name].add(f"/acme/{page.slug}/")
    return expected


category_sets = st.lists(st.sets(st.sampled_from(["art", "data", "law"])), max_size=4)


@given(names=st.lists(titles, min_size=2, max_size=4), price=prices)
def test_p001_every_course_gets_an_identifier_of_its_own(acme, names, price):
    with fresh_rows():
        pages = [course(acme, title=name, price_minor=price, lessons=0) for name in names]
        assert len({page.pk for page in pages}) == len(names)
        assert len({page.url_path for page in pages}) == len(names)


@given(order=st.permutations(range(5)), nested=st.booleans())
def test_p002_lessons_come_back_in_the_order_the_author_gave_them(acme, order, nested):
    with fresh_rows():
        page = course(acme, lessons=0)
        above = module(page, "Part") if nested else page
        made = [lesson(above, f"Lesson {number}") for number in range(5)]
        wanted = [made[number] for number in order]
        for one in wanted:  # each to the end, in the wanted order
            LessonPage.objects.get(pk=one.pk).move(
                type(above).objects.get(pk=above.pk), "last-child"
            )
        found = curriculum(CoursePage.objects.get(pk=page.pk)).lessons
        assert [one.id for one in found] == [one.pk for one in wanted]


@given(title=titles)
def test_p003_publishing_makes_a_course_appear_in_the_marketplace(acme, title):
    with fresh_rows():
        page = course(acme, title=title, lessons=0)
        page.unpublish()
        path = f"/acme/{page.slug}/"
        assert path not in linked(catalogue())
        CoursePage.objects.get(pk=page.pk).save_revision().publish()
        assert path in linked(catalogue())


@given(title=titles, summary=titles, name=titles, price=prices)
def test_p006_a_card_shows_title_description_instructor_and_price(
    acme, title, summary, name, price
):
    with fresh_rows():
        teacher = named("teacher", name)
        course(
            acme, title=title, summary=summary, price_minor=price, instructors=[teacher], lessons=0
        )
        (card,) = cards(catalogue())
        amount = f"{price / 100:,.2f}" if price else "Free"
        # Names are kept in one form: the same letters, however they were typed.
        for shown in (title, summary, unicodedata.normalize("NFC", name), amount):
            assert escape(shown) in card


@given(sets=category_sets)
def test_p053_a_category_lists_only_its_own_courses(acme, sets):
    with fresh_rows():
        expected = shelf(acme, sets)
        for name, paths in expected.items():
            assert linked(catalogue(category=name)) <= paths


@given(sets=category_sets)
def test_p054_the_count_beside_a_category_is_the_number_of_courses_under_it(acme, sets):
    with fresh_rows():
        expected = shelf(acme, sets)
        shown = counts(catalogue())
        assert shown.keys() == {name for name, paths in expected.items() if paths}
        for name, number in shown.items():
            assert len(linked(catalogue(category=name))) == number


@given(sets=category_sets)
def test_p055_a_course_shows_up_under_each_of_its_categories(acme, sets):
    with fresh_rows():
        for name, paths in shelf(acme, sets).items():
            assert linked(catalogue(category=name)) >= paths


@given(sets=category_sets, level=st.sampled_from(["all", "beginner"]))
def test_p087_counts_beside_other_filters_are_true_too(acme, sets, level):
    with fresh_rows():
        shelf(acme, sets)
        for number, page in enumerate(CoursePage.objects.order_by("pk")):
            if number % 2:
                page.level = "beginner"
                page.save_revision().publish()
        shown = counts(catalogue(level=level))
        for name in ("art", "data", "law"):
            assert len(linked(catalogue(category=name, level=level))) == shown.get(name, 0)


@given(portal=st.booleans())
def test_p083_unpublishing_hides_a_course_and_keeps_its_students_in(acme, portal):
    with fresh_rows():
        carol = person("carol")
        visibility = Visibility.PORTAL if portal else Visibility.MARKETPLACE
        page = course(acme, visibility=visibility)
        enrol(carol, page)
        page.unpublish()
        for host in ("localhost", "acme.localhost"):
            assert not linked(catalogue(host))
        (first,) = curriculum(page).lessons
        assert reader(carol).get(f"/learn/{page.pk}/{first.id}/").status_code == 200


@given(text=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40))
def test_p084_an_edit_is_seen_at_once_after_publishing(acme, text):
    with fresh_rows():
        carol = person("carol")
        page = course(acme)
        enrol(carol, page)
        (one,) = LessonPage.objects.child_of(page)
        reader(carol).get(f"/learn/{page.pk}/{one.pk}/")
        one.body = [("rich_text", f"<p>{text}</p>")]
        one.save_revision().publish()
        seen = reader(carol).get(f"/learn/{page.pk}/{one.pk}/").content.decode()
        assert escape(text) in seen


@given(title=titles)
def test_p084_an_edit_to_the_course_is_seen_in_the_catalogue_at_once(acme, title):
    with fresh_rows():
        page = course(acme, lessons=0)
        catalogue()
        page.title = title
        page.save_revision().publish()
        assert escape(title) in catalogue()
        assert CourseListing.objects.get(pk=page.pk).title == title


deeds = st.lists(
    st.tuples(st.sampled_from(["rename", "move", "reorder"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=6,
)


@given(sizes=st.lists(st.integers(0, 3), min_size=2, max_size=3), deeds=deeds)
def test_m07_hierarchy_categories_and_enrolments_survive_edits_and_moves(acme, sizes, deeds):
    with fresh_rows():
        page = course(acme, lessons=1)
        page.categories = [Category.objects.create(name=name, slug=name) for name in ("art", "law")]
        page.save_revision().publish()
        tree: dict[int, list[int]] = {}
        for number, size in enumerate(sizes):
            part = module(page, f"Part {number}")
            tree[part.pk] = [lesson(part, f"Lesson {number}.{one}").pk for one in range(size)]
        carol = person("carol")
        enrol(carol, page)
        (first,) = LessonPage.objects.child_of(page)
        browser = reader(carol)
        browser.post(f"/learn/{page.pk}/{first.pk}/complete/")
        for deed, one, other in deeds:
            parts, every = list(tree), [pk for lessons in tree.values() for pk in lessons]
            if deed == "reorder":
                part = parts[one % len(parts)]
                Page.objects.get(pk=part).move(Page.objects.get(pk=page.pk), "last-child")
                tree[part] = tree.pop(part)
            elif every and deed == "move":
                target, pk = parts[other % len(parts)], every[one % len(every)]
                Page.objects.get(pk=pk).move(Page.objects.get(pk=target), "last-child")
                next(lessons for lessons in tree.values() if pk in lessons).remove(pk)
                tree[target].append(pk)
            elif every:
                renamed = LessonPage.objects.get(pk=every[one % len(every)])
                renamed.title = f"Renamed {other}"
                renamed.save_revision().publish()
        found = curriculum(CoursePage.objects.get(pk=page.pk)).modules
        assert {part.id: [one.id for one in part.lessons] for part in found if part.id} == {
            part: lessons for part, lessons in tree.items() if lessons
        }
        assert [part.id for part in found if part.id] == [pk for pk in tree if tree[pk]]
        path = f"/acme/{page.slug}/"
        assert all(path in linked(catalogue(category=name)) for name in ("art", "law"))
        everything = [first.pk, *(pk for lessons in tree.values() for pk in lessons)]
        assert {browser.get(f"/learn/{page.pk}/{pk}/").status_code for pk in everything} == {200}
        html = browser.get(f"/learn/{page.pk}/{first.pk}/").content.decode()
        assert re.search(rf'class="lesson[^"]*lesson--done[^"]*" id="row-{first.pk}"', html)
