"""Listings follow the page tree, and what courses repeat of others."""

import pytest
from django.core.management import call_command

from home.models import ProviderPage
from lms.courses.models import Category, CourseListing, CoursePage, LessonPage
from lms.events import SYSTEM
from lms.tenants import actions as tenants
from lms.tenants.states import RESUME, SUSPEND
from tests.cast import person
from tests.lms.certificates.making import course, enrol, named, school
from tests.lms.learning import lesson, module, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return school()


def listing(page) -> CourseListing:
    return CourseListing.objects.get(pk=page.pk)


def test_a_draft_has_no_listing(acme):
    draft = CoursePage(title="Draft", summary="Look up.", live=False, provider=acme)
    ProviderPage.objects.get(provider=acme).add_child(instance=draft)
    draft.save_revision()
    assert not CourseListing.objects.exists()


def test_unpublishing_keeps_the_listing_for_those_who_study(acme):
    page = course(acme)
    page.unpublish()
    assert listing(page).live is False


def test_a_deleted_course_leaves_no_listing(acme):
    course(acme).delete()
    assert not CourseListing.objects.exists()


def test_a_deleted_school_page_takes_its_listings_along(acme):
    course(acme)
    ProviderPage.objects.get(provider=acme).delete()
    assert not CourseListing.objects.exists()


def test_lessons_are_counted_as_they_come_and_go(acme):
    page = course(acme, lessons=0)
    part = module(page)
    one, two = lesson(part, "One", minutes=10), lesson(part, "Two", minutes=20)
    assert (listing(page).lesson_count, listing(page).minutes) == (2, 30)
    one.unpublish()
    assert (listing(page).lesson_count, listing(page).minutes) == (1, 20)
    LessonPage.objects.get(pk=two.pk).delete()
    assert (listing(page).lesson_count, listing(page).minutes) == (0, 0)


def test_a_lesson_moved_to_another_course_counts_there(acme):
    one, other = course(acme, lessons=1), course(acme, title="Other", lessons=0)
    (moved,) = LessonPage.objects.child_of(one)
    moved.move(CoursePage.objects.get(pk=other.pk), "last-child")
    assert (listing(one).lesson_count, listing(other).lesson_count) == (0, 1)


def test_a_course_moved_to_another_school_is_listed_there(acme):
    page, globex = course(acme, title="Night Sky"), school("globex")
    page.move(ProviderPage.objects.get(provider=globex), "last-child")
    assert listing(page).provider == globex
    assert listing(page).path == "/globex/night-sky/"


def test_a_school_with_a_new_address_takes_its_courses_along(
    acme, django_capture_on_commit_callbacks
):
    page = course(acme, title="Night Sky")
    home = ProviderPage.objects.get(provider=acme)
    home.slug = "observatory"
    with django_capture_on_commit_callbacks(execute=True):  # Wagtail tells of it then
        home.save_revision().publish()
    assert listing(page).path == "/observatory/night-sky/"


def test_renamed_people_categories_and_providers_are_repeated(acme):
    alice = named("alice", "Alice Ito")
    stars = Category.objects.create(name="Stars", slug="stars")
    page = course(acme, instructors=[alice])
    page.categories = [stars]
    page.save_revision().publish()
    alice.name, stars.name, acme.name = "Alice Sato", "Planets", "Observatory"
    for row in (alice, stars, acme):
        row.save()
    found = listing(page)
    assert found.instructor_names == "Alice Sato"
    assert found.category_names == "Planets"
    assert found.provider_name == "Observatory"


def test_a_deleted_category_is_forgotten(acme):
    stars = Category.objects.create(name="Stars", slug="stars")
    page = course(acme)
    page.categories = [stars]
    page.save_revision().publish()
    stars.delete()
    assert listing(page).category_names == ""


def test_a_suspended_school_disappears_and_comes_back(acme, django_capture_on_commit_callbacks):
    page = course(acme)
    with django_capture_on_commit_callbacks(execute=True):
        tenants.move_provider(acme, SUSPEND, actor=SYSTEM)
    assert listing(page).live is False
    with django_capture_on_commit_callbacks(execute=True):
        tenants.move_provider(acme, RESUME, actor=SYSTEM)
    assert listing(page).live is True


def test_students_are_counted(acme):
    page = course(acme)
    enrol(person("carol"), page)
    assert listing(page).learners == 1


def test_a_cover_comes_in_three_sizes(acme):
    page = course(acme, cover=picture(1600, 900))
    found = listing(page)
    assert [part.split()[1] for part in found.cover_srcset.split(", ")] == ["400w", "800w", "1200w"]
    assert found.cover_url.endswith(".webp")


def test_a_cover_whose_file_is_gone_leaves_the_course_listed(acme):
    cover = picture()
    cover.file.storage.delete(cover.file.name)
    page = course(acme, cover=cover)
    assert listing(page).cover_url == ""


def test_rebuilding_makes_the_same_listings_again(acme, capsys):
    page = course(acme, instructors=[person("alice")])
    gone = course(acme, title="Gone")
    gone.unpublish()
    before = list(CourseListing.objects.order_by("pk").values())
    CourseListing.objects.filter(pk=page.pk).delete()
    call_command("rebuild_listings", batch=1)
    assert list(CourseListing.objects.order_by("pk").values()) == before
    assert "2 courses listed" in capsys.readouterr().out
