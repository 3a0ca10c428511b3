import pytest

from tests.lms.homework.making import a_class
from tests.lms.learning import reader


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def night_class(db):
    return a_class(lessons=3)


@pytest.fixture
def carol(night_class):
    return reader(night_class.carol)
