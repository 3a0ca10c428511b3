"""Pages kept for visitors: never stale, never somebody's own."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings

from lms.courses.models import CoursePage
from tests.cast import person
from tests.lms.certificates.making import course, school
from tests.lms.learning import picture, reader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def switched_on():
    with override_settings(FLEDGE_PAGE_CACHE_SECONDS=60):
        yield


@pytest.fixture
def acme():
    return school(primary_colour="#123456")


def visitor(**headers) -> Client:
    return Client(HTTP_HOST="localhost", **headers)


def test_a_second_visitor_is_answered_without_a_query(acme, django_assert_num_queries):
    course(acme, title="Night Sky")
    first = visitor().get("/acme/night-sky/")
    client = visitor()
    with django_assert_num_queries(0):
        second = client.get("/acme/night-sky/")
    assert second.content == first.content
    assert second["Content-Security-Policy"] == first["Content-Security-Policy"]


def test_an_edit_shows_at_once(acme):
    page = course(acme, title="Night Sky")
    for path in ("/", "/courses/", "/acme/", "/acme/night-sky/"):
        visitor().get(path)
    page.title = "Day Sky"
    page.save_revision().publish()
    for path in ("/", "/courses/", "/acme/", "/acme/night-sky/"):
        assert "Day Sky" in visitor().get(path).content.decode()


def test_unpublishing_shows_at_once(acme):
    page = course(acme, title="Night Sky")
    visitor().get("/acme/night-sky/")
    CoursePage.objects.get(pk=page.pk).unpublish()
    assert visitor().get("/acme/night-sky/").status_code == 404


def test_a_new_colour_and_a_new_name_show_at_once(acme):
    course(acme)
    visitor().get("/courses/")
    acme.name = "Acme Observatory"
    acme.save()
    assert "Acme Observatory" in visitor().get("/courses/").content.decode()


def test_who_is_signed_in_gets_a_page_of_their_own(acme):
    course(acme, title="Night Sky")
    anonymous = visitor().get("/acme/night-sky/").content.decode()
    carol = person("carol")
    own = reader(carol).get("/acme/night-sky/", headers={"Host": "localhost"}).content.decode()
    assert carol.email in own
    assert carol.email not in anonymous
    assert carol.email not in visitor().get("/acme/night-sky/").content.decode()


def test_each_language_and_each_host_has_its_own_page(acme):
    course(acme, title="Night Sky")
    visitor().get("/courses/")
    arabic = visitor().get("/courses/", headers={"Accept-Language": "ar"}).content.decode()
    assert 'lang="ar" dir="rtl"' in arabic
    own = Client(HTTP_HOST="acme.localhost").get("/courses/").content.decode()
    assert 'href="/night-sky/"' in own


def test_htmx_and_browsers_are_not_mixed_up(acme):
    course(acme, title="Night Sky")
    visitor().get("/courses/")
    part = visitor().get("/courses/", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"<html" in visitor().get("/courses/").content


def test_a_browser_that_has_the_page_gets_304(acme):
    course(acme, title="Night Sky")
    first = visitor().get("/acme/night-sky/")
    again = visitor().get("/acme/night-sky/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_unknown_parameters_share_one_page(acme, django_assert_num_queries):
    course(acme, title="Night Sky")
    visitor().get("/acme/night-sky/?utm_source=x")
    client = visitor()
    with django_assert_num_queries(0):
        client.get("/acme/night-sky/?fbclid=y")


@pytest.mark.parametrize("path", ["/courses/?q=sky", "/courses/?after=WzAsMV0", "/healthz"])
def test_what_anybody_can_make_up_or_what_changes_by_itself_is_not_kept(acme, path):
    course(acme, title="Night Sky")
    assert "ETag" not in visitor().get(path)


def test_errors_are_not_kept(acme):
    assert visitor().get("/acme/later/").status_code == 404
    course(acme, title="Later", slug="later")
    assert visitor().get("/acme/later/").status_code == 200


def test_seats_that_run_out_show_at_once(acme):
    from tests.lms.certificates.making import enrol

    page = course(acme, title="Night Sky", enrolment_limit=1)
    assert "1 seat left" in visitor().get("/acme/night-sky/").content.decode()
    enrol(person("carol"), page)
    assert "Class full" in visitor().get("/acme/night-sky/").content.decode()


@pytest.mark.parametrize("name", ["HX-Request", "HX-History-Restore-Request"])
def test_a_made_up_header_keeps_no_whole_page_as_a_part(acme, name):
    part = {"HX-Request": "true"}
    visitor().get("/courses/", headers={**part, name: "yes"})
    html = visitor().get("/courses/", headers=part).content.decode()
    assert "<!doctype" not in html


def test_originals_of_pictures_are_for_authors(acme):
    original = f"/media/{picture().file.name}"
    assert visitor().get(original).status_code == 404
    assert reader(person("carol")).get(original).status_code == 404
    author = get_user_model().objects.get(email="acme-admin@example.org")
    assert reader(author).get(original).status_code == 200
