"""The wishlist: hearts on courses, and the list of them."""

import re

import pytest
from django.test import TestCase

from lms.common import clock
from lms.tenants.models import Provider
from lms.wishlist import actions
from lms.wishlist.models import Wish
from tests.cast import forget_cached, person
from tests.lms.certificates.making import course, enrol, school
from tests.lms.learning import reader


def text(answer, status=200):
    assert answer.status_code == status, answer
    return answer.content.decode()


def listed(page):
    return [int(one) for one in re.findall(r'data-course="(\d+)"', page)]


def hearts(page):
    """{course id: whether it is pressed}"""
    found = re.findall(r'id="heart-(\d+)"[^>]*aria-pressed="(\w+)"', page)
    return {int(key): pressed == "true" for key, pressed in found}


def test_a_heart_puts_a_course_on_the_list_and_takes_it_off(sky, carol):
    browser, path = reader(carol), f"/learn/wishlist/{sky.pk}/"
    assert hearts(text(browser.get("/courses/"))) == {sky.pk: False}
    added = browser.post(path)
    assert added["Location"] == "/acme/night-sky/"
    browser.post(path)  # twice is once
    for page in ("/courses/", "/acme/night-sky/"):
        assert hearts(text(browser.get(page))) == {sky.pk: True}
    mine = text(browser.get("/learn/wishlist/"))
    assert listed(mine) == [sky.pk]
    assert 'data-count="1"' in mine
    browser.post(path, {"forget": "1"})
    assert listed(text(browser.get("/learn/wishlist/"))) == []
    assert "Press the heart" in text(browser.get("/learn/wishlist/"))


def test_htmx_gets_the_heart_alone(sky, carol):
    browser, htmx = reader(carol), {"HX-Request": "true"}
    path = f"/learn/wishlist/{sky.pk}/"
    added = text(browser.post(path, {"title": sky.title}, headers=htmx))
    assert hearts(added) == {sky.pk: True}
    assert "<html" not in added
    assert sky.title in added
    assert hearts(text(browser.post(path, {"forget": "1"}, headers=htmx))) == {sky.pk: False}


def test_a_visitor_is_led_to_sign_in_and_back(sky, carol):
    path = f"/learn/wishlist/{sky.pk}/"
    visitor = reader()
    for page in ("/courses/", "/acme/night-sky/"):
        assert f'href="{path}"' in text(visitor.get(page))
    away = visitor.get(path)
    assert away.status_code == 302
    assert away["Location"].endswith(f"?next={path}")
    browser = reader(carol)
    assert "Keep this course in mind" in text(browser.get(path))
    assert not Wish.objects.exists()  # a link alone wishes nothing
    browser.post(path)
    assert Wish.objects.get().person == carol


def test_a_visitors_page_is_the_same_for_all(sky):
    one, other = (re.sub(r'nonce="[^"]*"', "", text(reader().get("/courses/"))) for _ in range(2))
    assert one == other
    assert "csrf" not in one.split("<main")[1].split("</main>")[0]


def test_a_wish_outlives_the_course_being_unpublished(sky, carol):
    browser = reader(carol)
    browser.post(f"/learn/wishlist/{sky.pk}/")
    sky.unpublish()
    mine = text(browser.get("/learn/wishlist/"))
    assert listed(mine) == [sky.pk]
    assert "Not offered at the moment" in mine
    assert "/acme/night-sky/" not in mine
    browser.post(f"/learn/wishlist/{sky.pk}/", {"forget": "1"})
    assert not Wish.objects.exists()


def test_what_may_not_be_known_may_not_be_wished(acme, carol):
    draft = course(acme, title="Draft")
    draft.unpublish()
    for method in ("get", "post"):
        answer = getattr(reader(carol), method)(f"/learn/wishlist/{draft.pk}/")
        assert answer.status_code == 404
    assert reader(carol).post("/learn/wishlist/999999/").status_code == 404


def test_wishes_are_their_persons_alone(sky, carol):
    reader(carol).post(f"/learn/wishlist/{sky.pk}/")
    dave = reader(person("dave"))
    assert listed(text(dave.get("/learn/wishlist/"))) == []
    dave.post(f"/learn/wishlist/{sky.pk}/", {"forget": "1"})
    assert Wish.objects.filter(person=carol).exists()


def test_a_schools_own_site_shows_its_courses_only(sky, carol):
    sea = course(school("globex"), title="Deep Sea")
    browser = reader(carol)
    for one in (sky, sea):
        browser.post(f"/learn/wishlist/{one.pk}/")
    assert listed(text(browser.get("/learn/wishlist/"))) == [sea.pk, sky.pk]
    own = text(browser.get("/learn/wishlist/", headers={"host": "acme.localhost"}))
    assert listed(own) == [sky.pk]
    assert "Deep Sea" not in own


def test_what_a_portal_closes_to_somebody_is_not_on_their_list(acme, sky, carol):
    browser, dave = reader(carol), person("dave")
    enrol(dave, sky)  # a student there, and so a member
    browser.post(f"/learn/wishlist/{sky.pk}/")
    reader(dave).post(f"/learn/wishlist/{sky.pk}/")
    Provider.objects.filter(pk=acme.pk).update(is_portal=True)
    forget_cached()
    assert listed(text(browser.get("/learn/wishlist/"))) == []
    assert listed(text(reader(dave).get("/learn/wishlist/"))) == [sky.pk]


def test_a_list_has_an_end(sky, carol, monkeypatch):
    monkeypatch.setattr(actions, "MOST_WISHES", 0)
    assert reader(carol).post(f"/learn/wishlist/{sky.pk}/").status_code == 409


@pytest.mark.parametrize("number", [1, 12])
def test_hearts_cost_a_query_a_page(acme, carol, number, django_assert_max_num_queries):
    for each in range(number):
        one = course(acme, title=f"Course {each}", lessons=0)
        actions.wish(carol, one, actor=carol, at=clock.now())
    browser = reader(carol)
    for path, most in (("/courses/", 10), ("/learn/wishlist/", 6)):
        browser.get(path)
        with django_assert_max_num_queries(most):
            text(browser.get(path))


def test_wishes_go_with_course_and_account(sky, acme, carol):
    for who in (carol, person("dave")):
        actions.wish(who, sky, actor=who, at=clock.now())
    carol.delete()
    assert Wish.objects.count() == 1
    sky.delete()
    assert not Wish.objects.exists()


def test_the_dashboard_says_how_many_are_on_the_list(sky, carol, acme):
    other = course(school("globex"), title="Deep Sea")
    assert "data-wishes" not in text(reader(carol).get("/learn/"))
    with TestCase.captureOnCommitCallbacks(execute=True):
        for page in (sky, other):
            actions.wish(carol, page, actor=carol, at=clock.now())
    assert 'data-wishes="2"' in text(reader(carol).get("/learn/"))
    own = reader(carol).get("/learn/", headers={"host": f"{acme.slug}.localhost"})
    assert 'data-wishes="1"' in text(own)
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.forget(carol, other.pk, actor=carol)
    assert 'data-wishes="1"' in text(reader(carol).get("/learn/"))
