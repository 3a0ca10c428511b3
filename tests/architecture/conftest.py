from dataclasses import dataclass, field
from typing import Any

import pytest

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
from tests.cast import person


@dataclass
class World:
    """acme, and a person for each role of tests/architecture/access.py (None is the visitor)."""

    acme: Provider
    people: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def world(db: None, django_capture_on_commit_callbacks: Any) -> World:
    with django_capture_on_commit_callbacks(execute=True):
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
