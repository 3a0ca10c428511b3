"""P56 to P60: the ways into a course, as those see them who come and those who teach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.admissions import invitations, requests
from lms.common import clock
from lms.courses.models import CoursePage
from tests.cast import forget_cached, fresh_rows
from tests.lms.admissions.making import (
    invitation_to,
    letters,
    link_in,
    seated,
    settled,
    somebody,
    teaching,
)
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

PEOPLE = ("carol", "dan", "erin")
who = st.sampled_from(PEOPLE)
some = st.sets(who, min_size=1)
words = st.text(st.characters(categories=["L", "N", "Zs"], max_codepoint=0x2FF), max_size=40).map(
    lambda text: " ".join(text.split())
)
entries = st.sampled_from(["open", "request", "invitation"])


@pytest.fixture
def people():
    return {key: somebody(key) for key in PEOPLE}


@pytest.fixture
def page():
    """Laid out once for all examples."""
    return teaching(lessons=1)


def text(response):
    return response.content.decode()


def ask(page, student, note=""):
    with settled(page):
        return requests.ask(page, student, note=note, at=clock.now())


def by_request(page):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    page.entry = "request"


def spelt(address, shout):
    return address.upper() if shout else f" {address}"


@given(added=some, entry=entries, shout=st.booleans(), message=words)
def test_p056_a_student_added_by_an_instructor_is_enrolled_and_has_access_at_once(
    page, people, added, entry, shout, message
):
    with fresh_rows():
        forget_cached()
        CoursePage.objects.filter(pk=page.pk).update(entry=entry)
        alice = reader(page.alice)
        before = len(letters("carol"))
        for key in sorted(added):
            data = {"who": spelt(f"{key}@example.org", shout), "message": message}
            with settled(page):
                assert alice.post(f"/desk/{page.pk}/people/add/", data).status_code == 302
        assert seated(page) == added
        for key, person in people.items():
            opened = reader(person).get(f"/learn/{page.pk}/", follow=True)
            assert opened.status_code == (200 if key in added else 403)
        assert len(letters("carol")) - before == ("carol" in added)


@given(invited=some, accepts=st.sets(who), by_mail=st.booleans(), message=words)
def test_p057_an_invitation_reaches_the_student_and_can_be_accepted_or_declined(
    page, people, invited, accepts, by_mail, message
):
    with fresh_rows():
        forget_cached()
        for key in sorted(invited):
            with settled(page):
                invitations.invite(
                    page, f"{key}@example.org", message=message, actor=page.alice, at=clock.now()
                )
            letter = letters(key, "invites you to Night Sky")[-1]
            assert " ".join(message.split()) in " ".join(letter.body.split())
            browser = reader(people[key])
            assert "Night Sky" in text(browser.get("/learn/invitations/"))
            row = invitation_to(page, key)
            path = link_in(letter) if by_mail else f"/learn/invitations/{row.pk}/"
            with settled(page):
                answer = "accept" if key in accepts else "decline"
                assert browser.post(path, {"answer": answer}).status_code == 302
            state = invitation_to(page, key).state
            assert state == ("accepted" if key in accepts else "declined")
            assert "Night Sky" not in text(browser.get("/learn/invitations/"))
        assert seated(page) == invited & accepts


@given(key=who, accepts=st.booleans(), twice=st.booleans())
def test_p058_accepting_an_invitation_enrols_and_tells_the_instructor(
    page, people, key, accepts, twice
):
    with fresh_rows():
        forget_cached()
        with settled(page):
            invitations.invite(page, f"{key}@example.org", actor=page.alice, at=clock.now())
        told = len(letters("alice", "has accepted"))
        path = f"/learn/invitations/{invitation_to(page, key).pk}/"
        for _time in range(1 + twice):
            with settled(page):
                reader(people[key]).post(path, {"answer": "accept" if accepts else "decline"})
        assert seated(page) == ({key} if accepts else set())
        assert len(letters("alice", "has accepted")) - told == accepts


@given(asking=st.lists(who, min_size=1, unique=True), note=words)
def test_p059_a_join_request_reaches_the_instructor_for_a_decision(page, people, asking, note):
    with fresh_rows():
        forget_cached()
        by_request(page)
        told = len(letters("alice", "asks to join"))
        for minute, key in enumerate(asking):
            with clock.later(minutes=minute):
                ask(page, people[key], note)
        shown = text(reader(page.alice).get(f"/desk/{page.pk}/people/requests/"))
        places = [shown.index(f"<strong>{people[key].name}</strong>") for key in asking]
        assert places == sorted(places, reverse=True)  # the newest on top
        assert shown.count("data-request=") == len(asking)
        assert f'badge--accent">{len(asking)}<' in shown
        assert len(letters("alice", "asks to join")) - told == len(asking)
        assert seated(page) == set()


@given(asking=some, reply=words, bulk=st.booleans())
def test_p059a_a_declined_request_tells_the_student(page, people, asking, reply, bulk):
    with fresh_rows():
        forget_cached()
        by_request(page)
        rows = [ask(page, people[key]) for key in sorted(asking)]
        before = {key: len(letters(key, "was declined")) for key in PEOPLE}
        alice, path = reader(page.alice), f"/desk/{page.pk}/people/requests/"
        data = [{"deed": f"decline:{row.pk}"} for row in rows]
        if bulk:
            data = [{"deed": "decline", "request": [row.pk for row in rows]}]
        for one in data:
            with settled(page):
                assert alice.post(path, {**one, "reply": reply}).status_code == 302
        for key in PEOPLE:
            mine = letters(key, "was declined")
            assert len(mine) - before[key] == (key in asking)
            if key in asking:
                assert " ".join(reply.split()) in " ".join(mine[-1].body.split())
                assert "Declined" in text(reader(people[key]).get("/learn/invitations/"))
        assert seated(page) == set()
        assert "data-request=" not in text(alice.get(path))


@given(key=who, signed_in=st.booleans(), message=words)
def test_p059b_an_invitation_shows_the_course_and_who_the_instructor_is(
    page, people, key, signed_in, message
):
    with fresh_rows():
        forget_cached()
        with settled(page):
            invitations.invite(
                page, f"{key}@example.org", message=message, actor=page.alice, at=clock.now()
            )
        letter = letters(key)[-1]
        browser = reader(people[key]) if signed_in else reader()
        for shown in (letter.body, text(browser.get(link_in(letter)))):
            assert "Night Sky" in shown and "Look up." in shown and "Alice Okafor" in shown
            assert page.provider.name in shown


@given(asking=some, approved=st.sets(who), bulk=st.booleans())
def test_p060_an_approved_request_enrols_the_student_and_tells_them(
    page, people, asking, approved, bulk
):
    with fresh_rows():
        forget_cached()
        by_request(page)
        rows = {key: ask(page, people[key]) for key in sorted(asking)}
        before = {key: len(letters(key, "You are enrolled")) for key in PEOPLE}
        chosen = asking & approved
        alice, path = reader(page.alice), f"/desk/{page.pk}/people/requests/"
        data = [{"deed": f"approve:{rows[key].pk}"} for key in sorted(chosen)]
        if bulk:
            data = [{"deed": "approve", "request": [rows[key].pk for key in chosen]}]
        for one in data:
            with settled(page):
                assert alice.post(path, one).status_code == 302
        assert seated(page) == chosen
        for key in PEOPLE:
            assert len(letters(key, "You are enrolled")) - before[key] == (key in chosen)
        still = text(alice.get(path))
        assert still.count("data-request=") == len(asking - chosen)
