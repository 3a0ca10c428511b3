from collections.abc import Iterator
from unittest.mock import patch

import pytest

from lms.certificates.models import Certificate
from lms.tenants.scope import provider_scope
from tests.lms.certificates.making import complete, course, enrol, named, school


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def acme(db):
    return school(name="Acme Academy")


@pytest.fixture
def alice(db):
    return named("alice", "Dr Alice Okafor")


@pytest.fixture
def carol(db):
    return named("carol", "Carol Wanjiru")


@pytest.fixture
def night_sky(acme, alice):
    return course(acme, instructors=[alice])


@pytest.fixture
def no_drawing() -> Iterator[None]:
    """For tests that are not about the PDF: drawing one takes half a second."""
    with patch("lms.certificates.actions.make_pdf"):
        yield


@pytest.fixture
def enrolment(night_sky, carol, no_drawing):
    """Carol has completed the course; her certificate is issued, its PDF not made."""
    return complete(enrol(carol, night_sky))


@pytest.fixture
def certificate(enrolment):
    with provider_scope(enrolment.provider_id):
        return Certificate.objects.get(enrolment=enrolment)
