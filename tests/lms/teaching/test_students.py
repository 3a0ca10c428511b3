"""A student's page, notes about them, and what is done with several at once."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from lms.enrolments.actions import save_group
from lms.enrolments.models import Enrolment, GroupMember
from lms.teaching import actions
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, person
from tests.lms.certificates.making import complete, course, enrol, lessons_of, named
from tests.lms.homework.making import give_feedback, hand_in, homework
from tests.lms.learning import body_of, reader

pytestmark = pytest.mark.django_db


def path_of(school, who="carol"):
    return f"/desk/{school.course.pk}/students/{school.seats[who].pk}/"


def html(school, user, path):
    forget_cached()
    return reader(user).get(path).content.decode()


def test_a_students_page_tells_of_lessons_homework_groups_and_what_happened(school):
    complete(school.seats["carol"], lessons_of(school.course)[:1])
    row = homework(school, title="Count the stars")
    hand_in(school, row)
    with provider_scope(school.acme):
        save_group(school.course, name="Owls", members=[school.seats["carol"]], actor=school.alice)
    shown = html(school, school.bob, path_of(school))
    for words in ("Lesson 0", "Lesson 3", "Count the stars", "Owls", "Completed “Lesson 0”"):
        assert words in shown
    assert shown.count("data-done") == 1
    assert "Handed in “Count the stars”" in shown


def test_a_students_page_belongs_to_its_course(school):
    other = course(school.acme, title="Deep Sea", instructors=[school.alice])
    seat = school.seats["carol"].pk
    assert reader(school.alice).get(f"/desk/{other.pk}/students/{seat}/").status_code == 404
    assert reader(school.carol).get(path_of(school)).status_code == 404


def test_its_queries_do_not_grow_with_what_was_done(school):
    browser = reader(school.alice)
    homework(school)
    actions.count(school.course)
    browser.get(path_of(school))
    complete(school.seats["carol"], lessons_of(school.course)[:1])
    hand_in(school, homework(school, title="One"))
    with CaptureQueriesContext(connection) as few:
        browser.get(path_of(school))
    complete(school.seats["carol"], lessons_of(school.course))
    for number in range(3):
        hand_in(school, homework(school, title=f"More {number}"))
    actions.count(school.course)
    browser.get(path_of(school))
    with CaptureQueriesContext(connection) as many:
        browser.get(path_of(school))
    assert len(many) <= len(few) + 1  # the certificate


def test_notes_are_for_colleagues_and_can_be_taken_away_and_back(school):
    bob, alice = reader(school.bob), reader(school.alice)
    bob.post(f"{path_of(school)}notes/", {"text": "Works at night"})
    alice.post(f"{path_of(school)}notes/", {"text": "Likes maps"})
    shown = html(school, school.alice, path_of(school))
    assert "Works at night" in shown and "Bob Otieno" in shown
    with provider_scope(school.acme):
        mine, hers = school.seats["carol"].staff_notes.order_by("pk")
    assert bob.post(f"{path_of(school)}notes/{hers.pk}/remove/").status_code == 403
    answer = bob.post(f"{path_of(school)}notes/{mine.pk}/remove/")
    shown = html(school, school.bob, answer.url.partition("#")[0])
    assert "Works at night" not in shown and "Undo" in shown
    bob.post(f"{path_of(school)}notes/{mine.pk}/remove/", {"undo": "1"})
    assert "Works at night" in html(school, school.alice, path_of(school))
    for page in ("/learn/", f"/learn/{school.course.pk}/", "/account/profile/"):
        assert "Works at night" not in html(school, school.carol, page)


def test_ticked_students_are_put_into_a_group_or_removed(school):
    roster = f"/desk/{school.course.pk}/students/"
    with provider_scope(school.acme):
        group = save_group(school.course, name="Owls", members=[], actor=school.alice)
    seats = [str(school.seats[who].pk) for who in ("carol", "dave")]
    browser = reader(school.alice)
    browser.post(f"{roster}bulk/", {"seat": [*seats, "none"], "deed": f"group:{group.pk}"})
    browser.post(f"{roster}bulk/", {"seat": seats, "deed": f"group:{group.pk}"})
    with provider_scope(school.acme):
        assert GroupMember.objects.filter(group=group).count() == 2
    assert "Owls" in html(school, school.alice, f"{roster}?group={group.pk}")
    removal = {"deed": "remove", "confirmed": "1", "reason": "Has not paid."}
    assert browser.post(f"{roster}bulk/", {"seat": seats[:1], **removal}).status_code == 302
    refused = reader(school.bob).post(f"{roster}bulk/", {"seat": seats[1:], **removal})
    assert refused.status_code == 403
    assert states(school) == {"Carol Wanjiru": "removed", "Dave Kim": "active"}
    assert "Carol" in html(school, school.alice, f"{roster}?state=ended")


def states(school):
    with provider_scope(school.acme):
        return dict(Enrolment.objects.values_list("student__name", "state"))


def test_who_removes_students_is_asked_first_and_says_why(school):
    path, browser = f"/desk/{school.course.pk}/students/bulk/", reader(school.alice)
    asked = browser.post(path, {"seat": [str(school.seats["carol"].pk)], "deed": "remove"})
    page = asked.content.decode()
    assert "Carol Wanjiru" in page and "Dave Kim" not in page
    assert states(school) == {"Carol Wanjiru": "active", "Dave Kim": "active"}
    form = page.split('class="form section')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', form))
    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        browser.post(path, {**fields, "reason": "Has not paid."})
    assert states(school) == {"Carol Wanjiru": "removed", "Dave Kim": "active"}
    (told,) = mail.outbox
    assert told.to == ["carol@example.org"] and "Has not paid." in told.body
    other = {**fields, "seat": str(school.seats["dave"].pk), "reason": "x" * 301}
    assert browser.post(path, other).status_code == 422
    assert states(school)["Dave Kim"] == "active"


def test_the_csv_has_all_of_what_was_chosen_and_runs_nothing(school):
    enrol(named("eve", "=1+1"), school.course)
    complete(school.seats["carol"], lessons_of(school.course)[:2])
    found = reader(school.bob).get(f"/desk/{school.course.pk}/students/csv/")
    rows = list(csv.DictReader(io.StringIO(body_of(found).decode())))
    assert [row["Name"] for row in rows] == ["Carol Wanjiru", "Dave Kim", "'=1+1"]
    assert rows[0]["Progress in percent"] == "50"
    found = reader(school.bob).get(f"/desk/{school.course.pk}/students/csv/?q=dave")
    assert len(list(csv.DictReader(io.StringIO(body_of(found).decode())))) == 1


@pytest.mark.parametrize(
    "sort",
    ["name", "-name", "progress", "-progress", "activity", "-activity", "grade", "-grade"],
)
def test_the_roster_is_sorted_and_searched(school, sort):
    """Dave has done more and later; Carol's grade is the better one."""
    complete(school.seats["dave"], lessons_of(school.course)[:2])
    piece = homework(school, title="Graded", grading="points", points=Decimal(10))
    for who, points in (("carol", 9), ("dave", 3)):
        give_feedback(school, hand_in(school, piece, who), points=Decimal(points))
    actions.count(school.course)
    shown = html(school, school.alice, f"/desk/{school.course.pk}/students/?sort={sort}")
    rows = shown.split("<tbody>")[1]
    first = "Dave" if sort in ("-name", "progress", "activity", "-grade") else "Carol"
    assert rows.index(first) == min(rows.index("Carol W"), rows.index("Dave K"))
    found = html(school, school.alice, f"/desk/{school.course.pk}/students/?q=dave%20kim")
    assert "Dave Kim" in found and "Carol" not in found


def test_nonsense_in_the_address_is_left_out(school):
    nonsense = "state=x&sort=y&group=999&risk=z&page=99&q=" + "a" * 300
    path = f"/desk/{school.course.pk}/students/?{nonsense}"
    assert reader(school.alice).get(path).status_code == 200


def test_a_stored_percentage_follows_a_lesson_that_comes_and_goes(school):
    complete(school.seats["carol"], lessons_of(school.course)[:2])
    path = f"/desk/{school.course.pk}/students/"
    assert 'data-percent="50"' in html(school, school.alice, path)
    with TestCase.captureOnCommitCallbacks(execute=True):
        lessons_of(school.course)[3].unpublish()
    assert 'data-percent="66"' in html(school, school.alice, path)  # before it is counted anew
    from lms.teaching.tasks import count_changed

    assert count_changed() == 1
    assert count_changed() == 0
    assert 'data-percent="66"' in html(school, school.alice, path)


def test_a_colleague_from_another_house_finds_nothing(school):
    from lms.tenants.models import Role
    from tests.cast import member
    from tests.lms.certificates.making import school as make

    mallory = person("mallory")
    member(mallory, make("globex"), Role.ADMIN)
    browser = reader(mallory)
    base = f"/desk/{school.course.pk}/"
    for path in (base, f"{base}students/", f"{base}students/csv/", path_of(school)):
        assert browser.get(path).status_code == 404
    assert browser.post(f"{path_of(school)}notes/", {"text": "Seen by Mallory"}).status_code == 404
    assert "Seen by Mallory" not in html(school, school.alice, path_of(school))


@pytest.mark.parametrize("anonymous", [False, True])
def test_when_something_was_handed_in_is_not_said_where_names_are_hidden(school, anonymous):
    """Who marks it sees the moment, and would know whose it is."""
    row = homework(school, title="Count the stars", anonymous=anonymous)
    give_feedback(school, hand_in(school, row), text="Well seen.")
    told = html(school, school.bob, path_of(school)).split('id="timeline"')[1]
    assert ("Count the stars" in told) == (not anonymous)


def test_a_students_page_leads_to_what_is_open_to_them(school):
    access = f"/desk/{school.course.pk}/access/?student={school.seats['carol'].pk}"
    for who in (school.alice, school.bob):
        assert f'href="{access}"' in html(school, who, path_of(school))
