"""Stripe itself, in its test mode: `STRIPE_TEST_KEY=sk_test_… pytest -m live tests/contracts`.

Nobody can press the button of Stripe's page from here, so what is paid is a PaymentIntent with one
of Stripe's test cards.
"""

import os
import uuid
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone

from lms.common.money import Money
from lms.gateways.payments import Declined, NoSuchPayment, Outcome, Progress, Reason
from lms.gateways.payments.stripe import StripePayments
from tests.contracts.payments_suite import charge

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def network_off():
    """Takes the place of the fixture that keeps tests off the network."""


@pytest.fixture
def key():
    found = os.environ["STRIPE_TEST_KEY"]
    assert "_test_" in found, "Only a test key: these tests charge cards."
    return found


@pytest.fixture
def payments(key):
    return StripePayments(key, "whsec_unused")


@pytest.fixture
def customer(key):
    """One of theirs, with a card that pays."""
    client = stripe.StripeClient(key).v1
    made = client.customers.create({"email": "carol@example.com"})
    card = client.payment_methods.attach("pm_card_visa", {"customer": made.id})
    yield made.id, card.id
    client.customers.delete(made.id)


def test_a_payment_is_begun_found_and_closed(payments):
    asked = charge()
    begun = payments.begin(asked)
    assert begun.url.startswith("https://checkout.stripe.com/")
    assert payments.begin(asked) == begun
    found = payments.find(begun.ref)
    assert (found.outcome, found.amount) == (Outcome.OPEN, asked.amount)
    assert found.reference == asked.reference
    assert payments.cancel(begun.ref).outcome == Outcome.CANCELLED
    with pytest.raises(NoSuchPayment):
        payments.find("cs_test_never")


@pytest.mark.parametrize("amount", [Money(500, "ISK"), Money(5120, "KWD"), Money(500, "JPY")])
def test_stripe_counts_as_we_think(payments, amount):
    begun = payments.begin(charge(amount))
    assert payments.cancel(begun.ref).amount == amount


def test_a_card_that_was_kept_pays_and_is_refunded(payments, customer):
    who, card = customer
    began = timezone.now() - timedelta(seconds=5)
    asked = charge(customer=who)
    found = payments.charge_again(asked, means=card)
    assert (found.outcome, found.paid_with) == (Outcome.SUCCEEDED, "Visa •••• 4242")
    reference = uuid.uuid4().hex
    part = Money(1000, "EUR")
    refund = payments.refund(found.ref, part, reference=reference, reason="test")
    assert refund.progress == Progress.SUCCEEDED
    assert [each.reference for each in payments.find(found.ref).refunds] == [reference]
    with pytest.raises(Declined):
        payments.refund(found.ref, asked.amount, reference=uuid.uuid4().hex, reason="test")
    assert asked.reference in {each.reference for each in payments.since(began)}


def test_a_card_that_is_gone_is_not_accepted(payments, customer):
    with pytest.raises(Declined) as declined:
        payments.charge_again(charge(customer=customer[0]), means="pm_never")
    assert declined.value.code == Reason.NOT_ACCEPTED
