import pytest
from django.test import Client

from lms.accounts import actions
from lms.accounts.models import User
from tests.lms.accounts.steps import PASSWORD


@pytest.fixture
def carol(db: None) -> User:
    """A student whose address is confirmed and who knows her password."""
    return actions.create_person(
        "carol@example.org", "Carol Ng", PASSWORD, actor=None, verified=True
    )


@pytest.fixture
def olga(db: None) -> User:
    """An operator."""
    return actions.create_person(
        "olga@example.org",
        "Olga Operator",
        PASSWORD,
        actor=None,
        verified=True,
        is_staff=True,
        is_superuser=True,
    )


@pytest.fixture
def as_carol(client: Client, carol: User) -> Client:
    client.force_login(carol)
    return client


@pytest.fixture
def as_olga(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client
