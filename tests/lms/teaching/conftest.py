import pytest

from tests.lms.homework.making import Class, a_class


@pytest.fixture
def school(db) -> Class:
    return a_class(lessons=4)
