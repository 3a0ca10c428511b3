"""When lessons open: by date, by days, with the group, one after another; and who is told why."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.common import clock
from lms.courses.models import CoursePage, LessonPage
from lms.courses.rules import Release
from lms.enrolments import actions, rules
from lms.enrolments.models import Enrolment, Group
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.certificates.making import course, enrol, lessons_of
from tests.lms.certificates.making import school as house
from tests.lms.homework.making import a_class, homework
from tests.lms.learning import lesson, module, reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return house()


@pytest.fixture
def carol():
    return person("carol")


def url(page, one):
    return f"/learn/{page.pk}/{one.pk}/"


def ahead(**delta):
    return clock.now() + timedelta(**delta)


def release(one, **fields):
    type(one).objects.filter(pk=one.pk).update(**fields)


# --- Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        # 9:00 in Berlin stays 9:00, whatever the clocks do in between.
        ("2026-03-28T08:00", 1, "2026-03-29T07:00"),
        ("2026-10-24T07:00", 1, "2026-10-25T08:00"),
        # 2:30 is skipped on the last Sunday of March, and comes twice on that of October.
        ("2026-03-28T01:30", 1, "2026-03-29T01:30"),
        ("2026-10-24T00:30", 1, "2026-10-25T01:30"),
        ("2026-01-01T12:00", 3660, "2036-01-09T12:00"),
    ],
)
def test_days_are_counted_by_the_clocks_on_the_wall(moment, days, expected):
    start, end = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (moment, expected))
    assert rules.days_later(start, days, "Europe/Berlin") == end


def test_a_lesson_opens_at_the_last_of_its_releases():
    since = datetime(2026, 5, 1, tzinfo=UTC)
    late = datetime(2026, 5, 20, tzinfo=UTC)
    assert rules.opens_at([], since, "UTC") is None
    assert rules.opens_at([Release(late), Release(after_days=3)], since, "UTC") == late
    assert rules.opens_at([Release(after_days=30)], since, "UTC") == since + timedelta(days=30)


# --- Pages ----------------------------------------------------------------------------------------


def test_a_lesson_opens_on_its_date_told_in_the_readers_zone(acme):
    carol = person("carol", time_zone="Asia/Tokyo")
    page = course(acme, lessons=2)
    first, second = lessons_of(page)
    when = datetime(2030, 1, 15, 8, 30, tzinfo=UTC)
    release(second, release_at=when)
    enrol(carol, page)
    browser = reader(carol)
    closed = browser.get(url(page, second))
    assert closed.status_code == 403
    assert "This lesson opens on 15 January 2030, 17:30." in closed.content.decode()
    for path in (url(page, first), f"/acme/{page.slug}/"):
        html = browser.get(path).content.decode()
        assert "opens on 15 Jan 2030, 17:30" in html, path
        assert f'href="{url(page, second)}"' not in html
    with clock.stopped_at(when):
        assert browser.get(url(page, second)).status_code == 200


def test_a_module_holds_its_lessons_back_and_shows_its_previews(acme, carol):
    page = course(acme, lessons=0)
    part = module(page)
    inner, shown = lesson(part), lesson(part, free_preview=True)
    release(part, release_after_days=7)
    enrol(carol, page)
    browser = reader(carol)
    assert [browser.get(url(page, one)).status_code for one in (inner, shown)] == [403, 200]
    with clock.later(days=7, minutes=1):
        assert browser.get(url(page, inner)).status_code == 200


def test_a_group_with_dates_opens_the_course_from_its_start_to_its_end(acme, carol):
    page = course(acme, lessons=1)
    (one,) = lessons_of(page)
    seat = enrol(carol, page)
    olga = person("olga", is_superuser=True)
    answer = reader(olga).post(
        f"/desk/{page.pk}/groups/new/",
        {
            "name": "Spring",
            "members": [seat.pk],
            "starts": f"{ahead(days=10):%Y-%m-%dT%H:%M}",
            "ends": f"{ahead(days=20):%Y-%m-%dT%H:%M}",
        },
    )
    assert answer.status_code == 302
    release(one, release_after_days=3)
    browser = reader(carol)

    def answers(**delta):
        with clock.later(**delta):
            told = browser.get(url(page, one), headers={"accept": "application/json"})
            return told.json()["error"]["code"] if told.status_code != 200 else "open"

    assert answers(days=5) == "COHORT_NOT_STARTED"
    assert answers(days=11) == "NOT_RELEASED"
    assert answers(days=14) == "open"
    assert answers(days=21) == "COHORT_OVER"
    with clock.later(days=21):
        actions.extend(page, carol, until=ahead(days=5), actor=olga, at=clock.now())
    assert [answers(days=22), answers(days=27)] == ["open", "ACCESS_EXPIRED"]


def test_a_group_ends_after_it_starts(acme, carol):
    page = course(acme)
    answer = reader(person("olga", is_superuser=True)).post(
        f"/desk/{page.pk}/groups/new/",
        {"name": "Spring", "starts": "2030-02-01T08:00", "ends": "2030-02-01T08:00"},
    )
    assert answer.status_code == 422
    assert "The end has to be after the start." in answer.content.decode()
    with provider_scope(acme):
        assert not Group.objects.exists()


def test_lessons_open_one_after_another(acme, carol):
    page = course(acme, lessons=3, in_order=True)
    one, two, three = lessons_of(page)
    enrol(carol, page)
    browser = reader(carol)
    assert [browser.get(url(page, each)).status_code for each in (one, two, three)] == [
        200, 403, 403,
    ]  # fmt: skip
    html = browser.get(url(page, two)).content.decode()
    assert f"This lesson opens when “{one.title}” is completed." in html
    assert f'href="{url(page, one)}"' in html
    assert browser.post(f"{url(page, one)}complete/").url == url(page, two)
    assert [browser.get(url(page, each)).status_code for each in (two, three)] == [200, 403]
    refreshed = browser.post(f"{url(page, two)}complete/", headers={"hx-request": "true"})
    assert refreshed.headers["HX-Refresh"] == "true"
    # One put in later, before what is done, closes nothing behind it.
    LessonPage.objects.filter(pk=one.pk).update(required=False)
    assert browser.get(url(page, three)).status_code == 200


def test_what_belongs_to_a_lesson_waits_with_it():
    school = a_class(lessons=1)
    (one,) = lessons_of(school.course)
    piece = homework(school, lesson=one)
    release(one, release_at=ahead(days=3))
    browser = reader(school.carol)
    closed = browser.get(f"{school.url}{piece.pk}/")
    assert closed.status_code == 403
    assert "This lesson opens on" in closed.content.decode()
    assert piece.title not in browser.get(school.url).content.decode()
    with clock.later(days=4):
        assert browser.get(f"{school.url}{piece.pk}/").status_code == 200


# --- The desk -------------------------------------------------------------------------------------


def test_the_desk_says_of_each_lesson_why_it_is_closed_and_what_would_open_it():
    school = a_class(lessons=2, opens_by_plan=True)
    _one, two = lessons_of(school.course)
    release(two, release_at=datetime(2030, 1, 15, 8, 30, tzinfo=UTC))
    desk = f"/desk/{school.course.pk}/access/"
    seat = school.seats["carol"]
    teacher = reader(school.alice)
    assert f"{desk}?student={seat.pk}" in teacher.get(desk, {"q": "carol"}).content.decode()
    html = teacher.get(desk, {"student": str(seat.pk)}).content.decode()
    assert "None of the student’s lesson plans opens it yet." in html
    assert "Opens on 15 January 2030, 08:30" in html
    assert "Put the lesson in a plan and give it to the student." in html


def test_the_desk_is_for_those_who_follow_the_courses_students():
    school = a_class(lessons=1)
    desk = f"/desk/{school.course.pk}/access/"
    seat = school.seats["carol"]
    assert reader(school.bob).get(f"{desk}?student={seat.pk}").status_code == 200  # assists
    for user in (school.carol, person("eve")):
        assert reader(user).get(f"{desk}?student={seat.pk}").status_code == 404
    stranger = enrol(person("zoe"), course(house("globex")))
    assert reader(school.alice).get(f"{desk}?student={stranger.pk}").status_code == 404
    for wrong in ("x", "1", "00000000-0000-0000-0000-000000000000"):
        assert reader(school.alice).get(f"{desk}?student={wrong}").status_code == 404


@pytest.mark.parametrize("lessons", [2, 20])
def test_the_desks_page_costs_no_query_a_lesson(lessons, django_assert_max_num_queries):
    school = a_class(lessons=lessons, in_order=True)
    path = f"/desk/{school.course.pk}/access/?student={school.seats['carol'].pk}"
    teacher = reader(school.alice)
    teacher.get(path)
    with django_assert_max_num_queries(20):
        assert teacher.get(path).status_code == 200


def test_extending_from_the_desk_refuses_what_is_past():
    school = a_class(lessons=1)
    seat = school.seats["carol"]
    path = f"/desk/{school.course.pk}/access/{seat.pk}/extend/"
    teacher = reader(school.alice)
    refused = teacher.post(path, {"until": "2020-01-01T10:00"})
    assert refused.status_code == 422
    assert "Choose a time that is still to come." in refused.content.decode()
    assert teacher.post(path, {"until": "2030-01-01T10:00"}).status_code == 302
    with provider_scope(school.acme):
        stored = Enrolment.objects.get(pk=seat.pk)
    assert stored.expires_at == datetime(2030, 1, 1, 10, tzinfo=UTC)
    assert CoursePage.objects.get(pk=school.course.pk).time_zone == "UTC"
