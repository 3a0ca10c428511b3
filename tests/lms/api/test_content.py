"""The content API, as a school's own front end gets it."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from home.groups import sync_groups
from lms.api import actions
from lms.api.forms import FrontEndForm
from lms.courses.blocks import CalloutBodyBlock, LessonBody
from lms.courses.models import CoursePage, LessonPage
from lms.courses.representation import BLOCKS
from lms.events import SYSTEM
from lms.tenants import hosts
from lms.tenants.models import Provider, Role, Tier
from lms.tenants.states import State
from tests.cast import member, person
from tests.lms.certificates.making import course, enrol, lessons_of, school
from tests.lms.learning import everything, lesson, module, picture, reader

pytestmark = pytest.mark.django_db

API = "/api/cms/v2"
CONTRACT = Path(__file__).with_name("blocks.json")


@pytest.fixture
def acme():
    return school()


def get(client, path, host="acme.localhost", **headers):
    return client.get(f"{API}{path}", headers={"host": host, **headers})


def asked(path, client=None, host="acme.localhost"):
    response = get(client or reader(), path, host)
    assert response.status_code == 200, response.content
    return response.json()


def titles(path, client=None, host="acme.localhost"):
    return {item["title"] for item in asked(path, client, host)["items"]}


def on_acme(user):
    return reader(user)


# --- Blocks: a contract


def test_every_block_has_its_json():
    kinds = set(LessonBody().child_blocks) | set(CalloutBodyBlock().child_blocks)
    assert kinds == set(BLOCKS)


def told(value):
    """The JSON without what differs from run to run: ids, and the names of stored files."""
    if isinstance(value, dict):
        return {name: "<id>" if name == "id" else told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, str):
        value = re.sub(
            r"/learn/\d+/\d+/files/(\w+)/\d+/", r"/learn/<id>/<id>/files/\1/<id>/", value
        )
        value = re.sub(r"/media/images/[^\"]+", "/media/images/<file>", value)
        value = re.sub(r"\b(notes|talk|film)_\w{7}\.", r"\1.", value)
    return value


def test_the_json_of_every_block_is_as_promised(acme):
    """A front end is built on it: if this fails, raise the version of the address instead."""
    page = course(acme, lessons=0)
    one = lesson(page, "All", body=everything(), free_preview=True)
    body = asked(f"/pages/{one.pk}/")["body"]
    assert {block["type"] for block in body} == set(BLOCKS)
    assert all(block["id"] for block in body)
    assert told(body) == json.loads(CONTRACT.read_text())


# --- Who finds what


def test_a_host_shows_its_own_pages_only(acme):
    globex = school("globex")
    course(acme, title="Stars")
    course(globex, title="Rocks")
    assert titles("/pages/?type=courses.CoursePage") == {"Stars"}
    assert titles("/pages/?type=courses.CoursePage", host="globex.localhost") == {"Rocks"}
    rocks = CoursePage.objects.get(title="Rocks")
    for path in (f"/pages/{rocks.pk}/", f"/pages/?child_of={rocks.pk}"):
        answer = get(reader(), path)
        assert answer.status_code in (400, 404)
        assert "Rocks" not in answer.content.decode()
        assert set(answer.json()["error"]) >= {"code", "message", "requestId"}
    assert get(reader(), "/pages/?site=globex.localhost").status_code == 400


def test_the_marketplace_shows_public_courses_of_open_houses(acme):
    course(acme, title="Stars")
    course(acme, title="Members", visibility="portal")
    closed = school("globex")
    course(closed, title="Rocks")
    Provider.objects.filter(pk=closed.pk).update(status=State.SUSPENDED)
    here = "testserver"
    assert titles("/pages/?type=courses.CoursePage", host=here) == {"Stars"}
    everything_listed = titles("/pages/?limit=20", host=here)
    assert not {"Members", "Rocks", "Globex"} & everything_listed
    assert "Members" in titles("/pages/?type=courses.CoursePage")
    for title in ("Members", "Rocks"):
        page = CoursePage.objects.get(title=title)
        assert get(reader(), f"/pages/{page.pk}/", here).status_code == 404


def test_drafts_are_never_sent(acme):
    page = course(acme)
    hidden = module(page, "Hidden part", live=False)
    below = lesson(hidden, "Below")
    lesson(page, "Not yet", live=False, free_preview=True)
    first = lessons_of(page)[0]
    first.title = "Changed since"
    first.save_revision()
    seen = titles(f"/pages/?descendant_of={page.pk}")
    assert not {"Hidden part", "Below", "Not yet", "Changed since"} & seen
    staff = person("alice")
    member(staff, acme, Role.INSTRUCTOR)
    for one in (*LessonPage.objects.filter(title="Not yet"), below):
        assert get(on_acme(staff), f"/pages/{one.pk}/").status_code == 404
    CoursePage.objects.get(pk=page.pk).unpublish()
    assert get(on_acme(staff), f"/pages/{page.pk}/").status_code == 404
    assert titles("/pages/?type=courses.LessonPage", on_acme(staff)) == set()


def test_a_lesson_is_for_those_who_may_read_it(acme):
    page = course(acme, lessons=0)
    secret = [("rich_text", "<p>Sesame</p>")]
    one = lesson(page, "Closed", body=secret, summary="Sesame too")
    carol, dora = person("carol"), person("dora")
    enrol(carol, page)
    path = f"/pages/{one.pk}/"
    visitor, outsider = get(reader(), path), get(on_acme(dora), path)
    assert (visitor.status_code, visitor.json()["error"]["code"]) == (401, "SIGN_IN_REQUIRED")
    assert (outsider.status_code, outsider.json()["error"]["code"]) == (403, "NOT_ENROLLED")
    mine = get(on_acme(carol), path)
    assert mine.json()["body"][0]["value"] == {"html": "<p>Sesame</p>"}
    assert mine["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in mine
    # Its name is known; nothing else of it is, by any way of asking.
    for ask in ("fields=*", "fields=_,title", "search=Closed", "order=title"):
        answer = get(reader(), f"/pages/?type=courses.LessonPage&{ask}")
        assert "Closed" in answer.content.decode()
        assert "Sesame" not in answer.content.decode()
    assert titles("/pages/?search=Sesame") == set()
    for leak in ("fields=body", "order=body", "body=x", "order=expire_at", "owner=1"):
        answer = get(reader(), f"/pages/?type=courses.LessonPage&{leak}")
        assert answer.status_code == 400, leak


def test_pictures_of_closed_lessons_stay_closed(acme):
    shown, hidden = picture(), picture()
    page = course(acme, lessons=0, cover=shown)
    figure = {"image": {"image": hidden.pk, "alt_text": "x", "decorative": False}, "caption": ""}
    lesson(page, "Closed", body=[("image", figure)])
    found = asked("/images/")["items"]
    assert [item["id"] for item in found] == [shown.pk]
    assert [one["width"] for one in found[0]["renditions"]] == [320, 640, 960, 1360]
    assert found[0]["renditions"][0]["url"].startswith("http://acme.localhost/media/")
    assert get(reader(), f"/images/{hidden.pk}/").status_code == 404


def test_documents_follow_their_lessons(acme):
    page = course(acme, lessons=0)
    body = everything()
    lesson(page, "Closed", body=body)
    carol = person("carol")
    assert asked("/documents/")["items"] == []
    enrol(carol, page)
    client = on_acme(carol)
    items = asked("/documents/", client)["items"]
    assert len(items) == 2
    path = items[0]["download_url"].removeprefix("http://acme.localhost")
    assert client.get(path, headers={"host": "acme.localhost"}).status_code == 200
    assert reader().get(path, headers={"host": "acme.localhost"}).status_code == 401


def test_a_plan_without_it_says_so(acme):
    Provider.objects.filter(pk=acme.pk).update(tier=Tier.objects.get(code="free"))
    hosts.forget()
    answer = get(reader(), "/pages/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "NOT_IN_PLAN")
    assert get(reader(), "/pages/", "testserver").status_code == 200


# --- Caching and cost


def test_public_answers_may_be_kept_a_minute_and_asked_for_again(acme):
    page = course(acme)
    first = get(reader(), f"/pages/{page.pk}/")
    assert first["Cache-Control"] == "public, max-age=60, stale-while-revalidate=300"
    assert "Cookie" not in first.get("Vary", "")
    assert first["Access-Control-Allow-Origin"] == "*"
    assert "Last-Modified" in first
    again = get(reader(), f"/pages/{page.pk}/", **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    signed_in = get(on_acme(person("dora")), f"/pages/{page.pk}/")
    assert signed_in["Cache-Control"] == "private, no-store"


def test_origins_can_be_named(acme, settings):
    settings.FLEDGE_API_ORIGINS = ["https://example.org"]
    named = get(reader(), "/pages/", origin="https://example.org")
    other = get(reader(), "/pages/", origin="https://example.com")
    assert named["Access-Control-Allow-Origin"] == "https://example.org"
    assert "Access-Control-Allow-Origin" not in other
    assert "Origin" in other["Vary"]


def test_a_list_costs_the_same_however_long_it_is(acme):
    def queries():
        ask = "/pages/?type=courses.CoursePage&fields=*"
        asked(ask)
        hosts.forget()  # so that looking the host up counts both times
        with CaptureQueriesContext(connection) as counted:
            items = asked(ask)["items"]
        return len(items), len(counted)

    course(acme, cover=picture())
    few, one = queries()
    for number in range(4):
        course(acme, title=f"More {number}", cover=picture())
    many, five = queries()
    assert many == few + 4
    assert five == one


# --- Previews


def test_a_draft_is_seen_with_a_token_from_the_editor(acme):
    page = course(acme, lessons=0)
    one = lesson(page, "Old", body=[("rich_text", "<p>Old</p>")])
    one.title = "New"
    one.save_revision()
    ada = get_user_model().objects.get(email="acme-admin@example.org")
    sync_groups(ada, acme)
    client = reader(ada)
    screen = client.post(
        "/cms/headless/", {"preview_url": "https://front.example/p?token={token}&id={id}"}
    )
    assert screen.status_code == 302
    assert "front.example" in client.get("/cms/headless/").content.decode()
    editor = client.get(f"/cms/pages/{one.pk}/edit/").content.decode()
    assert f"/cms/headless/preview/{one.pk}/" in editor
    sent = client.get(f"/cms/headless/preview/{one.pk}/")["Location"]
    assert sent.startswith("https://front.example/p?token=")
    token = sent.partition("token=")[2].partition("&")[0]
    seen = get(Client(), f"/page_preview/?token={token}")
    assert seen.json()["title"] == "New"
    assert seen["Cache-Control"] == "private, no-store"
    school("globex")
    assert get(Client(), f"/page_preview/?token={token}", "globex.localhost").status_code == 404
    assert get(Client(), f"/page_preview/?token={token[:-1]}").status_code == 404
    assert get(Client(), "/page_preview/").status_code == 404


@pytest.mark.parametrize(
    "ask",
    [
        "pages/?id=99999999999999999999999",
        "pages/?first_published_at=tomorrow",
        "pages/?search=%00",
        "pages/?type=auth.User",
        "pages/?type=courses.CoursePage&starts_on=x",
        "pages/?child_of=-1",
        "pages/?limit=9999",
        "pages/?locale=%00",
        "pages/find/?id=x",
        "pages/find/?html_path=//",
        "pages/99999999999999999999999/",
        "images/?order=collection",
        "documents/?collection=1",
        "page_preview/?token=%00",
        "pages/?format=html",
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(acme, ask):
    answer = get(reader(), f"/{ask}")
    assert answer.status_code in (200, 302, 400, 404)
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) >= {"code", "message", "requestId"}


@pytest.mark.parametrize(
    "bad",
    ["javascript:alert('{token}')", "https://a.example/", "ftp://x.example/{token}", "{token}"],
)
def test_an_address_that_is_none_is_refused(acme, bad):
    assert not FrontEndForm({"preview_url": bad}).is_valid()


def test_nobody_sends_a_draft_they_may_not_edit(acme):
    page = course(acme)
    actions.set_front_end(acme, preview_url="https://front.example/{token}", actor=SYSTEM)
    mallory = person("mallory")
    member(mallory, school("globex"), Role.ADMIN)
    assert reader(mallory).get(f"/cms/headless/preview/{page.pk}/").status_code in (302, 403, 404)
    assert "front.example" not in str(
        reader(mallory).get(f"/cms/headless/preview/{page.pk}/").headers
    )
