"""A school says how it is taxed, and its buyers pay that."""

import pytest

from lms.orders.models import TaxRate
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import member
from tests.lms.admissions.making import somebody
from tests.lms.learning import reader
from tests.lms.payments.making import ordered

AT = "/desk/sales/acme/tax/"


@pytest.fixture
def ada(page):
    ada = somebody("ada")
    member(ada, page.provider, Role.ADMIN)
    return reader(ada)


def rates(page):
    with provider_scope(page.provider_id):
        return dict(TaxRate.objects.values_list("country", "percent"))


def test_rates_by_country_are_set_changed_and_removed(page, carol, ada):
    for country, percent in (("DE", "19"), ("", "0"), ("DE", "7.5")):
        typed = {"rate_country": country, "rate_name": "VAT", "percent": percent}
        assert ada.post(AT, typed).status_code == 302
    assert rates(page) == {"DE": 7.5, "": 0}
    assert ordered(page, carol, country="DE").tax_minor == 349
    assert ordered(page, carol, country="FR").tax_minor == 0
    shown = ada.get(AT).content.decode()
    assert "Germany" in shown and "7.5" in shown
    with provider_scope(page.provider_id):
        german = TaxRate.objects.get(country="DE")
    ada.post(f"{AT}{german.pk}/remove/")
    assert rates(page) == {"": 0}


def test_prices_without_tax_are_said_so(page, carol, ada):
    ada.post(AT, {"rate_country": "", "rate_name": "VAT", "percent": "20"})
    typed = {"legal_name": "Acme Ltd", "address": "1 Quay", "country": "DE", "vat_id": "DE1"}
    assert ada.post(AT, typed).status_code == 302  # the box is not ticked
    assert ordered(page, carol, country="FR").total_minor == 5999


@pytest.mark.parametrize("percent", ["-1", "101", "a lot", "7.1234"])
def test_what_is_no_rate_is_refused(page, ada, percent):
    typed = {"rate_country": "DE", "rate_name": "VAT", "percent": percent}
    assert ada.post(AT, typed).status_code == 422
    assert rates(page) == {}


def test_it_is_for_the_school_s_admins(page, carol):
    typed = {"rate_country": "DE", "rate_name": "VAT", "percent": "1"}
    for person in (carol, page.alice, somebody("mallory")):
        assert reader(person).post(AT, typed).status_code == 404
    assert rates(page) == {}
