import pytest

from tests.lms.homework.making import a_class


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def night_class(db):
    return a_class()
