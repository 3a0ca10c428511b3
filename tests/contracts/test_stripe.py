"""Stripe's adapter, through Stripe's own client, against tests.doubles.stripe_double."""

import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lms.common.money import CURRENCIES, Money
from lms.gateways import gateway
from lms.gateways.payments import (
    BadSignature,
    Declined,
    Item,
    Method,
    NoSuchPayment,
    Outcome,
    PaymentsFailed,
    Progress,
    Quarrel,
    Reason,
)
from lms.gateways.payments.stripe import KINDS, StripePayments
from lms.gateways.payouts import PayoutRefused, PayoutsFailed
from lms.gateways.payouts.stripe import StripePayouts
from lms.gateways.stripe import WrongAmount, amount_for, money_of
from tests.contracts.payments_suite import PaymentsSuite, charge
from tests.doubles.stripe_double import (
    ASKS,
    DEBIT,
    DECLINED,
    DISPUTED,
    GOOD_ONCE,
    NO_REFUND,
    StripeDouble,
)
from tests.doubles.stripe_params import decoded, violations


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """The client asks again at once."""
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.001)


@pytest.fixture
def double():
    with StripeDouble() as running:
        yield running


@pytest.fixture
def payments(double):
    return StripePayments(double.key, double.secret, base_url=double.url)


@pytest.fixture
def payouts(double):
    return StripePayouts(double.key, base_url=double.url)


class Payer:
    unknown_ref = "cs_test_never"

    def __init__(self, double):
        self.double = double
        self.before = len(double.events)

    def pay(self, begun):
        assert self.double.pay(begun.url) == "https://acme.example/pay/back"

    def decline(self, begun):
        assert self.double.pay(begun.url, "4000000000009995") == ""

    def give_up(self, begun):
        assert self.double.give_up(begun.url) == "https://acme.example/basket"

    def dispute(self, ref):
        return self.double.dispute(ref)

    def notices(self):
        return [self.double.signed(each) for each in self.double.events[self.before :]]

    def fail(self, *, after):
        # Once, and for each time that the client asks again.
        self.double.script("cut" if after else 500, "POST /v1/refunds", times=3)


@pytest.fixture
def payer(double):
    return Payer(double)


class TestPayments(PaymentsSuite):
    pass


def last(double, path):
    return next(given for _, asked, given, _ in reversed(double.requests) if asked == path)


def test_the_page_is_asked_for_as_the_charge_says(payments, double):
    closes = timezone.now() + timedelta(hours=2)
    items = (
        Item("Latin", Money(3000, "EUR"), 2),
        Item("Greek", Money(1001, "EUR"), 3),
        Item("Gift", Money(0, "EUR")),
    )
    asked = charge(Money(4001, "EUR"), items=items, language="pt-br", expires_at=closes)
    payments.begin(asked)
    sent = last(double, "/v1/checkout/sessions")
    assert [
        (
            line["price_data"]["product_data"]["name"],
            line["price_data"]["unit_amount"],
            line["quantity"],
        )
        for line in sent["line_items"]
    ] == [("Latin", "1500", "2"), ("3 × Greek", "1001", "1"), ("Gift", "0", "1")]
    assert sent["locale"] == "pt-BR"
    assert int(sent["expires_at"]) == int(closes.timestamp())
    assert sent["client_reference_id"] == asked.reference
    assert sent["metadata"] == sent["payment_intent_data"]["metadata"]
    assert sent["metadata"] == {"fledge_payment": asked.reference}
    assert sent["customer_email"] == "carol@example.com"
    # Wallets and PayPal come by themselves where nothing is named.
    assert not {"payment_method_types", "customer_creation"} & sent.keys()
    assert "setup_future_usage" not in sent["payment_intent_data"]


@pytest.mark.parametrize(
    ("language", "locale"),
    [("fr-ca", "fr-CA"), ("de_AT", "de"), ("ar", "auto"), ("es-419", "es-419"), ("so", "auto")],
)
def test_the_page_speaks_the_payers_language_where_stripe_does(payments, double, language, locale):
    payments.begin(charge(language=language))
    assert last(double, "/v1/checkout/sessions")["locale"] == locale


def test_more_lines_than_stripe_takes_become_one(payments, double):
    items = tuple(Item(f"Course {number}", Money(100, "EUR")) for number in range(101))
    payments.begin(charge(Money(10100, "EUR"), items=items))
    (line,) = last(double, "/v1/checkout/sessions")["line_items"]
    assert line["price_data"]["unit_amount"] == "10100"


@pytest.mark.parametrize("hours", [0, 23.999, 24, 100])
def test_a_page_closes_within_stripes_bounds(payments, double, hours):
    payments.begin(charge(expires_at=timezone.now() + timedelta(hours=hours)))
    closes = int(last(double, "/v1/checkout/sessions").get("expires_at", time.time() + 86400))
    assert closes - time.time() + 5 >= 1800
    assert closes - time.time() <= 86400


def test_a_charge_that_changed_since_is_the_payment_it_began(payments):
    asked = charge()
    begun = payments.begin(asked)
    later = asked.expires_at + timedelta(minutes=1)
    assert payments.begin(charge(reference=asked.reference, expires_at=later)) == begun


def test_a_customer_who_is_gone_is_not_accepted(payments):
    with pytest.raises(Declined) as declined:
        payments.begin(charge(customer="cus_gone"))
    assert declined.value.code == Reason.NOT_ACCEPTED


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("4000000000000002", Reason.DECLINED),
        ("4000000000009995", Reason.NO_MONEY),
        ("4000000000000069", Reason.EXPIRED_CARD),
        ("4000000000000127", Reason.WRONG_DETAILS),
        ("4000000000000119", Reason.FAILED),
        ("4100000000000019", Reason.FRAUD),
        (ASKS, Reason.NOT_AUTHENTICATED),
    ],
)
def test_why_a_card_was_refused(payments, double, card, reason):
    assert card in DECLINED or card == ASKS
    begun = payments.begin(charge())
    double.pay(begun.url, card, authenticate=False)
    found = payments.find(begun.ref)
    assert (found.outcome, found.reason) == (Outcome.OPEN, reason)
    assert found.detail
    payments.cancel(begun.ref)
    found = payments.find(begun.ref)
    assert (found.outcome, found.reason) == (Outcome.CANCELLED, reason)
    assert found.means == ""


def test_who_authenticates_has_paid(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url, ASKS)
    assert payments.find(begun.ref).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("card", "method", "words"),
    [
        ("4242424242424242", Method.CARD, "Visa •••• 4242"),
        ("apple_pay", Method.APPLE_PAY, "Visa •••• 4242"),
        ("google_pay", Method.GOOGLE_PAY, "Visa •••• 4242"),
    ],
)
def test_what_was_paid_with(payments, double, card, method, words):
    begun = payments.begin(charge())
    double.pay(begun.url, card)
    found = payments.find(begun.ref)
    assert (found.method, found.paid_with) == (method, words)


@pytest.mark.parametrize("code", ["", "insufficient_funds"])
def test_a_bank_takes_its_days(payments, double, code):
    begun = payments.begin(charge())
    double.pay(begun.url, DEBIT)
    assert payments.find(begun.ref).outcome == Outcome.PROCESSING
    assert payments.cancel(begun.ref).outcome == Outcome.PROCESSING
    double.settle(begun.ref, code)
    found = payments.find(begun.ref)
    if code:
        assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.NO_MONEY)
        assert payments.cancel(begun.ref) == found
    else:
        assert (found.outcome, found.method) == (Outcome.SUCCEEDED, Method.BANK_TRANSFER)
        assert found.paid_with == "SEPA •••• 3000"


def test_a_page_that_closed_is_given_up(payments, double):
    begun = payments.begin(charge())
    double.expire(begun.ref)
    found = payments.find(begun.ref)
    assert (found.outcome, found.reason) == (Outcome.CANCELLED, Reason.GIVEN_UP)


def test_who_pays_while_it_is_cancelled_has_paid(payments, double, monkeypatch):
    """The session is paid between the adapter's look and its cancelling."""
    begun = payments.begin(charge())
    look = payments._look

    def slow(ref):
        seen = look(ref)
        double.pay(begun.url)
        monkeypatch.undo()
        return seen

    monkeypatch.setattr(payments, "_look", slow)
    assert payments.cancel(begun.ref).outcome == Outcome.SUCCEEDED


def kept(payments, double, card="4242424242424242"):
    begun = payments.begin(charge(keep=True))
    double.pay(begun.url, card)
    found = payments.find(begun.ref)
    assert found.customer.startswith("cus_")
    assert found.means.startswith("pm_")
    return found


def test_a_card_that_was_kept_is_charged_again(payments, double):
    first = kept(payments, double)
    asked = charge(customer=first.customer)
    found = payments.charge_again(asked, means=first.means)
    assert (found.outcome, found.amount) == (Outcome.SUCCEEDED, asked.amount)
    assert found.reference == asked.reference
    assert found == payments.find(found.ref) == payments.charge_again(asked, means=first.means)
    assert (found.customer, found.means) == (first.customer, first.means)
    sent = last(double, "/v1/payment_intents")
    assert (sent["off_session"], sent["confirm"]) == ("true", "true")
    refund = payments.refund(found.ref, asked.amount, reference="again", reason="")
    assert refund.progress == Progress.SUCCEEDED


@pytest.mark.parametrize(
    ("card", "reason"), [(ASKS, Reason.NOT_AUTHENTICATED), (GOOD_ONCE, Reason.DECLINED)]
)
def test_a_card_that_was_kept_may_be_refused(payments, double, card, reason):
    first = kept(payments, double, card)
    with pytest.raises(Declined) as declined:
        payments.charge_again(charge(customer=first.customer), means=first.means)
    assert declined.value.code == reason


def test_a_card_that_was_not_kept_is_not_charged(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url)
    found = payments.find(begun.ref)
    assert (found.customer, found.means) == ("", "")
    with pytest.raises(Declined) as declined:
        payments.charge_again(charge(customer="cus_1"), means="pm_1")
    assert declined.value.code == Reason.NOT_ACCEPTED


def test_who_came_before_is_known_on_the_page(payments, double):
    first = kept(payments, double)
    payments.begin(charge(customer=first.customer, keep=True))
    sent = last(double, "/v1/checkout/sessions")
    assert sent["customer"] == first.customer
    assert not {"customer_email", "customer_creation"} & sent.keys()


def test_money_that_is_only_held_is_taken(payments, double):
    begun = payments.begin(charge())
    double.objects[begun.ref]["_asked"]["payment_intent_data"]["capture_method"] = "manual"
    double.pay(begun.url)
    assert payments.find(begun.ref).outcome == Outcome.APPROVED
    found = payments.capture(begun.ref, key="capture-1")
    assert found.outcome == Outcome.SUCCEEDED
    assert payments.capture(begun.ref, key="capture-1") == found


def test_a_session_is_found_by_its_intent(payments, double):
    asked = charge()
    begun = payments.begin(asked)
    double.pay(begun.url)
    intent = double.objects[begun.ref]["payment_intent"]
    assert payments.find(intent) == payments.find(begun.ref)
    with pytest.raises(NoSuchPayment):
        payments.find("pi_never")


def test_a_refund_from_the_dashboard_is_seen(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url)
    double.refund_outside(begun.ref, 100)
    (refund,) = payments.find(begun.ref).refunds
    assert (refund.reference, refund.amount) == ("", Money(100, "EUR"))


def test_a_refund_that_fails_gives_nothing_back(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url, NO_REFUND)
    made = payments.refund(begun.ref, Money(100, "EUR"), reference="x", reason="")
    assert (made.progress, made.detail) == (Progress.FAILED, "expired_or_canceled_card")
    assert payments.find(begun.ref).refunds == (made,)


def test_more_refunds_than_a_page_are_all_seen(payments, double):
    begun = payments.begin(charge(Money(20_000, "EUR")))
    double.pay(begun.url)
    for _ in range(101):
        double.refund_outside(begun.ref, 100)
    assert len(payments.find(begun.ref).refunds) == 101


def test_a_dispute_says_what_it_costs(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url, DISPUTED)
    (dispute,) = payments.find(begun.ref).disputes
    assert (dispute.fee, dispute.reason) == (Money(2000, "EUR"), "fraudulent")
    assert dispute.respond_by.tzinfo == UTC
    double.decide(dispute.ref, won=True)
    assert payments.find(begun.ref).disputes[0].state == Quarrel.WON
    with pytest.raises(Declined):
        payments.accept_dispute(dispute.ref, key="late")
    with pytest.raises(Declined):
        payments.refund(begun.ref, Money(100, "EUR"), reference="y", reason="")


def test_an_inquiry_takes_nothing_yet(payments, double):
    begun = payments.begin(charge())
    double.pay(begun.url)
    ref = double.dispute(begun.ref, inquiry=True)
    (dispute,) = payments.find(begun.ref).disputes
    assert (dispute.amount, dispute.fee) == (Money(0, "EUR"), None)
    assert dispute.state == Quarrel.NEEDS_RESPONSE
    payments.answer_dispute(ref, text="x" * 30_000, key="i")
    assert len(last(double, f"/v1/disputes/{ref}")["evidence"]["uncategorized_text"]) == 20_000
    assert payments.find(begun.ref).disputes[0].state == Quarrel.UNDER_REVIEW
    with pytest.raises(NoSuchPayment):
        payments.answer_dispute("du_never", text="", key="n")


# Amounts


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(1050, "EUR"), 1050),
        (Money(500, "JPY"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(5, "ISK"), 500),
        (Money(1000, "UGX"), 100_000),
        (Money(150_000, "MGA"), 1500),
    ],
    ids=str,
)
def test_amounts_are_stripes(money, units):
    assert amount_for(money) == {"amount": units, "currency": money.currency.lower()}
    assert money_of(units, money.currency.lower()) == money


@pytest.mark.parametrize(
    "money",
    [Money(5124, "KWD"), Money(5125, "KWD"), Money(150, "MGA"), Money(100, "IQD"), Money(1, "KPW")],
    ids=str,
)
def test_what_stripe_can_not_count_is_refused(payments, money):
    with pytest.raises(WrongAmount):
        amount_for(money)
    assert payments.methods(money) == ()
    with pytest.raises(Declined) as declined:
        payments.begin(charge(money))
    assert declined.value.code == Reason.NOT_ACCEPTED


@given(st.integers(-(10**9), 10**9), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_that_is_taken_comes_back(minor, currency):
    money = Money(minor, currency)
    try:
        units = amount_for(money)
    except WrongAmount:
        return
    assert money_of(units["amount"], units["currency"]) == money


def test_a_part_of_a_unit_is_no_money():
    for amount, currency in ((550, "isk"), (100, "xxx")):
        with pytest.raises(WrongAmount):
            money_of(amount, currency)


def test_what_can_be_paid_with(payments, double):
    every = (Method.CARD, Method.APPLE_PAY, Method.GOOGLE_PAY)
    for taken in (Money(50, "EUR"), Money(99_999_999, "USD"), Money(10**10, "IDR")):
        assert payments.methods(taken) == every
    for refused in (Money(49, "EUR"), Money(10**8, "USD"), Money(-100, "EUR"), Money(0, "CLP")):
        assert payments.methods(refused) == ()
    narrow = StripePayments("sk_live_1", "whsec", currencies=["EUR"], methods=["card"])
    assert narrow.methods(Money(100, "EUR")) == (Method.CARD,)
    assert narrow.methods(Money(100, "USD")) == ()
    assert narrow.is_real and not payments.is_real


# When it does not answer


@pytest.mark.parametrize("status", [409, 429, 500, 503, 401, 403])
def test_what_is_no_answer_is_a_failure(payments, double, status):
    double.script(status, times=3)
    with pytest.raises(PaymentsFailed):
        payments.find("cs_test_never")


def test_the_client_asks_again_with_one_key(payments, double):
    before = len(double.requests)
    double.script(500)
    double.script(409)
    payments.begin(charge())
    keys = [key for _, _, _, key in double.requests[before:]]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_nobody_waits_longer_than_told(double):
    hasty = StripePayments(double.key, double.secret, base_url=double.url, timeout=0.05)
    double.script("hang", times=3)
    began = time.monotonic()
    with pytest.raises(PaymentsFailed):
        hasty.find("cs_test_never")
    assert time.monotonic() - began < 2


def test_nothing_listens_there():
    nowhere = StripePayments("sk_test_1", "whsec", base_url="http://127.0.0.1:9")
    with pytest.raises(PaymentsFailed):
        nowhere.find("cs_test_never")


def test_an_answer_of_the_bank_is_an_answer(payments, double):
    double.script(402, "/v1/checkout", type="card_error", code="card_declined",
                  decline_code="stolen_card")  # fmt: skip
    with pytest.raises(Declined) as declined:
        payments.begin(charge())
    assert declined.value.code == Reason.FRAUD


# Notices


@pytest.fixture
def some_event(payments, double):
    double.pay(payments.begin(charge()).url)
    return double.events[-1]


def test_an_old_notice_is_refused(payments, double, some_event):
    payments.verify(*double.signed(some_event, ago=290))
    with pytest.raises(BadSignature):
        payments.verify(*double.signed(some_event, ago=310))


def test_a_notice_by_another_secret_is_refused(double, some_event):
    for secret in ("whsec_other", ""):
        with pytest.raises(BadSignature):
            StripePayments(double.key, secret).verify(*double.signed(some_event))


def test_a_secret_is_rolled(double, some_event):
    both = StripePayments(double.key, f"whsec_new, {double.secret}")
    assert both.verify(*double.signed(some_event)).event_id == some_event["id"]


def test_a_signed_thing_that_is_no_event_is_refused(payments, double):
    for wrong in ([], {"id": "evt_1"}, "text"):
        with pytest.raises(BadSignature):
            payments.verify(*double.signed(wrong))


def test_whose_a_notice_is(payments, double):
    before = len(double.events)
    asked = charge()
    begun = payments.begin(asked)
    double.pay(begun.url, DISPUTED)
    payouts = StripePayouts(double.key, base_url=double.url)
    double.onboard(payouts.open_account(reference="p9", email="a@example.com", country="DE").ref)
    notices = [payments.verify(*double.signed(each)) for each in double.events[before:]]
    named = {each.kind: (each.payment_ref, each.reference) for each in notices}
    intent = double.objects[begun.ref]["payment_intent"]
    assert named == {
        "charge.succeeded": (intent, asked.reference),
        "payment_intent.succeeded": (intent, asked.reference),
        "charge.dispute.created": (intent, ""),
        "checkout.session.completed": (begun.ref, asked.reference),
        "account.updated": ("", ""),
    }
    assert all(abs(timezone.now() - each.at) < timedelta(minutes=1) for each in notices)


def test_somebody_elses_payments_in_the_account_are_none_of_ours(payments, double):
    begun = payments.begin(charge())
    double.objects[begun.ref]["metadata"] = {}
    double.expire(begun.ref)
    notice = payments.verify(*double.signed(double.events[-1]))
    assert (notice.payment_ref, notice.reference) == ("", "")


def test_all_that_was_missed_is_told(payments, double):
    """More than one of Stripe's pages, and of the kinds that we want alone."""
    assert len(KINDS) <= 20
    began = datetime.fromtimestamp(int(time.time()), UTC)
    before = len(double.events)
    begun = payments.begin(charge(Money(20_000, "EUR")))
    double.pay(begun.url)
    for _ in range(60):
        double.refund_outside(begun.ref, 100)
    wanted = [each["id"] for each in double.events[before:] if each["type"] in KINDS]
    told = [each.event_id for each in payments.since(began)]
    assert len(wanted) > 100
    assert told[-len(wanted) :] == wanted


@pytest.fixture
def site():
    """A place that notices come to: what was said there."""
    said = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            said.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", said
        server.shutdown()


def test_notices_come_over_http_late_twice_and_out_of_order(site):
    url, said = site
    with StripeDouble() as double:
        payments = StripePayments(double.key, double.secret, base_url=double.url)
        double.webhook_url = url
        double.pay(payments.begin(charge()).url)
        double.sent()
        assert [payments.verify(*each).event_id for each in said] == [
            e["id"] for e in double.events
        ]
        said.clear()
        double.hold = True
        double.pay(payments.begin(charge()).url)
        assert said == []
        late = [each["id"] for each in double.held]
        double.deliver(times=2, shuffle=3, lose=1)
        came = [payments.verify(*each).event_id for each in said]
        assert came != sorted(came)
        assert sorted(came) == sorted(late[1:] * 2)
        assert {status for _, status in double.answers} == {200}


# Payouts


def test_a_provider_opens_an_account_on_stripes_pages(payouts, double):
    opened = payouts.open_account(reference="p1", email="ada@example.com", country="DE")
    assert not opened.ready
    assert opened.needs == ("external_account", "individual.dob")
    assert payouts.open_account(reference="p1", email="new@example.com", country="DE") == opened
    sent = [
        given
        for method, path, given, _ in double.requests
        if (method, path) == ("POST", "/v1/accounts")
    ]
    assert sent[-1]["type"] == "express"
    assert sent[-1]["capabilities"] == {"transfers": {"requested": "true"}}
    urls = {
        payouts.onboarding_url(
            opened.ref, return_url="https://a.example", again_url="https://b.example"
        )
        for _ in range(2)
    }
    assert len(urls) == 2
    double.onboard(opened.ref)
    assert payouts.account(opened.ref).ready
    for part in ({"payouts_enabled": False}, {"capabilities": {"transfers": "pending"}}):
        before = dict(double.objects[opened.ref])
        double.objects[opened.ref].update(part)
        assert not payouts.account(opened.ref).ready
        double.objects[opened.ref].update(before)


@pytest.fixture
def account(payouts, double):
    opened = payouts.open_account(reference=f"{time.time()}", email="a@example.com", country="FR")
    double.onboard(opened.ref)
    return opened.ref


def test_a_payout_is_made_once(payouts, double, account):
    amount = Money(7000, "EUR")
    double.script("cut", "/v1/transfers", times=3)
    with pytest.raises(PayoutsFailed):
        payouts.pay(account, amount, reference="po1", text="October")
    paid = payouts.pay(account, amount, reference="po1", text="October")
    made = [each for each in double.objects.values() if each.get("destination") == account]
    assert [each["amount"] for each in made] == [7000]
    assert paid.progress == Progress.SUCCEEDED
    assert payouts.find(paid.ref) == paid
    double.reverse(paid.ref)
    assert payouts.find(paid.ref).progress == Progress.FAILED


def test_a_payout_is_refused(payouts, double, account, monkeypatch):
    monkeypatch.setattr(double, "available", 100)
    new = payouts.open_account(reference="p3", email="x@example.com", country="FR").ref
    for where, amount in (
        (account, Money(101, "EUR")),
        (account, Money(5124, "KWD")),
        (new, Money(10, "EUR")),
        ("acct_never", Money(10, "EUR")),
    ):
        with pytest.raises(PayoutRefused):
            payouts.pay(where, amount, reference=f"{where}-{amount.amount_minor}", text="")
    with pytest.raises(PayoutRefused):
        payouts.find("tr_never")
    double.onboard(account, closed=True)
    with pytest.raises(PayoutRefused):
        payouts.account(account)


# The double itself


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("mode=paymnt", ".mode: 'paymnt'"),
        ("line_items[0][price_data][currency]=eur&line_items[0][quantity]=1.5", "wants int"),
        ("line_items[0][price_data][unit_amount]=5", "currency: missing"),
        ("payment_intent_data[metadata][a]=b&colour=red", ".colour: unknown"),
        ("idempotency_key=1", ".idempotency_key: unknown"),
        ("allow_promotion_codes=1", "wants a bool"),
    ],
)
def test_the_double_sees_what_stripe_does_not_describe(text, wrong):
    found = violations("POST", "/v1/checkout/sessions", decoded(text))
    assert any(wrong in line for line in found), found
    assert violations("POST", "/v1/nothing", {})


def test_a_violation_fails_the_test():
    with pytest.raises(AssertionError, match="colour: unknown"), StripeDouble() as double:
        client = stripe.StripeClient(double.key, base_addresses={"api": double.url})
        client.v1.refunds.list({"colour": "red"})


# Settings


def test_the_adapters_stand_behind_their_ports(settings):
    options = {"api_key": "sk_test_1"}
    settings.GATEWAYS = {
        "payments.stripe": {
            "BACKEND": "lms.gateways.payments.stripe.StripePayments",
            "OPTIONS": {**options, "webhook_secret": "whsec_1", "base_url": ""},
        },
        "payouts.stripe": {
            "BACKEND": "lms.gateways.payouts.stripe.StripePayouts",
            "OPTIONS": {**options, "base_url": ""},
        },
    }
    assert gateway("payments.stripe").name == gateway("payouts.stripe").name == "stripe"
