import pytest

from lms.tenants.models import Role
from tests.cast import house, member, person


@pytest.fixture
def acme(db):
    return house("acme")


@pytest.fixture
def globex(db):
    return house("globex")


@pytest.fixture
def ada(acme):
    """Manages acme."""
    user = person("ada")
    member(user, acme, Role.ADMIN)
    return user


@pytest.fixture
def alice(acme):
    """Teaches at acme."""
    user = person("alice")
    member(user, acme, Role.INSTRUCTOR)
    return user


@pytest.fixture
def carol(acme):
    """Studies at acme."""
    user = person("carol")
    member(user, acme, Role.STUDENT)
    return user


@pytest.fixture
def mallory(globex):
    """Manages globex."""
    user = person("mallory")
    member(user, globex, Role.ADMIN)
    return user


@pytest.fixture
def olga(db):
    """Operates the platform."""
    return person("olga", is_superuser=True, is_staff=True)
