"""The access table is whole, and true."""

from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.urls import NoReverseMatch, path, resolve, reverse

from tests.architecture.access import ACCESS, GROUPS, ROLES, group_of
from tests.architecture.routes import Route, routes

ALL = list(routes())
SIGN_IN = {
    reverse("account_login"),
    reverse("accounts:staff_sign_in"),
    reverse("wagtailadmin_login"),
    reverse("admin:login"),
}


def unlisted(found: list[Route]) -> list[str]:
    """Addresses of which nobody has said who gets in."""
    return [
        f"{route.name or '(unnamed)'}: {route.pattern}"
        for route in found
        if not (route.ours and route.name in ACCESS) and group_of(route.pattern) is None
    ]


def test_every_address_is_in_the_table():
    assert unlisted(ALL) == []


def test_an_address_that_is_not_in_the_table_is_found():
    stray = Route("lms:stray", "stray/", frozenset(), ours=True)
    unnamed = Route("", "stray/", frozenset(), ours=True)
    foreign = Route("health", "elsewhere/", frozenset(), ours=False)
    assert len(unlisted([stray, unnamed, foreign])) == 3
    assert unlisted([Route("health", "healthz", frozenset(), ours=True)]) == []


def test_the_table_holds_nothing_that_is_gone():
    names = {route.name for route in ALL}
    assert [name for name in ACCESS if name not in names] == []
    assert [g.prefix for g in GROUPS if not any(r.pattern.startswith(g.prefix) for r in ALL)] == []


def gets_in(response, url):
    """Whether the address let the asker in; a server error is nobody's entry and fails the test."""
    assert response.status_code < 500, f"{url}: {response.status_code}"
    if response.status_code >= 400:
        return False
    if response.status_code in (301, 302, 303):
        target = urlsplit(response["Location"]).path
        if target in SIGN_IN or "reauthenticate" in target:
            return False
        # Wagtail's admin sends signed-in people without permission back to its front page.
        return not (url.startswith("/cms/") and url != target == "/cms/")
    return True


def ask(client, world, role, url, method="get"):
    """One question, whose effects are undone."""
    with transaction.atomic():
        client.logout()
        if person := world.people[role]:
            client.force_login(person)
        response = getattr(client, method)(url)
        transaction.set_rollback(True)
    return response


def askable():
    known = {route.name: route for route in ALL}
    for name, access in ACCESS.items():
        if name in known and (access.example or not known[name].arguments):
            yield name


@pytest.mark.django_db
@pytest.mark.parametrize("name", askable())
def test_each_role_gets_in_where_the_table_says_and_nowhere_else(name, client, world):
    access = ACCESS[name]
    try:
        url = reverse(name, kwargs=access.example(world) if access.example else None)
    except NoReverseMatch:
        pytest.fail(f"{name}: the example does not fit the address")
    answers = {role: ask(client, world, role, url, access.method) for role in ROLES}
    said = {role: (r.status_code, r.headers.get("Location", "")) for role, r in answers.items()}
    assert {role for role, r in answers.items() if gets_in(r, url)} == access.who, said


@pytest.mark.django_db
@pytest.mark.parametrize("group", [g for g in GROUPS if g.who is not None], ids=lambda g: g.prefix)
def test_a_group_is_closed_to_everybody_else(group, client, world):
    inside = [
        f"/{route.pattern}"
        for route in ALL
        if route.pattern.startswith(group.prefix)
        and route.pattern not in group.doors
        and not route.arguments
        and not set("^$(\\") & set(route.pattern)
    ]
    assert inside
    open_to = {
        (role, url)
        for role in set(ROLES) - group.who
        for url in inside
        if gets_in(ask(client, world, role, url), url)
    }
    assert open_to == set()


def test_routes_are_read_with_their_namespaces():
    assert resolve(reverse("search:catalogue")).view_name == "search:catalogue"
    assert any(r.name == "search:catalogue" and r.ours and not r.arguments for r in ALL)
    entry = path("x/<int:pk>/", lambda request: None)
    assert "pk" in entry.pattern.converters
