"""A crawler at acme's desk: globex is nowhere to be seen, and nothing of it can be touched."""

import re
from itertools import zip_longest
from typing import Any

import pytest
from django.db import transaction
from django.urls import resolve, reverse

from home.doors import OPEN, is_open
from tests.home.fence.addresses import UNFILLED, admin_routes, bulk, queries, unfilled, urls
from tests.home.fence.crawl import Answer
from tests.home.fence.houses import everything_of, more

pytestmark = pytest.mark.django_db

NAME = "globex"
# Screens of ours that stand before Wagtail's, of the same address.
OUR_DOORS = {"/cms/account/", "/cms/tag-autocomplete/"}
ROUTES = [route for route in admin_routes() if route.name not in UNFILLED]
OPEN_ROUTES = [route for route in ROUTES if is_open(route.name)]


def leaks(answers: Any) -> list[str]:
    return [found for answer in answers if (found := answer.names(NAME))]


def failures(answers: Any) -> list[str]:
    return [f"{a.question}: {a.status}" for a in answers if a.status >= 500]


LINK = re.compile(r"""(?:href|src|action|url)=\\?["'](/cms/[^"'?#\\]*)""")


def closed_links(answers: Any) -> dict[str, str]:
    """{screen without a door: a screen that leads to it}, in links, forms and scripts."""
    found = {}
    for answer in answers:
        for path in LINK.findall(answer.text):
            name = resolve(path).view_name
            if not is_open(name) and path not in OUR_DOORS:
                found[name] = answer.question
    return found


def unlike(one: str, other: str, url: str) -> str:
    """Where two answers part; "" where they are alike."""
    if one == other:
        return ""
    for at, (first, second) in enumerate(zip_longest(one, other)):
        if first != second:
            parts = [text[max(0, at - 60) : at + 40] for text in (one, other)]
            return "{}: {!r} became {!r}".format(url, *parts)
    raise AssertionError


def test_it_is_known_how_to_fill_every_address(acme):
    assert unfilled(acme) == []
    assert set(UNFILLED) <= {route.name for route in admin_routes()}


def test_every_door_leads_somewhere():
    names = {route.name for route in admin_routes()}
    listed = {f"{space}:{name}" if space else name for space in OPEN for name in OPEN[space]}
    assert listed - names == set()


def test_what_has_no_door_is_missing(visitor, acme):
    closed = [route for route in ROUTES if route.name and not is_open(route.name)]
    assert closed
    answers = [visitor.get(url) for route in closed for url in urls(route, acme)]
    found = {answer.question: answer.status for answer in answers if answer.status != 404}
    assert found == {"GET /cms/tag-autocomplete/": 200}


def test_tags_in_use_elsewhere_are_not_proposed(visitor):
    assert visitor.get("/cms/tag-autocomplete/?term=glob").text.strip() == "[]"
    assert "acme-tag" in visitor.get("/cms/tag-autocomplete/?term=acm").text


def test_own_things_are_shown_and_the_others_are_not(visitor, acme, globex):
    answers = [visitor.get(url) for route in OPEN_ROUTES for url in urls(route, acme)]
    assert not leaks(answers), "\n".join(leaks(answers))
    assert not failures(answers), "\n".join(failures(answers))
    assert sum("acme" in answer.text for answer in answers) > 60
    assert closed_links(answers) == {}
    assert not any("/account/" in answer.text[:20] for answer in answers)


def test_lists_searches_and_exports_find_own_things_alone(admin, acme, globex):
    answers = [
        admin.get(f"{url}?{query}")
        for route in OPEN_ROUTES
        for url in urls(route, acme)
        for query in queries(route, acme, globex)
    ]
    assert not leaks(answers), "\n".join(leaks(answers))
    assert not failures(answers), "\n".join(failures(answers))
    assert sum("acme" in answer.text for answer in answers) > 50


def test_the_others_things_are_missing(visitor, acme, globex):
    answers = [
        visitor.get(url)
        for route in OPEN_ROUTES
        if route.arguments
        for url in [*urls(route, globex), *urls(route, acme, globex)]
    ]
    answers += [visitor.get(url) for url in bulk(acme, globex)]
    assert not leaks(answers), "\n".join(leaks(answers))
    assert not failures(answers), "\n".join(failures(answers))


def test_nothing_of_the_others_is_written(visitor, acme, globex):
    before = everything_of(globex)
    data = whatever(globex)
    answers: list[Answer] = []
    changed = []
    asked = [
        url
        for route in ROUTES
        for url in [*urls(route, acme), *urls(route, globex), *urls(route, acme, globex)]
    ]
    for url in [*asked, *bulk(acme, globex)]:
        with visitor.posted(url, data) as answer:
            answers.append(answer)
            if answer.wrote and (after := everything_of(globex)) != before:
                keys = [key for key in after if after[key] != before[key]]
                changed.append(f"{answer.question}: {', '.join(keys)}")
    assert changed == []
    assert not leaks(answers), "\n".join(leaks(answers))
    assert not failures(answers), "\n".join(failures(answers))


def test_a_translation_is_edited_by_its_own_house_alone(admin, acme, globex):
    editor = admin.get(f"/cms/pages/{acme['translated'].pk}/edit/")
    assert "acme Koorso".lower() in editor.text.lower()
    assert not editor.names(NAME)
    assert admin.get(f"/cms/pages/{globex['translated'].pk}/edit/").status == 404
    pairs = [(globex, globex), (acme, globex), (globex, acme)]
    for translated, written in pairs:
        url = reverse(
            "wagtail_localize:edit_string_translation",
            args=[translated["translation"].pk, written["segment"].pk],
        )
        before = everything_of(globex)
        for ask in (admin.client.put, admin.client.delete):
            assert (
                ask(
                    url, data="value=x", content_type="application/x-www-form-urlencoded"
                ).status_code
                == 404
            )
        assert everything_of(globex) == before


def whatever(house) -> dict[str, Any]:
    """What forms of the admin may ask for, all of it the other house's."""
    pages = [house[key].pk for key in ("course", "draft", "lesson")]
    return {
        "id": pages, "ids": pages, "chooser": house.provider.page.pk, "new_title": "Mine",
        "new_slug": "mine", "new_parent_page": house.provider.page.pk, "copy_subpages": "on",
        "title": "Mine", "slug": "mine", "name": "Mine", "summary": "Mine.",
        "collection": house["collection"].pk, "cover": house["image"].pk,
        "categories": [house["category"].pk], "instructors": [house.people["instructor"].pk],
        "provider": str(house.provider.pk), "site": house["site"].pk, "old_path": "/mine",
        "redirect_page": house["course"].pk, "redirect_link": "", "tags": "mine",
        "restriction_type": "groups", "groups": [g.pk for g in house.people["admin"].groups.all()],
        "action-publish": "action-publish", "comment": "Mine", "position": "0",
        "revision_id": house["revision"].pk, "q": "glob", "page": house["course"].pk,
        "outcomes-count": 0, "requirements-count": 0, "body-count": 0,
        "comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0,
        "external-link-chooser-url": "/", "email-link-chooser-email_address": "a@example.org",
    }  # fmt: skip


def test_the_others_numbers_make_no_difference(admin, acme, globex):
    """acme is answered alike whether globex has little or much: nothing is counted, nothing takes
    the place of something of acme's."""
    asked = [
        url
        for route in OPEN_ROUTES
        for plain in urls(route, acme)
        for url in [plain, *(f"{plain}?{query}" for query in queries(route, acme, globex))]
        if not url.endswith("xlsx")  # its bytes carry the time
    ]
    before = {url: admin.get(url) for url in asked}
    with transaction.atomic():
        more(globex)
        after = {url: admin.get(url) for url in asked}
        transaction.set_rollback(True)
    different = [
        difference
        for url in asked
        if (difference := unlike(before[url].settled(), after[url].settled(), url))
    ]
    assert not different, "\n".join(different)
