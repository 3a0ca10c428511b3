"""The figures page, as the people of a school see it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from home.groups import sync_groups
from lms.common import clock
from lms.enrolments.actions import grant, grant_many
from lms.enrolments.models import Enrolment
from lms.events import SYSTEM
from lms.progress import actions as progress
from lms.reports.actions import add, recount
from lms.reports.models import ActiveFigures, Period, PeriodFigures
from lms.reports.rules import Span, change, start_of
from lms.reports.tasks import recount_lately
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import complete, course, enrol, lessons_of, school
from tests.lms.learning import body_of, reader

pytestmark = pytest.mark.django_db

PAGE = "/cms/figures/"


@pytest.fixture
def acme():
    return school()


@pytest.fixture
def ada(acme):
    user = get_user_model().objects.get(email="acme-admin@example.org")
    sync_groups(user, acme)
    return user


def learn(name, page):
    """Somebody enrols and completes everything; subscribers hear of it."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        enrolment = enrol(person(name), page)
    return complete(enrolment)


def seen(client, ask=""):
    response = client.get(PAGE + ask)
    assert response.status_code == 200
    return response


def test_what_happens_is_on_the_page_at_once(acme, ada):
    page = course(acme, lessons=2, title="Stars")
    learn("carol", page)
    with TestCase.captureOnCommitCallbacks(execute=True):
        enrol(person("dave"), page)
    context = seen(reader(ada)).context
    totals = {name: total.now for name, total in context["figures"].totals.items()}
    assert totals == {
        "enrolments": 2, "lessons": 2, "completions": 1, "certificates": 1,
        "started": 1, "finished": 1, "certified": 1, "active": 0,
    }  # fmt: skip
    assert [(number, percent) for _label, number, percent in context["funnel"]] == [
        (2, 100), (1, 50), (1, 50), (1, 50),
    ]  # fmt: skip
    assert [row["course__title"] for row in context["courses"]] == ["Stars"]
    html = seen(reader(ada), "?days=7").content.decode()
    assert html.count("<svg") >= 3
    assert "Stars" in html


def test_another_houses_figures_are_nowhere(acme, ada):
    learn("carol", course(school("globex"), title="Rocks"))
    response = seen(reader(ada), "?days=all")
    assert response.context["figures"].is_empty
    assert "Nobody has enrolled" in response.content.decode()
    assert "Rocks" not in response.content.decode()
    csv_of_courses = body_of(reader(ada).get(f"{PAGE}csv/?of=courses")).decode()
    assert "Rocks" not in csv_of_courses


def test_instructors_see_them_and_students_do_not(acme, ada):
    alice, carol = person("alice"), person("carol")
    member(alice, acme, Role.INSTRUCTOR)
    member(carol, acme, Role.STUDENT)
    sync_groups(alice, acme)
    assert reader(alice).get(PAGE).status_code == 200
    for address in (PAGE, f"{PAGE}csv/"):
        assert reader(carol).get(address).status_code in (302, 403)
        assert reader().get(address).status_code == 302


def test_the_csv_holds_no_formulas(acme, ada):
    learn("carol", course(acme, lessons=1, title="=1+1"))
    rows = list(csv.DictReader(io.StringIO(
        body_of(reader(ada).get(f"{PAGE}csv/?of=courses")).decode()
    )))  # fmt: skip
    assert [(row["course"], row["enrolments"]) for row in rows] == [("'=1+1", "1")]
    days = list(csv.DictReader(io.StringIO(
        body_of(reader(ada).get(f"{PAGE}csv/?days=7")).decode()
    )))  # fmt: skip
    assert len(days) == 7
    assert days[-1]["enrolments"] == "1"


@pytest.mark.parametrize(
    "ask",
    [
        "?days=none",
        "?days=99999999",
        "?first=2026-05-01&last=2020-01-01",
        "?first=x&last=y",
        "?first=0001-01-01",
        "?first=2999-01-01",
        "?sort=provider__name",
        "?sort=-course__owner__password",
        "?p=77",
    ],
)
def test_an_address_that_makes_no_sense_shows_something(acme, ada, ask):
    seen(reader(ada), ask)


def test_courses_are_sorted_and_paged(acme, ada):
    today = clock.now().date()
    for number in range(27):
        page = course(acme, lessons=0, title=f"Course {number:02}")
        with provider_scope(acme):
            add(acme.pk, page.pk, today, "enrolments", by=number)
    most = seen(reader(ada)).context["courses"]
    assert most[0]["course__title"] == "Course 26"
    assert len(most) == 25
    titles = seen(reader(ada), "?sort=title&p=2").context["courses"]
    assert [row["course__title"] for row in titles] == ["Course 25", "Course 26"]


def test_the_page_asks_as_much_however_many_enrol(acme, ada):
    page = course(acme, lessons=1)
    client = reader(ada)

    def queries():
        seen(client)
        with CaptureQueriesContext(connection) as counted:
            seen(client)
        return [query["sql"] for query in counted]

    learn("carol", page)
    few = queries()
    for number in range(5):
        learn(f"student-{number}", page)
    many = queries()
    assert len(many) == len(few)
    assert not any("enrolments_enrolment" in sql or "lessonprogress" in sql for sql in many)


def test_many_who_enrol_together_are_counted_as_if_one_by_one(acme, ada):
    """Some of them were active before: the same day, the same month, or elsewhere."""
    page, other = course(acme, title="Stars"), course(acme, title="Rocks")
    people = [person(f"student-{number}") for number in range(6)]
    now = datetime(2026, 10, 21, 12, tzinfo=UTC)  # a Wednesday
    days = {0: now, 1: now - timedelta(days=1), 2: now - timedelta(days=10)}
    with TestCase.captureOnCommitCallbacks(execute=True):
        for number, moment in days.items():
            grant(other, people[number], actor=SYSTEM, at=moment)
        for one in people[3:]:
            member(one, acme, Role.STUDENT)
    with TestCase.captureOnCommitCallbacks(execute=True):
        grant_many(page, people, actor=SYSTEM, at=now)

    def kept():
        with provider_scope(acme):
            active = ActiveFigures.objects.values_list("period", "start", "learners")
            figures = PeriodFigures.objects.values_list("course", "period", "start", "enrolments")
            return sorted(active), sorted(figures, key=str)

    counted = kept()
    assert ("day", now.date(), 6) in counted[0] and ("month", date(2026, 10, 1), 6) in counted[0]
    recount(acme)
    assert kept() == counted


def test_what_was_missed_is_found_at_night(acme):
    page = course(acme, lessons=1)
    enrolment = enrol(person("carol"), page)  # nobody hears of it: there is no commit
    with provider_scope(acme):
        progress.complete_lesson(
            enrolment, lessons_of(page)[0], actor=enrolment.student, at=clock.now()
        )
        assert not PeriodFigures.objects.exists()
    recount_lately()
    with provider_scope(acme):
        row = PeriodFigures.objects.get(course=page, period=Period.DAY)
    assert (row.enrolments, row.lessons, row.completions, row.finished) == (1, 1, 1, 1)


def test_the_command_counts_everything_anew(acme):
    page = course(acme, lessons=1)
    enrolment = enrol(person("carol"), page)
    long_ago = datetime(2020, 2, 29, 23, 30, tzinfo=UTC)
    with provider_scope(acme):
        Enrolment.objects.filter(pk=enrolment.pk).update(enrolled_at=long_ago)
    recount_lately()
    with provider_scope(acme):
        assert not PeriodFigures.objects.exists()
    call_command("recount_figures", "acme", verbosity=0)
    with provider_scope(acme):
        rows = PeriodFigures.objects.filter(course=page).order_by("period")
        assert list(rows.values_list("period", "start", "enrolments")) == [
            ("day", date(2020, 2, 29), 1), ("month", date(2020, 2, 1), 1),
        ]  # fmt: skip


def test_periods_begin_where_people_think():
    assert start_of("week", date(2026, 4, 1)) == date(2026, 3, 30)
    assert start_of("month", date(2026, 4, 1)) == date(2026, 4, 1)
    span = Span(date(2026, 1, 1), date(2026, 1, 30))
    assert span.before == Span(date(2025, 12, 2), date(2025, 12, 31))
    assert (change(5, 4), change(3, 0), change(0, 4)) == (25, None, -100)
    assert Span(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=364)).period == "week"
