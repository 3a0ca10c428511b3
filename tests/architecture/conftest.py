from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import TestCase

from home.actions import open_provider, set_up_marketplace
from lms.events import SYSTEM
from lms.tenants.actions import add_member
from lms.tenants.models import Provider, Role
from tests.architecture.access import (
    ADMIN,
    ASSISTANT,
    INSTRUCTOR,
    OPERATOR,
    OUTSIDER,
    STUDENT,
    VISITOR,
)
from tests.cast import forget_cached, person


@dataclass
class World:
    """acme, and a person for each role of tests/architecture/access.py (None is the visitor)."""

    acme: Provider
    people: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for the file; what a test does to it is undone by the test's own savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():
        forget_cached()
        yield _world()
        transaction.set_rollback(True)


def _world() -> World:
    with TestCase.captureOnCommitCallbacks(execute=True):
        set_up_marketplace(title="Fledge")
        ada = person("ada")
        acme = open_provider(name="Acme", slug="acme", owner=ada, actor=SYSTEM)
        people = {
            VISITOR: None,
            OUTSIDER: person("dora"),
            STUDENT: person("carol"),
            ASSISTANT: person("bob"),
            INSTRUCTOR: person("alice"),
            ADMIN: ada,
            OPERATOR: person("olga", is_superuser=True, is_staff=True),
        }
        for key, role in {
            STUDENT: Role.STUDENT,
            ASSISTANT: Role.ASSISTANT,
            INSTRUCTOR: Role.INSTRUCTOR,
        }.items():
            add_member(provider=acme, user=people[key], role=role, actor=ada, approved=True)
    return World(acme, people)
