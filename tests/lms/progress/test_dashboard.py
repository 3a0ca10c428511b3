"""The dashboard and the history: what they list, where, and at what cost."""

from datetime import UTC, datetime

import pytest

from lms.common import clock
from lms.progress.models import LessonProgress
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol():
    return person("carol")


def text(response):
    return response.content.decode()


def study(student, page):
    enrolment = enrol(student, page)
    with provider_scope(page.provider_id):
        for one in lessons_of(page):
            LessonProgress.objects.create(
                enrolment=enrolment, lesson=one, lesson_title=one.title,
                opened_at=clock.now(), completed_at=clock.now(), seconds=90,
            )  # fmt: skip


@pytest.mark.parametrize("path", ["/learn/", "/learn/history/"])
@pytest.mark.parametrize("courses", [1, 14])
def test_it_takes_at_most_fifteen_queries_however_many_courses(
    carol, path, courses, django_assert_max_num_queries
):
    acme = school()
    for number in range(courses):
        study(carol, course(acme, lessons=3, title=f"Course {number}"))
    browser = reader(carol)
    browser.get(path)  # the process knows its hosts and content types from here on
    with django_assert_max_num_queries(15):
        assert browser.get(path).status_code == 200


def test_a_newcomer_is_led_to_the_catalogue(carol):
    school()
    assert 'href="/courses/"' in text(reader(carol).get("/learn/"))


def test_visitors_are_asked_to_sign_in():
    school()
    assert reader().get("/learn/").status_code == 302


def test_dates_are_written_so_that_nobody_takes_the_day_for_the_month(carol):
    page = course(school())
    enrolment = enrol(carol, page)
    with provider_scope(page.provider_id):
        type(enrolment).objects.filter(pk=enrolment.pk).update(
            enrolled_at=datetime(2026, 11, 5, 12, tzinfo=UTC)
        )
    assert ">5 Nov 2026<" in text(reader(carol).get("/learn/history/"))


def test_whole_hours_are_said_without_minutes(carol):
    page = course(school())
    enrolment = enrol(carol, page)
    with provider_scope(page.provider_id):
        LessonProgress.objects.create(
            enrolment=enrolment, lesson=lessons_of(page)[0], opened_at=clock.now(), seconds=7200
        )
    history = text(reader(carol).get("/learn/history/"))
    assert ">2 h<" in history


def test_the_history_is_paged_and_its_total_is_not(carol):
    acme = school()
    for number in range(27):
        study(carol, course(acme, title=f"Course {number}"))
    page = text(reader(carol).get("/learn/history/?page=2"))
    assert page.count("<tr data-course") == 2
    assert '<p class="stat__value">27 min</p>' in page


def test_nobody_sees_what_somebody_else_studies(carol):
    page = course(school(), title="Secret Gardens")
    enrol(person("dave"), page)
    assert "Secret Gardens" not in text(reader(carol).get("/learn/"))


def test_a_providers_own_site_shows_its_courses_only(carol):
    acme, globex = school(), school("globex")
    enrol(carol, course(acme, title="Night Sky"))
    enrol(carol, course(globex, title="Deep Sea"))
    browser = reader(carol)
    assert "Deep Sea" in text(browser.get("/learn/"))
    own = text(browser.get("/learn/", headers={"host": "acme.localhost"}))
    assert "Night Sky" in own
    assert "Deep Sea" not in own


def test_another_providers_lessons_do_not_exist_on_a_providers_own_site(carol):
    school()
    page = course(school("globex"))
    enrol(carol, page)
    path = f"/learn/{page.pk}/{lessons_of(page)[0].pk}/"
    assert reader(carol).get(path, headers={"host": "acme.localhost"}).status_code == 404


def test_a_draft_title_is_not_shown_before_it_is_published(carol):
    page = course(school(), title="As published")
    enrol(carol, page)
    page.title = "As drafted"
    page.save_revision()
    assert "As published" in text(reader(carol).get("/learn/"))


def test_an_unknown_list_is_not_found(carol):
    school()
    assert reader(carol).get("/learn/?show=nonsense").status_code == 404


@pytest.mark.parametrize("number", ["0", "99", "x", "-1"])
def test_a_page_number_out_of_range_shows_a_page_all_the_same(carol, number):
    enrol(carol, course(school()))
    assert reader(carol).get(f"/learn/history/?page={number}").status_code == 200
