"""The desk, as those who work in courses see it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.common import clock
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, house, member, person
from tests.lms.certificates.making import complete, course, enrol, lessons_of, named
from tests.lms.homework.making import hand_in, homework
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db


def get(path, user):
    forget_cached()
    return reader(user).get(path)


def seen(path, user):
    return get(path, user).content.decode()


def test_the_desk_shows_what_waits_and_leads_there(school):
    soon = clock.now() + clock.timedelta(days=2)
    row = homework(school, title="Count the stars", due_at=soon)
    hand_in(school, row)
    html = seen("/desk/", school.alice)
    assert f"/desk/{school.course.pk}/homework/{row.pk}/" in html
    assert "Today and this week" in html and "Homework to review" in html
    assert 'data-students="2"' in html
    assert "Students at risk" in html and "Nobody is at risk" in html


@pytest.mark.parametrize("path", ["/desk/", "/desk/{}/", "/desk/{}/students/"])
def test_strangers_and_students_have_no_desk(school, path):
    path = path.format(school.course.pk)
    assert get(path, school.carol).status_code in (403, 404)
    assert get(path, person("stranger")).status_code in (403, 404)
    assert get(path, None).status_code == 302
    assert get(path, school.bob).status_code == 200


def test_the_header_leads_those_who_work_somewhere_to_the_desk(school):
    link = 'href="/desk/"'
    for who in (school.alice, school.bob):
        assert link in seen("/learn/", who)
    assert link not in seen("/learn/", school.carol)
    forget_cached()
    elsewhere = reader(school.bob).get(
        "/learn/", headers={"host": f"{house('globex').slug}.localhost"}
    )
    assert link not in elsewhere.content.decode()


def test_the_desk_leads_to_the_reports(school):
    assert 'href="/desk/reports/"' in seen("/desk/", school.bob)


def test_courses_of_colleagues_are_a_tab_away(school):
    other = course(school.acme, title="Deep Sea", instructors=[named("zoe", "Zoe")])
    assert "Deep Sea" not in seen("/desk/", school.alice)
    assert "Deep Sea" in seen("/desk/?show=all", school.alice)
    assert "Deep Sea" in seen("/desk/", school.bob)  # who is named nowhere helps everywhere
    assert get(f"/desk/{other.pk}/students/", school.alice).status_code == 200


def test_an_empty_desk_says_what_to_do_first(db):
    from tests.lms.certificates.making import school as make

    new = person("nina")
    member(new, make("fresh"), Role.INSTRUCTOR)
    assert "Your desk is ready" in seen("/desk/", new)


def fill(school, number, prefix):
    for place in range(number):
        page = course(school.acme, title=f"{prefix} {place}", instructors=[school.alice])
        one = person(f"{prefix}{place}")
        enrol(one, page)
        with provider_scope(school.acme):
            from lms.homework import actions

            values = {"title": f"Work {place}", "kind": "text"}
            row = actions.create(page, values, actor=school.alice)
            actions.assign(row, actor=school.alice, at=clock.now())


def test_the_desk_asks_as_many_queries_for_many_rows_as_for_few(school):
    with clock.later(days=40):
        browser = reader(school.alice)
        browser.get("/desk/")
        row = homework(school)
        hand_in(school, row)
        with CaptureQueriesContext(connection) as few:
            assert browser.get("/desk/").status_code == 200
        fill(school, 4, "more")
        hand_in(school, homework(school, title="Another"), "dave")
        browser.get("/desk/")  # pages were published: what is known of sites is read again
        with CaptureQueriesContext(connection) as many:
            assert browser.get("/desk/").status_code == 200
    assert len(many) <= len(few) <= 20, "\n".join(one["sql"][:150] for one in few)


def test_the_roster_shows_students_with_dates_progress_and_activity(school):
    complete(school.seats["carol"], lessons_of(school.course)[:1])
    html = seen(f"/desk/{school.course.pk}/students/", school.alice)
    found = dict(re.findall(r'data-seat="([^"]+)".*?data-percent="(\d+)"', html, re.S))
    assert found == {str(school.seats["carol"].pk): "25", str(school.seats["dave"].pk): "0"}
    assert "carol@example.org" in html


def test_the_roster_asks_few_queries_however_many_students(school):
    browser = reader(school.alice)
    path = f"/desk/{school.course.pk}/students/"
    from lms.teaching import actions

    actions.count(school.course)
    browser.get(path)
    with CaptureQueriesContext(connection) as few:
        browser.get(path)
    for number in range(12):
        enrol(person(f"more{number}"), school.course)
    actions.count(school.course)
    with CaptureQueriesContext(connection) as many:
        browser.get(path)
    assert len(many) <= len(few) <= 12, "\n".join(one["sql"][:150] for one in few)
