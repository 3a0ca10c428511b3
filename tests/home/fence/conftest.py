from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.cast import forget_cached
from tests.home.fence.crawl import Visitor
from tests.home.fence.houses import House, two_houses


@pytest.fixture(scope="module")
def houses(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[House, House]]:
    """acme and globex, made once for the file; what a test does to them it undoes itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        forget_cached()
        yield two_houses()
        transaction.set_rollback(True)


@pytest.fixture
def acme(houses: tuple[House, House]) -> House:
    return houses[0]


@pytest.fixture
def globex(houses: tuple[House, House]) -> House:
    return houses[1]


@pytest.fixture(params=["admin", "instructor"])
def visitor(request: pytest.FixtureRequest, acme: House) -> Visitor:
    """acme's admin, and its instructor."""
    return Visitor(acme.people[request.param])


@pytest.fixture
def admin(acme: House) -> Visitor:
    return Visitor(acme.people["admin"])
