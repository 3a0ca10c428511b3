"""Buying by Stripe and by PayPal, from the order to the money that goes back: our own code all the
way, over HTTP to a stand-in of each (tests.doubles)."""

import random
import re
from contextlib import suppress
from copy import copy
from datetime import timedelta
from urllib.error import HTTPError
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client, TestCase

from lms.common import clock
from lms.common.money import Money
from lms.gateways.payments import Charge, Item
from lms.orders import tasks as order_tasks
from lms.payments import actions, ledger, tasks
from lms.payments.models import Account, Notice, Payment, Refund
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import forget_cached, member
from tests.doubles.paypal_double import PayPalDouble
from tests.doubles.stripe_double import StripeDouble
from tests.lms.admissions.making import letters, limit, seated, somebody
from tests.lms.learning import reader
from tests.lms.payments.companies import NO_REFUND, AtPayPal, AtStripe
from tests.lms.payments.making import begun, looked, ordered, selling

PRICE = Money(4999, "EUR")


@pytest.fixture(scope="module")
def sold(django_db_setup, django_db_blocker):
    """Made once for the file; what a test does to it is undone by the test's own savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():
        forget_cached()
        page, carol, ada = selling(), somebody("carol", "Carol Wanjiru"), somebody("ada")
        member(ada, page.provider, Role.ADMIN)
        yield page, carol, ada
        transaction.set_rollback(True)


@pytest.fixture
def page(sold, db):
    return copy(sold[0])


@pytest.fixture
def carol(sold, db):
    return sold[1]


@pytest.fixture
def ada(sold, db):
    return sold[2]


@pytest.fixture(scope="module")
def paypal_double():
    with PayPalDouble() as running:
        yield running


@pytest.fixture
def stripe(settings, monkeypatch):
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.001)
    with StripeDouble() as running:
        yield _set_up(settings, AtStripe(running))


@pytest.fixture
def paypal(settings, paypal_double):
    paypal_double.forget()
    return _set_up(settings, AtPayPal(paypal_double))


@pytest.fixture(params=["stripe", "paypal"])
def company(request):
    return request.getfixturevalue(request.param)


def _set_up(settings, company):
    adapter = f"{company.backend.__module__}.{company.backend.__name__}"
    port = {"BACKEND": adapter, "OPTIONS": company.options}
    settings.GATEWAYS = {**settings.GATEWAYS, f"payments.{company.name}": port}
    return company


def done():
    return TestCase.captureOnCommitCallbacks(execute=True)


def press(client, order, company):
    """Choose the company on the page with the ways to pay."""
    with done():
        return client.post(f"/orders/{order.pk}/pay/", {"gateway": company.name})


def sent_back(client, address):
    """Go where the company sends the payer."""
    with done():
        return client.get(re.sub("^https?://[^/]+", "", address), follow=True)


def hear(company, seed=None, times=1):
    """What has happened there is told to us."""
    told = [notice for notice in company.notices() for _ in range(times)]
    if seed is not None:
        random.Random(seed).shuffle(told)
    for headers, body in told:
        with done():
            answer = Client().post(
                f"/webhooks/{company.name}/", body, content_type="application/json", headers=headers
            )
        assert answer.status_code == 200
    assert not Notice.objects.filter(done_at=None)


def reconciled(after=timedelta(minutes=20)):
    with clock.stopped_at(clock.now() + after), done():
        return tasks.reconcile()


def began(page, carol, company):
    return begun(ordered(page, carol), gateway=company.name)


def paid(page, carol, company):
    payment = began(page, carol, company)
    company.pay(payment)
    return looked(payment)


def gives_back(ada, payment, amount=PRICE):
    with done():
        return actions.refund(payment, amount, reason="Asked for", actor=ada, at=clock.now())


def books(payment):
    """What stands on each account because of the order, in minor units."""
    with provider_scope(payment.provider_id):
        found = ledger.of_order(payment.order)
        return {account: amount.amount_minor for account, amount in found.items() if amount}


def rows(page, model):
    with provider_scope(page.provider_id):
        return list(model.objects.order_by("pk"))


def fresh(payment):
    with provider_scope(payment.provider_id):
        return Payment.objects.select_related("order__buyer").get(pk=payment.pk)


def test_who_pays_there_is_in_and_who_is_refunded_is_out(page, carol, ada, company):
    client = reader(carol)
    order = ordered(page, carol)
    address = press(client, order, company)["Location"]
    (payment,) = rows(page, Payment)
    assert address == payment.url
    seen = sent_back(client, company.pay(payment)).content.decode()
    assert "Start learning" in seen and seated(page) == {"carol"}
    assert company.taken() == [4999] and letters("carol", "receipt")
    fee = company.fee(PRICE).amount_minor
    mine = -books(payment)[Account.EARNINGS] - books(payment).get(Account.FEE, 0)
    assert mine == 4999
    assert books(payment)[Account.GATEWAY] == 4999 - fee
    assert books(payment)[Account.GATEWAY_FEE] == fee == fresh(payment).fee_minor
    hear(company)
    gives_back(ada, fresh(payment))
    hear(company)
    assert company.given_back() == [4999] and seated(page) == set()
    assert books(payment) == {Account.GATEWAY: -fee, Account.GATEWAY_FEE: fee}
    assert len(rows(page, Refund)) == 1 and fresh(payment).order.state == "refunded"


@pytest.mark.parametrize("seed", [1, 2])
def test_notices_alone_do_it_in_whatever_order(page, carol, company, seed):
    payment = began(page, carol, company)
    company.pay(payment)
    hear(company, seed=seed, times=3)
    assert seated(page) == {"carol"} and len(letters("carol", "receipt")) == 1
    hear(company)  # PayPal's money is taken after the first of them
    before = books(payment)
    assert before[Account.GATEWAY] == 4999 - company.fee(PRICE).amount_minor
    company.refund_by_hand(payment, PRICE)
    hear(company, seed=seed, times=2)
    assert seated(page) == set() and len(rows(page, Refund)) == 1
    assert company.taken() == [4999]


def test_a_decline_says_why_and_the_next_card_pays(page, carol, company):
    client = reader(carol)
    order = ordered(page, carol)
    press(client, order, company)
    (first,) = rows(page, Payment)
    where = company.decline(first)
    if where != first.url:
        sent_back(client, where)
    hear(company)
    assert seated(page) == set() and company.taken() == []
    said = client.get(f"/orders/{order.pk}/pay/").content.decode()
    assert "Nothing was charged" in said
    press(client, order, company)
    again = max(rows(page, Payment), key=lambda one: one.begun_at)
    assert (again == first) is (company.name == "stripe")  # whose page takes another card
    sent_back(client, company.pay(again))
    hear(company)
    assert seated(page) == {"carol"} and company.taken() == [4999]
    assert fresh(again).state == "succeeded" and fresh(again).reason == ""


def test_who_gives_up_finds_the_way_back(page, carol, company):
    client = reader(carol)
    order = ordered(page, carol)
    press(client, order, company)
    (payment,) = rows(page, Payment)
    seen = sent_back(client, company.give_up(payment))
    assert "Pay €49.99" in seen.content.decode() and company.taken() == []
    assert press(client, order, company)["Location"] == payment.url
    sent_back(client, company.pay(payment))
    assert seated(page) == {"carol"} and company.begun() == 1


def test_who_never_comes_back_is_not_charged(page, carol, company):
    limit(page, 1)
    payment = began(page, carol, company)
    with clock.stopped_at(clock.now() + timedelta(minutes=61)):
        order_tasks.keep_time()
    reconciled(timedelta(minutes=75))
    assert fresh(payment).state == "cancelled" and company.taken() == []
    reconciled(timedelta(minutes=90))  # hears that it is so
    assert reconciled(timedelta(minutes=105)) == []


def test_a_bank_may_take_its_days(page, carol, company):
    limit(page, 1)
    client = reader(carol)
    order = ordered(page, carol)
    press(client, order, company)
    (payment,) = rows(page, Payment)
    seen = sent_back(client, company.pay_by_bank(payment))
    hear(company)
    assert "On its way" in seen.content.decode() and seated(page) == set()
    # Nobody is asked to pay a second time, and the seat waits.
    shown = client.get(f"/orders/{order.pk}/pay/", follow=True).content.decode()
    assert "On its way" in shown and f'href="/orders/{order.pk}/pay/"' not in shown
    with clock.stopped_at(clock.now() + timedelta(days=3)):
        assert order_tasks.keep_time() == 0
    company.settle(payment)
    hear(company)
    assert seated(page) == {"carol"} and fresh(payment).fee_minor is not None


def test_a_bank_that_says_no_after_days_leaves_the_order(page, carol, company):
    payment = began(page, carol, company)
    sent_back(reader(carol), company.pay_by_bank(payment))
    company.settle(payment, well=False)
    hear(company)
    assert fresh(payment).state == "failed" and seated(page) == set()
    again = begun(payment.order, gateway=company.name)
    company.pay(again)
    looked(again)
    assert again != payment and seated(page) == {"carol"}


def test_what_nobody_told_us_is_found(page, carol, company):
    payment = began(page, carol, company)
    company.pay(payment)
    assert seated(page) == set()
    assert reconciled()
    assert seated(page) == {"carol"} and company.taken() == [4999]
    reconciled()
    assert reconciled() == []


def test_a_refund_made_on_their_pages_is_written_down(page, carol, company):
    payment = paid(page, carol, company)
    hear(company)
    company.refund_by_hand(payment, Money(1000, "EUR"))
    hear(company)
    assert [row.amount_minor for row in rows(page, Refund)] == [1000]
    assert seated(page) == {"carol"}
    company.refund_by_hand(payment, Money(3999, "EUR"))
    reconciled()  # of this one no notice came
    assert sorted(row.amount_minor for row in rows(page, Refund)) == [1000, 3999]
    fee = company.fee(PRICE).amount_minor
    assert seated(page) == set()
    assert books(payment) == {Account.GATEWAY: -fee, Account.GATEWAY_FEE: fee}


def test_a_dispute_names_only_their_payment_and_is_looked_at(page, carol, company):
    payment = paid(page, carol, company)
    company.dispute(payment)
    hear(company)
    assert fresh(payment).state == "succeeded"


@pytest.mark.parametrize("how", [500, "cut"])
def test_begun_again_after_a_fault_it_is_one_payment(page, carol, company, how):
    client = reader(carol)
    order = ordered(page, carol)
    company.fails("begin", how)
    refused = press(client, order, company)
    assert refused.status_code == 502 and "does not answer" in refused.content.decode()
    assert press(client, order, company).status_code == 302
    (payment,) = rows(page, Payment)
    assert company.begun() == 1
    sent_back(client, company.pay(payment))
    assert seated(page) == {"carol"} and company.taken() == [4999]


def test_charged_but_not_heard_of_it_heals(page, carol, company):
    client = reader(carol)
    payment = began(page, carol, company)
    back = company.pay(payment)
    company.fails("capture" if company.name == "paypal" else "find", "cut")
    seen = sent_back(client, back).content.decode()
    assert "does not answer" in seen and seated(page) == set()
    assert reconciled()
    assert seated(page) == {"carol"} and company.taken() == [4999]


@pytest.mark.parametrize("how", [500, "cut"])
def test_a_refund_that_is_not_answered_waits_and_is_sent_again(page, carol, ada, company, how):
    payment = paid(page, carol, company)
    company.fails("refund", how)
    assert gives_back(ada, payment, Money(2000, "EUR")).state == "pending"
    assert len(company.given_back()) == (how == "cut")
    company.forgets_keys()  # they keep them for a day only
    assert reconciled()
    reconciled()
    (row,) = rows(page, Refund)
    assert row.state == "succeeded" and row.ref
    assert company.given_back() == [2000] and seated(page) == {"carol"}


def test_another_amount_than_was_ordered_enrols_nobody(page, carol, company):
    payment = began(page, carol, company)
    company.changes_amount(payment)
    company.pay(payment)
    looked(payment)
    hear(company)
    assert seated(page) == set() and books(payment) == {}
    assert fresh(payment).state == "open" and "1.00" in fresh(payment).detail


def test_the_account_may_have_other_payments(page, carol, company):
    own = company.own.begin(
        Charge(
            reference=str(uuid4()), amount=PRICE, items=(Item("Mug", PRICE),), email="",
            language="en", seller="Mugs", return_url="https://mugs.example/",
            cancel_url="https://mugs.example/", expires_at=clock.now() + timedelta(hours=1),
        )
    )  # fmt: skip
    mug = Payment(ref=own.ref, url=own.url, gateway=company.name)
    company.pay(mug)
    if company.name == "paypal":
        company.own.capture(mug.ref, key="mug")
    company.is_of_another_program()
    company.refund_by_hand(mug, Money(1000, "EUR"))
    company.is_of_another_program()
    company.dispute(mug)
    hear(company)
    assert Notice.objects.count() >= 3 and not Notice.objects.exclude(error="")
    assert rows(page, Payment) == [] and seated(page) == set()


@pytest.mark.parametrize(("currency", "price"), [("JPY", 4999), ("KWD", 12340)], ids=["JPY", "KWD"])
def test_currencies_have_their_own_decimals(page, carol, ada, company, currency, price):
    page.price_minor, page.currency = price, currency
    page.save_revision().publish()
    order = ordered(page, carol)
    if (company.name, currency) == ("paypal", "KWD"):
        assert press(reader(carol), order, company).status_code == 409
        return
    payment = begun(order, gateway=company.name)
    company.pay(payment)
    looked(payment)
    amount = Money(price, currency)
    assert company.taken() == [price] and seated(page) == {"carol"}
    assert books(payment)[Account.GATEWAY] == price - company.fee(amount).amount_minor
    gives_back(ada, payment, amount)
    assert company.given_back() == [price] and seated(page) == set()


# --- What went wrong once -------------------------------------------------------------------------


def test_what_was_cancelled_here_is_closed_there(page, carol, company):
    payment = began(page, carol, company)
    with done():
        reader(carol).post(f"/orders/{payment.order_id}/cancel/")
    assert fresh(payment).state == "cancelled"
    with suppress(HTTPError):  # Stripe's page is gone
        company.pay(payment)
    hear(company)
    assert company.taken() == [] and seated(page) == set()


def test_what_was_cancelled_here_is_not_taken_at_paypal(page, carol, paypal):
    client = reader(carol)
    payment = began(page, carol, paypal)
    paypal.fails("find")
    with done():
        client.post(f"/orders/{payment.order_id}/cancel/")  # "Nothing was charged", it says
    back = paypal.pay(payment)
    hear(paypal)
    sent_back(client, back)
    assert paypal.taken() == [] and seated(page) == set()
    assert fresh(payment).state == "cancelled"


def test_an_order_that_is_paid_is_not_paid_again_at_paypal(page, carol, paypal):
    order = ordered(page, carol)
    first = begun(order, gateway="paypal")
    paypal.decline(first)
    looked(first)
    second = begun(order, gateway="paypal")
    paypal.pay(second)
    looked(second)
    hear(paypal)  # of the first too
    assert paypal.taken() == [4999] and paypal.given_back() == []


def test_a_second_payment_goes_back_and_the_order_stays_paid(page, carol, ada, stripe, paypal):
    order = ordered(page, carol)
    first, second = (begun(order, gateway=one.name) for one in (stripe, paypal))
    paypal.pay(second)
    looked(second)
    stripe.pay(first)
    looked(first)
    assert stripe.given_back() == [4999] and paypal.given_back() == []
    assert seated(page) == {"carol"} and fresh(first).order.state == "paid"
    gives_back(ada, fresh(second))
    assert seated(page) == set() and fresh(second).order.state == "refunded"


def undeliverable(page, carol, company, **how):
    """Paid when the last seat had gone."""
    limit(page, 1)
    payment = began(page, carol, company)
    late = clock.now() + timedelta(minutes=61)
    with clock.stopped_at(late):
        order_tasks.keep_time()
        limit(page, 0)
    company.pay(payment, **how)
    looked(payment, at=late)
    assert seated(page) == set()
    return payment


def test_who_has_the_money_back_is_not_let_in_when_a_seat_is_free(page, carol, company):
    payment = undeliverable(page, carol, company)
    assert company.given_back() == [4999]
    limit(page, 5)
    hear(company)
    reconciled()
    assert seated(page) == set() and fresh(payment).order.state != "paid"


def test_a_refund_that_failed_is_not_asked_for_at_each_notice(page, carol, stripe):
    undeliverable(page, carol, stripe, card=NO_REFUND)
    for _ in range(3):
        hear(stripe)
    assert len(rows(page, Refund)) == 1


def test_a_course_is_taken_back_when_the_money_is_and_not_before(page, carol, ada, paypal):
    payment = paid(page, carol, paypal)
    paypal.double.script("pending", "/refund")
    gives_back(ada, payment, Money(2000, "EUR"))
    gives_back(ada, payment, Money(2999, "EUR"))
    assert seated(page) == {"carol"}
    for refund in paypal.double.refunds.values():
        refund["status"] = "COMPLETED"
    reconciled()
    assert seated(page) == set()


def test_a_refund_that_the_bank_sends_back_is_booked_back(page, carol, ada, stripe):
    payment = paid(page, carol, stripe)
    before = books(payment)
    gives_back(ada, payment, Money(2000, "EUR"))
    stripe.sends_back(rows(page, Refund)[0])
    hear(stripe)
    (row,) = rows(page, Refund)
    assert row.state == "failed" and books(payment) == before
    gives_back(ada, fresh(payment), PRICE)
    assert seated(page) == set()


def test_what_paypal_has_forgotten_is_closed(page, carol, paypal):
    payment = began(page, carol, paypal)
    paypal.double.expire(payment.ref)
    assert reconciled(timedelta(hours=3))
    assert fresh(payment).state == "cancelled"
    assert reconciled(timedelta(hours=4)) == []
