import pytest

from tests.lms.homework.making import a_class


@pytest.fixture
def night_class(db, private_files):
    return a_class(lessons=2)
