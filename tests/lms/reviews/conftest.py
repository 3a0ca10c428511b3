import pytest

from lms.tenants.models import Role
from tests.cast import member
from tests.lms.certificates.making import course, named, school


@pytest.fixture
def acme(db):
    return school()


@pytest.fixture
def alice(acme):
    """Teaches the course."""
    found = named("alice", "Alice Okafor")
    member(found, acme, Role.INSTRUCTOR)
    return found


@pytest.fixture
def admin(acme):
    """Manages the school, teaches nothing."""
    found = named("adam", "Adam Ahmed")
    member(found, acme, Role.ADMIN)
    return found


@pytest.fixture
def sky(acme, alice):
    return course(acme, title="Night Sky", instructors=[alice])
