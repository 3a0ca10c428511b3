import pytest

from tests.cast import person
from tests.lms.certificates.making import course, school


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def acme(db):
    return school()


@pytest.fixture
def sky(acme):
    return course(acme, title="Night Sky")


@pytest.fixture
def carol(db):
    return person("carol")
