"""The house the properties are shown at, and its courses."""

import pytest

from lms.tenants.models import Provider
from tests.cast import person
from tests.lms.certificates.making import Shelf, course, school


@pytest.fixture
def acme(db: None) -> Provider:
    return school()


@pytest.fixture
def carol(db: None) -> object:
    return person("carol")


@pytest.fixture
def shelf(acme: Provider) -> Shelf:
    """Published courses by the number of their lessons."""
    return Shelf(lambda lessons: course(acme, lessons))
