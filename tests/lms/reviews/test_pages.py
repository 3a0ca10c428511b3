"""Reviews as visitors, students and the desk see them."""

import re

import pytest
from django.test import Client, override_settings

from lms.common import clock
from lms.reviews import actions
from lms.reviews.models import Report, Review
from lms.reviews.states import State
from lms.tenants.models import Provider, Role
from lms.tenants.scope import provider_scope
from tests.cast import member, person
from tests.lms.certificates.making import complete, course, enrol
from tests.lms.learning import reader
from tests.lms.reviews.making import completed, rated, reviews_of


@pytest.fixture
def carol(sky):
    found = person("carol")
    completed(found, sky)
    return found


def html(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def url(page, rest=""):
    return f"/learn/{page.pk}/reviews/{rest}"


@pytest.mark.parametrize(
    ("order", "expected"),
    [("newest", [4, 1, 5]), ("highest", [5, 4, 1]), ("lowest", [1, 4, 5]), ("<x>", [4, 1, 5])],
)
def test_reviews_are_sorted(sky, order, expected):
    rated(sky, 5, 1, 4)
    page = html(Client().get(url(sky), {"sort": order}))
    found = re.findall(r'class="visually-hidden">(\d) stars?</span></span>\s*<time', page)
    assert [int(star) for star in found] == expected


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "\x00"])
def test_made_up_pages_are_the_nearest_there_is(sky, number):
    rated(sky, 5)
    assert "Clear and kind." in html(Client().get(url(sky), {"p": number, "sort": "highest"}))


def test_htmx_gets_the_list_alone(sky):
    rated(sky, 5)
    part = html(Client().get(url(sky), headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert 'id="review-list"' in part


def test_the_list_costs_the_same_however_many_there_are(sky, django_assert_max_num_queries):
    rated(sky, *[5] * 3)
    client = Client()
    client.get("/acme/night-sky/")
    with django_assert_max_num_queries(30) as few:
        client.get("/acme/night-sky/")
    first = len(few.captured_queries)
    rows = rated(course(sky.provider, title="Deep Sea"), *[4] * 5)
    assert len(rows) == 5

    for number in range(6):
        author = person(f"more{number}")
        completed(author, sky)
        actions.rate(sky, rating=3, text="x", actor=author, at=clock.now())
    client.get("/acme/night-sky/")
    with django_assert_max_num_queries(first) as many:
        client.get("/acme/night-sky/")
    assert len(many.captured_queries) == first


def test_cards_cost_no_query_for_their_ratings(sky, django_assert_num_queries):
    client = Client()
    client.get("/courses/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as before:
        client.get("/courses/?level=all")
    rated(sky, 5, 4)
    rated(course(sky.provider, title="Deep Sea"), 3)
    client.get("/courses/")
    with CaptureQueriesContext(connection) as after:
        client.get("/courses/?level=all")
    assert len(after) == len(before)


def test_the_best_rated_stand_first(sky):
    rated(course(sky.provider, title="Deep Sea"), 5, 5, 5)
    rated(sky, 5, 3)
    course(sky.provider, title="Unrated")
    page = html(Client().get("/courses/", {"sort": "rated"}))
    found = re.findall(r'class="card__link" href="[^"]*">([^<]+)</a>', page)
    assert found == ["Deep Sea", "Night Sky", "Unrated"]


def test_a_visitors_kept_page_shows_what_was_hidden_no_more(sky, admin):
    with override_settings(FLEDGE_PAGE_CACHE_SECONDS=60):
        (row,) = rated(sky, 1, text="Awful words")
        for path in ("/acme/night-sky/", url(sky), "/courses/"):
            Client().get(path)
        assert "Awful words" in html(Client().get("/acme/night-sky/"))
        actions.hide(row, reason="Insults", actor=admin, at=clock.now())
        for path in ("/acme/night-sky/", url(sky), "/courses/"):
            page = html(Client().get(path))
            assert "Awful words" not in page
            assert "Not rated yet" in page


def test_pages_of_a_number_anybody_can_make_up_are_not_kept(sky):
    rated(sky, *[5] * 11)
    with override_settings(FLEDGE_PAGE_CACHE_SECONDS=60):
        assert "ETag" in Client().get(url(sky))
        assert "ETag" not in Client().get(url(sky), {"p": "2"})


def test_text_is_text(sky, carol):
    text = "<script>alert(1)</script> & **bold**\n\nSecond"
    reader(carol).post(url(sky, "mine/"), {"rating": "4", "text": text})
    page = html(Client().get("/acme/night-sky/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; **bold**" in page


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"rating": ""},
        {"rating": "6"},
        {"rating": "5\x00"},
        {"rating": "5", "text": "a\x00b"},
        {"rating": "5", "text": "x" * 5001},
        {"rating": "9" * 5000},
    ],
)
def test_bad_input_comes_back_with_what_is_wrong(sky, carol, typed):
    answer = reader(carol).post(url(sky, "mine/"), typed)
    assert answer.status_code == 422
    assert reviews_of(sky) == []


def test_line_ends_do_not_make_a_text_too_long(sky, carol):
    text = "ab\r\n" * 1666
    assert reader(carol).post(url(sky, "mine/"), {"rating": 5, "text": text}).status_code == 302


def test_who_writes_too_often_waits(sky, carol):
    browser = reader(carol)
    answers = [
        browser.post(url(sky, "mine/"), {"rating": 5, "text": "x"}).status_code for _n in range(12)
    ]
    assert answers[-1] == 429


def test_an_author_sees_changes_and_removes_their_own(sky, carol, admin):
    browser = reader(carol)
    assert "Write a review" in html(browser.get("/acme/night-sky/"))
    browser.post(url(sky, "mine/"), {"rating": 2, "text": "Meh"})
    page = html(browser.get("/acme/night-sky/"))
    assert "Your review" in page
    assert 'value="2" required id="id_rating_1" checked' in re.sub(
        r'class="[^"]*" ', "", html(browser.get(url(sky, "mine/")))
    ) or "checked" in html(browser.get(url(sky, "mine/")))
    actions.hide(reviews_of(sky)[0], reason="It names Dave.", actor=admin, at=clock.now())
    assert "It names Dave." in html(browser.get("/acme/night-sky/"))
    assert "It names Dave." not in html(Client().get("/acme/night-sky/"))
    assert browser.post(url(sky, "mine/remove/")).status_code == 302
    assert reviews_of(sky) == []
    assert browser.post(url(sky, "mine/remove/")).status_code == 404


def test_whoever_completes_is_asked_until_they_answer_or_decline(sky):
    carol, dave = person("carol"), person("dave")
    seats = [enrol(one, sky) for one in (carol, dave)]
    assert "What did you think" not in html(reader(carol).get("/learn/"))
    for seat in seats:
        complete(seat)
    for one in (carol, dave):
        assert "What did you think" in html(reader(one).get("/learn/"))
        lesson = sky.get_children().first()
        assert "What did you think" in html(reader(one).get(f"/learn/{sky.pk}/{lesson.pk}/"))
    reader(carol).post(url(sky, "mine/"), {"rating": 4})
    assert reader(dave).post(url(sky, "mine/decline/")).status_code == 302
    for one in (carol, dave):
        assert "What did you think" not in html(reader(one).get("/learn/"))
        assert "What did you think" not in html(reader(one).get(f"/learn/{sky.pk}/{lesson.pk}/"))
    part = reader(dave).post(url(sky, "mine/decline/"), headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (200, b"")
    assert reader(person("eve")).post(url(sky, "mine/decline/")).status_code == 404


def test_anybody_signed_in_reports(sky, acme):
    (row,) = rated(sky, 1)
    path = url(sky, f"{row.pk}/report/")
    assert Client().get(path).status_code == 302
    stranger = reader(person("stranger"))
    assert "Report a review" in html(stranger.get(path))
    assert stranger.post(path, {"reason": " "}).status_code == 422
    assert stranger.post(path, {"reason": "Advertising"}).status_code == 302
    with provider_scope(acme):
        assert Report.objects.get().reason == "Advertising"
    other = course(acme, title="Deep Sea")
    assert stranger.get(url(other, f"{row.pk}/report/")).status_code == 404


def test_the_desk_belongs_to_those_who_answer_or_moderate(sky, acme, alice, admin, carol):
    (row,) = rated(sky, 1, text="Too fast")
    member(bob := person("bob"), acme, Role.ASSISTANT)
    page = f"/desk/reviews/{row.pk}/"
    for one, seen in ((alice, True), (admin, True), (bob, False), (carol, False)):
        status = 200 if seen else 404
        assert reader(one).get(page).status_code == status
        assert reader(one).get("/desk/reviews/").status_code == (200 if seen else 403)
    mallory = person("mallory")
    from tests.cast import house

    member(mallory, house("globex"), Role.ADMIN)
    assert reader(mallory).get(page).status_code == 404
    assert "Too fast" not in html(reader(mallory).get("/desk/reviews/?view=shown"))
    for deed in ("hide", "show", "settle"):
        assert reader(alice).post(f"{page}{deed}/", {"reason": "x"}).status_code == 403
        assert reader(bob).post(f"{page}{deed}/", {"reason": "x"}).status_code == 404
    assert reader(alice).post(f"{page}answer/", {"answer": "Sorry"}).status_code == 302
    assert "Sorry" in html(Client().get("/acme/night-sky/"))
    assert reader(admin).post(f"{page}hide/", {"reason": ""}).status_code == 422
    assert reader(admin).post(f"{page}hide/", {"reason": "Spam"}).status_code == 302
    assert reader(admin).post(f"{page}hide/", {"reason": "Spam"}).status_code == 409
    assert reader(admin).post(f"{page}show/").status_code == 302
    with provider_scope(acme):
        assert Review.objects.get().state == State.SHOWN


@pytest.mark.parametrize("view", ["reported", "waiting", "shown", "hidden", "", "<x>"])
def test_every_tab_of_the_desk_opens(sky, admin, view):
    rated(sky, 1)
    html(reader(admin).get("/desk/reviews/", {"view": view, "page": "x"}))


def test_admins_decide_whether_reviews_wait(sky, acme, alice, admin):
    path, values = "/desk/reviews/approval/", {"house": str(acme.pk), "waits": "on"}
    assert reader(alice).post(path, values).status_code == 404
    assert reader(admin).post(path, {"house": "x"}).status_code == 404
    assert reader(admin).post(path, values).status_code == 302
    assert Provider.objects.get(pk=acme.pk).reviews_wait


def test_reviews_of_a_private_portal_are_for_its_members(sky, acme, carol):
    rated(sky, 5, text="Only for us")
    Provider.objects.filter(pk=acme.pk).update(is_portal=True)
    assert Client().get(url(sky)).status_code == 404
    assert reader(person("stranger")).get(url(sky)).status_code == 404
    assert "Only for us" in html(reader(carol).get(url(sky)))
