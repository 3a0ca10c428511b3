"""P1, P2, P3, P6, P53, P54, P55, P83, P84, P87, M7: courses, and where they are found."""

import re
import unicodedata
from itertools import chain, cycle, repeat

import pytest
from django.test import Client
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import Page

from lms.courses.models import Category, CourseListing, CoursePage, LessonPage, Visibility
from lms.courses.selectors import curriculum
from tests.cast import forget_cached, fresh_rows, person
from tests.lms.certificates.making import Shelf, course, enrol, named
from tests.lms.learning import keep, lesson, module, reader

pytestmark = pytest.mark.django_db

# Whatever people call things: letters of any script, digits, emoji, spaces inside.
titles = st.text(st.characters(categories=["L", "N", "So", "Zs"]), min_size=1, max_size=60).filter(
    str.strip
)
prices = st.integers(0, 10**6)


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


@pytest.fixture
def known(db):
    return {name: Category.objects.create(name=name, slug=name) for name in ("art", "data", "law")}


@pytest.fixture
def shelved(acme, known):
    """Courses by their level and the names of their categories."""
    return Shelf(
        lambda wanted: course(
            acme, lessons=0, level=wanted[0], categories=[known[name] for name in wanted[1]]
        )
    )


def offer(pages, sets):
    """Let these be all that is published, each in its set of categories.

    Returns {slug of the category: paths of its courses}.
    """
    CourseListing.objects.exclude(pk__in=[page.pk for page in pages]).delete()
    expected = {name: set() for name in ("art", "data", "law")}
    for page, names in zip(pages, sets, strict=True):
        for name in names:
            expected[name].add(f"/acme/{page.slug}/")
    return expected


category_sets = st.lists(st.frozensets(st.sampled_from(["art", "data", "law"])), max_size=4)


@given(names=st.lists(titles, min_size=2, max_size=4), price=prices)
def test_p001_every_course_gets_an_identifier_of_its_own(acme, names, price):
    with fresh_rows():
        pages = [course(acme, title=name, price_minor=price, lessons=0) for name in names]
        assert len({page.pk for page in pages}) == len(names)
        assert len({page.url_path for page in pages}) == len(names)


@pytest.fixture
def laid_out(acme):
    """{whether its five lessons stand in a module: (a course, what they stand below, they)}."""
    found = {}
    for nested in (False, True):
        page = course(acme, lessons=0)
        above = module(page, "Part") if nested else page
        found[nested] = page, above, [lesson(above, f"Lesson {number}") for number in range(5)]
    return found


@given(order=st.permutations(range(5)), nested=st.booleans())
def test_p002_lessons_come_back_in_the_order_the_author_gave_them(laid_out, order, nested):
    page, above, made = laid_out[nested]
    with fresh_rows():
        forget_cached()
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
def test_p053_a_category_lists_only_its_own_courses(shelved, sets):
    pages = shelved(*zip(repeat("all"), sets))
    with fresh_rows():
        for name, paths in offer(pages, sets).items():
            assert linked(catalogue(category=name)) <= paths


@given(sets=category_sets)
def test_p054_the_count_beside_a_category_is_the_number_of_courses_under_it(shelved, sets):
    pages = shelved(*zip(repeat("all"), sets))
    with fresh_rows():
        expected = offer(pages, sets)
        shown = counts(catalogue())
        assert shown.keys() == {name for name, paths in expected.items() if paths}
        for name, number in shown.items():
            assert len(linked(catalogue(category=name))) == number


@given(sets=category_sets)
def test_p055_a_course_shows_up_under_each_of_its_categories(shelved, sets):
    pages = shelved(*zip(repeat("all"), sets))
    with fresh_rows():
        for name, paths in offer(pages, sets).items():
            assert linked(catalogue(category=name)) >= paths


@given(sets=category_sets, level=st.sampled_from(["all", "beginner"]))
def test_p087_counts_beside_other_filters_are_true_too(shelved, sets, level):
    pages = shelved(*zip(cycle(["all", "beginner"]), sets))
    with fresh_rows():
        offer(pages, sets)
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
def test_p084_an_edit_is_seen_at_once_after_publishing(shelf, carol, text):
    (page,) = shelf(1)
    with fresh_rows():
        enrol(carol, page)
        (one,) = LessonPage.objects.child_of(page)
        reader(carol).get(f"/learn/{page.pk}/{one.pk}/")
        one.body = [("rich_text", f"<p>{text}</p>")]
        one.save_revision().publish()
        seen = reader(carol).get(f"/learn/{page.pk}/{one.pk}/").content.decode()
        assert escape(text) in seen


@given(title=titles)
def test_p084_an_edit_to_the_course_is_seen_in_the_catalogue_at_once(shelf, title):
    (page,) = shelf(0)
    with fresh_rows():
        catalogue()
        page.title = title
        page.save_revision().publish()
        assert escape(title) in catalogue()
        assert CourseListing.objects.get(pk=page.pk).title == title


deeds = st.lists(
    st.tuples(st.sampled_from(["rename", "move", "reorder"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=6,
)


@pytest.fixture
def whole(acme, known):
    """A course in two categories: a lesson, and after it three modules of three."""
    page = course(acme, categories=[known["art"], known["law"]])
    modules = {}
    for number in range(3):
        part = module(page, f"Part {number}")
        modules[part.pk] = [lesson(part, f"Lesson {number}.{one}").pk for one in range(3)]
    return {"page": page.pk, "first": LessonPage.objects.child_of(page).get(), "modules": modules}


@given(sizes=st.lists(st.integers(0, 3), min_size=2, max_size=3), deeds=deeds)
def test_m07_hierarchy_categories_and_enrolments_survive_edits_and_moves(
    whole, carol, sizes, deeds
):
    with fresh_rows():
        forget_cached()
        page, first = CoursePage.objects.get(pk=whole["page"]), whole["first"]
        tree: dict[int, list[int]] = {
            part: lessons[:size]
            for (part, lessons), size in zip(whole["modules"].items(), sizes, strict=False)
        }
        keep(page, [first.pk, *tree, *chain.from_iterable(tree.values())])
        enrol(carol, page)
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
