import pytest

from tests.lms.admissions.making import somebody
from tests.lms.payments.making import forget_everything, selling


@pytest.fixture(autouse=True)
def other_company():
    forget_everything()


@pytest.fixture
def page(db):
    return selling()


@pytest.fixture
def carol(db):
    return somebody("carol", "Carol Wanjiru")
