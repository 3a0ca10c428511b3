"""The pages, as people use them: the desk, invitations, requests, the waitlist, codes."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lms.admissions.invitations import invite
from lms.admissions.models import EntryLink
from lms.common import clock
from lms.courses.models import CoursePage
from lms.enrolments.actions import enrol
from lms.tenants.models import Role, Tier
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, member, person
from tests.lms.admissions.making import (
    invitation_to,
    letters,
    limit,
    link_in,
    seated,
    settled,
    somebody,
    teaching,
)
from tests.lms.learning import reader

pytestmark = pytest.mark.django_db

ABOUT = "/acme/night-sky/"  # the course's own page


def text(response):
    return response.content.decode()


def post(page, browser, path, **data):
    with settled(page):
        return browser.post(path, data, follow=True)


@pytest.fixture
def desk(page):
    return f"/desk/{page.pk}/people/"


@pytest.fixture
def alice(page):
    return reader(page.alice)


@pytest.mark.parametrize("where", ["add", "invitations", "requests", "waitlist", "links"])
def test_the_desk_is_for_those_who_manage_students(page, desk, alice, where):
    bob, mallory = person("bob"), person("mallory")
    member(bob, page.provider, Role.ASSISTANT)
    assert alice.get(f"{desk}{where}/").status_code == 200
    assert reader().get(f"{desk}{where}/").status_code == 302
    for other in (bob, mallory):
        assert reader(other).get(f"{desk}{where}/").status_code == 404


def test_who_has_an_account_is_added_at_once_and_told(page, desk, alice, carol):
    answer = post(page, alice, f"{desk}add/", who="Carol@Example.org", message="See you!")
    assert "Carol Wanjiru is enrolled" in text(answer)
    assert seated(page) == {"carol"}
    (letter,) = letters("carol", "You are enrolled")
    assert "See you!" in letter.body and "Alice Okafor" in letter.body
    assert reader(carol).get(f"/learn/{page.pk}/").status_code == 302


def test_an_unknown_address_is_invited_to_register(page, desk, alice):
    answer = post(page, alice, f"{desk}add/", who="new@example.org")
    assert "invited to register" in text(answer)
    (letter,) = letters("new", "invites you to Night Sky")
    assert "register with this address" in letter.body
    assert reader().get(link_in(letter)).status_code == 200
    assert seated(page) == set()


def test_a_member_of_the_school_is_found_by_name_and_a_stranger_is_not(page, desk, alice, carol):
    refused = post(page, alice, f"{desk}add/", who="Carol Wanjiru")
    assert refused.status_code == 422 and "Nobody of this name" in text(refused)
    member(carol, page.provider, Role.STUDENT)
    post(page, alice, f"{desk}add/", who="carol wanjiru")
    assert seated(page) == {"carol"}


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("alice@example.org", "your own address"),
        ("carol@example.org", "enrolled already"),
        ("not@an@address", "valid e-mail address"),
    ],
)
def test_adding_is_refused_in_words(page, desk, alice, carol, who, said):
    with provider_scope(page.provider_id):
        enrol(page, carol, actor=carol, at=clock.now())
    refused = post(page, alice, f"{desk}add/", who=who)
    assert refused.status_code == 422 and said in text(refused)


def test_invited_twice_is_invited_once(page, desk, alice):
    post(page, alice, f"{desk}invitations/", people="dan@example.org", days=14)
    again = post(page, alice, f"{desk}invitations/", people="dan@example.org", days=14)
    assert again.status_code == 422 and "open invitation for this address" in text(again)
    assert len(letters("dan")) == 1


def test_the_instructor_sees_the_answer_sends_again_and_withdraws(page, desk, alice):
    post(page, alice, f"{desk}invitations/", people="dan@example.org", days=3)
    row = invitation_to(page, "dan")
    old = link_in(letters("dan")[0])
    soon = post(page, alice, f"{desk}invitations/{row.pk}/resend/")
    assert soon.status_code == 429
    with clock.later(days=4):
        assert "Expired" in text(alice.get(f"{desk}invitations/"))
        assert "expired" in text(reader().get(old))
        post(page, alice, f"{desk}invitations/{row.pk}/resend/")
    new = link_in(letters("dan")[1])
    assert reader().get(old).status_code == 404
    assert reader().get(new).status_code == 200
    post(page, alice, f"{desk}invitations/{row.pk}/withdraw/")
    assert "taken back" in text(reader().get(new))
    assert "Withdrawn" in text(alice.get(f"{desk}invitations/"))


def test_a_forwarded_link_lets_nobody_else_in(page, desk, alice, carol):
    post(page, alice, f"{desk}invitations/", people="dan@example.org", days=14)
    link = link_in(letters("dan")[0])
    browser = reader(carol)
    shown = text(browser.get(link))
    assert "this invitation is for dan@example.org" in shown and "Sign out and go on" in shown
    refused = post(page, browser, link, answer="accept")
    assert refused.status_code == 409 and "for another address" in text(refused)
    assert seated(page) == set()


def test_an_account_that_has_not_confirmed_the_address_is_asked_to(page, desk, alice):
    eve = person("eve")
    post(page, alice, f"{desk}invitations/", people="eve@example.org", days=14)
    browser, link = reader(eve), link_in(letters("eve")[0])
    assert "Confirm my address" in text(browser.get(link))
    assert post(page, browser, link, answer="accept").status_code == 409
    assert seated(page) == set()


def test_full_class_and_closed_course_keep_the_invitation(page, desk, alice, carol):
    dan = somebody("dan")
    post(page, alice, f"{desk}invitations/", people="dan@example.org", days=14)
    link, browser = link_in(letters("dan")[0]), reader(dan)
    limit(page, 1)
    with settled(page):
        enrol(page, carol, actor=carol, at=clock.now())
    assert "Join the waitlist" in text(browser.get(link))
    assert post(page, browser, link, answer="accept").status_code == 409
    post(page, browser, f"/learn/{page.pk}/waitlist/", deed="join")
    for place in (text(browser.get(link)), text(browser.get(ABOUT))):
        assert "You are number 1 in line" in place and "Join the waitlist" not in place
    post(page, browser, f"/learn/{page.pk}/waitlist/", deed="leave")
    limit(page, None)
    CoursePage.objects.filter(pk=page.pk).update(live=False)
    assert "takes nobody new" in text(browser.get(link))
    assert post(page, browser, link, answer="accept").status_code == 409
    CoursePage.objects.filter(pk=page.pk).update(live=True)
    post(page, browser, link, answer="accept")
    assert seated(page) == {"carol", "dan"}


def test_a_pasted_list_shows_what_would_happen_before_anything_does(page, desk, alice, carol):
    with settled(page):
        enrol(page, carol, actor=carol, at=clock.now())
    pasted = "Dan Kim <dan@example.org>, carol@example.org\nnonsense; dan@example.org "
    pasted += "alice@example.org"
    shown = post(page, alice, f"{desk}invitations/", people=pasted, days=14)
    said = text(shown)
    assert "Invite 1 person" in said and not letters("dan")
    for what in ("Enrolled already", "no e-mail address", "stands in row 1", "Your own address"):
        assert what in said
    path = shown.redirect_chain[-1][0]
    post(page, alice, path, deed="confirm")
    assert len(letters("dan", "invites you")) == 1
    assert "Invited" in text(alice.get(path)) and "Done" in text(alice.get(path))


def test_a_file_is_read_however_it_was_saved(page, desk, alice):
    data = "Name;E-Mail\nJürgen Groß;jg@example.org\n=1+1;x@example.org\n".encode("latin-1")
    file = SimpleUploadedFile("class.csv", data)
    said = text(post(page, alice, f"{desk}invitations/", file=file, days=14))
    assert "Jürgen Groß" in said and "is a formula" in said and "Windows-1252" in said


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04xx", b"a,b\nc,d", b"\0\1\2"])
def test_a_file_that_is_no_list_is_refused_in_words(page, desk, alice, data):
    file = SimpleUploadedFile("class.csv", data)
    answer = post(page, alice, f"{desk}invitations/", file=file, days=14)
    assert (answer.status_code == 422 and 'role="alert"' in text(answer)) or "error" in text(answer)


def test_requests_are_shown_newest_first_and_leave_the_list(page, desk, alice):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    people = [somebody(key) for key in ("dan", "erin", "fred")]
    for number, one in enumerate(people):
        with clock.later(minutes=number):
            post(page, reader(one), f"/learn/{page.pk}/ask/", note=f"I am {one.name}")
    shown = text(alice.get(f"{desk}requests/"))
    assert re.findall(r"I am (\w+)", shown) == ["Fred", "Erin", "Dan"]
    assert 'badge--accent">3<' in shown
    assert "I am Fred" in text(alice.get("/desk/requests/"))
    keys = re.findall(r'data-request="(\d+)"', shown)
    post(page, alice, f"{desk}requests/", deed=f"approve:{keys[0]}")
    post(page, alice, f"{desk}requests/", deed="decline", request=keys[1:], reply="Next year")
    assert seated(page) == {"fred"}
    assert "data-request" not in text(alice.get(f"{desk}requests/"))
    assert len(letters("fred", "You are enrolled")) == 1
    assert "Next year" in letters("dan", "was declined")[0].body
    again = post(page, reader(people[0]), f"/learn/{page.pk}/ask/", note="I would come on foot")
    assert again.status_code == 422
    assert "You can ask again tomorrow" in text(again) and "I would come on foot" in text(again)


def test_the_desk_shows_the_beginning_of_a_long_note(page, desk, alice):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    post(page, reader(somebody("dan")), f"/learn/{page.pk}/ask/", note="on foot " * 100 + "END")
    shown = text(alice.get(f"/desk/{page.pk}/"))
    assert "on foot" in shown and "END" not in shown
    assert "END" in text(alice.get(f"{desk}requests/"))


def test_a_course_on_request_or_by_invitation_is_not_enrolled_in_by_oneself(page, carol):
    browser = reader(carol)
    for entry, said in (("request", "Ask to join"), ("invitation", "By invitation")):
        CoursePage.objects.filter(pk=page.pk).update(entry=entry)
        forget_cached()
        assert said in text(browser.get(ABOUT))
        assert said in text(reader().get(ABOUT))
        assert browser.post(f"/enrol/{page.pk}/").status_code == 403
    assert seated(page) == set()


def test_the_student_withdraws_a_request(page, carol, alice, desk):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    browser = reader(carol)
    post(page, browser, f"/learn/{page.pk}/ask/", note="Please")
    assert "Your request is with the teacher" in text(browser.get(ABOUT))
    shown = text(browser.get("/learn/invitations/"))
    path = re.search(r'action="(/learn/requests/\d+/withdraw/)"', shown)[1]
    post(page, browser, path)
    assert "data-request" not in text(alice.get(f"{desk}requests/"))


def test_a_freed_seat_is_offered_to_the_first_in_line(page, carol, alice, desk):
    limit(page, 1)
    dan, erin = somebody("dan"), somebody("erin")
    with settled(page):
        enrol(page, carol, actor=carol, at=clock.now())
    for one in (dan, erin):
        post(page, reader(one), f"/learn/{page.pk}/waitlist/", deed="join")
    assert "number 2 in line" in text(reader(erin).get(f"/learn/{page.pk}/waitlist/"))
    assert "number 1 in line" in text(reader(dan).get(ABOUT))
    post(page, reader(carol), f"/enrol/{page.pk}/leave/")
    assert len(letters("dan", "held for you")) == 1
    assert "Seat held until" in text(alice.get(f"{desk}waitlist/"))
    assert post(page, reader(carol), f"/enrol/{page.pk}/").status_code == 409
    post(page, reader(dan), f"/learn/{page.pk}/waitlist/", deed="accept")
    assert seated(page) == {"dan"}


def test_a_code_is_typed_as_it_was_read_out_and_runs_out(page, desk, alice, carol):
    post(page, alice, f"{desk}links/", kind="code", max_uses=1)
    with provider_scope(page.provider_id):
        link = EntryLink.objects.get()
    browser = reader(carol)
    typed = link.shown.lower().replace("-", " ")
    landed = browser.post("/join/", {"code": typed}, follow=True)
    assert "Night Sky" in text(landed)
    post(page, browser, f"/join/{link.code}/")
    assert seated(page) == {"carol"}
    late = post(page, reader(somebody("dan")), f"/join/{link.code}/")
    assert late.status_code == 409 and "taken" in text(late)
    assert "Used up" in text(alice.get(f"{desk}links/"))


def test_a_revoked_link_and_an_expired_one_let_nobody_in(page, desk, alice, carol):
    post(page, alice, f"{desk}links/", kind="link")
    with provider_scope(page.provider_id):
        link = EntryLink.objects.get()
    assert "Sign in or register" in text(reader().get(f"/join/{link.code}/"))
    post(page, alice, f"{desk}links/{link.pk}/revoke/")
    assert post(page, reader(carol), f"/join/{link.code}/").status_code == 409
    assert seated(page) == set()


def test_codes_are_not_guessed(page):
    browser = reader(person("guesser"))
    answers = [browser.post("/join/", {"code": "AAAA-AAAA"}).status_code for _ in range(12)]
    assert answers[0] == 422 and answers[-1] == 429


def test_the_dashboard_leads_to_what_waits(page, desk, alice, carol, django_assert_max_num_queries):
    """By a line the page asks for once it is there."""
    browser = reader(carol)
    asked = "/learn/invitations/waiting/"
    assert f'hx-get="{asked}"' in browser.get("/learn/").content.decode()
    assert "/learn/invitations/" not in browser.get(asked).content.decode()
    post(page, alice, f"{desk}invitations/", people="carol@example.org", days=14)
    with django_assert_max_num_queries(5):
        assert 'href="/learn/invitations/"' in browser.get(asked).content.decode()
    shown = text(browser.get("/learn/invitations/"))
    assert "Night Sky" in shown and "Alice Okafor" in shown


def test_pages_cost_the_same_however_many_rows(page, desk, alice, django_assert_max_num_queries):
    CoursePage.objects.filter(pk=page.pk).update(entry="request")
    for number in range(12):
        one = somebody(f"student{number}")
        post(page, reader(one), f"/learn/{page.pk}/ask/", note="Please")
        with settled(page):
            invite(page, f"guest{number}@example.org", actor=page.alice, at=clock.now())
    for where in ("invitations", "requests", "waitlist", "links"):
        alice.get(f"{desk}{where}/")
        with django_assert_max_num_queries(16):
            alice.get(f"{desk}{where}/")
    with django_assert_max_num_queries(16):
        alice.get("/desk/requests/")


def test_the_schools_places_hold_for_every_way(carol):
    page = teaching()
    tier = Tier.objects.create(code="tiny", name="Tiny", position=99, students=0)
    type(page.provider).objects.filter(pk=page.provider_id).update(tier=tier)
    desk, alice = f"/desk/{page.pk}/people/", reader(page.alice)
    refused = post(page, alice, f"{desk}add/", who="carol@example.org")
    assert refused.status_code == 422 and "places for students" in text(refused)
    post(page, alice, f"{desk}invitations/", people="carol@example.org", days=14)
    link = link_in(letters("carol")[0])
    assert post(page, reader(carol), link, answer="accept").status_code == 409
    assert seated(page) == set()
