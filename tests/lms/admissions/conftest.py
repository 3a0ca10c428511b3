import pytest

from tests.lms.admissions.making import somebody, teaching


@pytest.fixture
def page(db):
    return teaching()


@pytest.fixture
def carol(db):
    return somebody("carol", "Carol Wanjiru")
