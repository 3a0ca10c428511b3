"""PayPal's adapters against a stand-in, and what they send against PayPal's published documents."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lms.common.money import Money
from lms.gateways import gateway
from lms.gateways.payments import (
    BadSignature,
    Charge,
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
from lms.gateways.payments.paypal import PayPalPayments
from lms.gateways.payouts import PayoutRefused, PayoutsFailed
from lms.gateways.payouts.paypal import PayPalPayouts
from tests.contracts.payments_suite import PaymentsSuite
from tests.doubles import paypal_contract
from tests.doubles.paypal_double import PayPalDouble, authority

EUR = "EUR"


@pytest.fixture(scope="module")
def server():
    with PayPalDouble() as running:
        yield running


@pytest.fixture
def paypal(server):
    server.forget()
    yield server
    if paypal_contract.at_hand():
        assert paypal_contract.violations(server.records) == []


def adapter(paypal, kind=PayPalPayments, **changed):
    options = {
        "client_id": paypal.client_id,
        "secret": paypal.secret,
        "base_url": paypal.base_url,
        "timeout": 0.4,
        "pause": 0.0,
    }
    if kind is PayPalPayments:
        options |= {
            "webhook_id": paypal.webhook_id,
            "cert_hosts": (paypal.host,),
            "cert_roots": authority().root_pem,
        }
    return kind(**{**options, **changed})


@pytest.fixture
def payments(paypal):
    return adapter(paypal)


@pytest.fixture
def payouts(paypal):
    return adapter(paypal, PayPalPayouts)


class Payer:
    unknown_ref = "NOBODYS"

    def __init__(self, paypal):
        self.paypal = paypal

    def pay(self, begun):
        self.paypal.approve(begun.ref)

    def decline(self, begun):
        """PayPal says so on its own page, and the order stays as it is."""

    def give_up(self, begun):
        httpx.post(begun.url, data={"token": begun.ref, "answer": "cancel"})

    def dispute(self, ref):
        return self.paypal.open_dispute(ref)

    def notices(self):
        bodies = [json.dumps(event).encode() for event in self.paypal.events]
        return [(self.paypal.signed(body), body) for body in bodies]

    def fail(self, *, after):
        self.paypal.script("cut" if after else "drop", on="POST /v2/", times=3)


@pytest.fixture
def payer(paypal):
    return Payer(paypal)


class TestPayPal(PaymentsSuite):
    pass


def charge(reference="pay-1", minor=4990, currency=EUR, **changed):
    amount = Money(minor, currency)
    made = Charge(
        reference=reference,
        amount=amount,
        items=(Item("Bread baking", amount),),
        email="samuel@example.com",
        language="en",
        seller="Acme School",
        return_url="https://acme.example/pay/1/back",
        cancel_url="https://acme.example/pay/1/gave-up",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return replace(made, **changed)


def paid(paypal, payments, **changed):
    begun = payments.begin(charge(**changed))
    paypal.approve(begun.ref)
    return payments.capture(begun.ref, key="once")


def asked(paypal, method, part):
    return [a for a in paypal.records if a.method == method and part in a.path]


def test_the_published_documents_are_at_hand():
    if paypal_contract.at_hand():
        return
    missing = "PayPal's OpenAPI documents are not here: what is sent was not held against them."
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def test_the_documents_do_find_what_is_wrong(paypal, payments):
    """Else no violations would mean nothing."""
    if not paypal_contract.at_hand():
        pytest.skip("PayPal's OpenAPI documents are not here.")
    payments.begin(charge())
    (order,) = asked(paypal, "POST", "/orders")
    for wrong in (b"CAPTURE", b"quantity", b'"49.90"'):
        broken = replace(order, body=order.body.replace(wrong, b"X" + wrong, 1))
        if wrong == b'"49.90"':
            broken = replace(order, body=order.body.replace(wrong, b"49.90", 1))
        assert paypal_contract.violations([broken]), wrong
    assert paypal_contract.violations([replace(order, path="/v2/checkout/orders/X/pay")])


# --- From the page to the money ----


def test_a_payer_agrees_and_the_money_is_taken_once(paypal, payments):
    begun = payments.begin(charge())
    assert payments.find(begun.ref).outcome is Outcome.OPEN
    with httpx.Client() as browser:
        page = browser.get(begun.url)
        assert "Acme School" in page.text and "49.90 EUR" in page.text
        agreed = browser.post(
            f"{paypal.base_url}/checkoutnow", data={"token": begun.ref, "answer": "approve"}
        )
    assert agreed.headers["location"].startswith(
        f"https://acme.example/pay/1/back?token={begun.ref}"
    )
    assert payments.find(begun.ref).outcome is Outcome.APPROVED
    found = payments.capture(begun.ref, key="once")
    assert (found.outcome, found.reference) == (Outcome.SUCCEEDED, "pay-1")
    assert (found.amount, found.fee) == (Money(4990, EUR), Money(150, EUR))
    assert (found.method, found.paid_with) == (Method.PAYPAL, "PayPal (payer@example.com)")
    assert payments.capture(begun.ref, key="again") == payments.find(begun.ref) == found
    assert len(paypal.captures) == 1


def test_who_gives_up_is_sent_back_elsewhere_and_pays_nothing(paypal, payments):
    begun = payments.begin(charge())
    gone = httpx.post(f"{paypal.base_url}/checkoutnow", data={"token": begun.ref, "answer": "no"})
    assert gone.headers["location"].startswith("https://acme.example/pay/1/gave-up?token=")
    assert payments.capture(begun.ref, key="once").outcome is Outcome.OPEN
    assert not paypal.captures


def test_the_same_reference_begins_one_payment(paypal, payments):
    assert payments.begin(charge()) == payments.begin(charge())
    assert payments.begin(charge("pay-2")).ref not in {payments.begin(charge()).ref}
    assert len(paypal.orders) == 2


def test_the_order_says_what_is_bought(paypal, payments):
    lines = (
        Item("Bread baking", Money(3000, EUR), 3),
        Item("Cheese", Money(1000, EUR), 3),
        Item("y" * 200, Money(990, EUR)),
    )
    payments.begin(charge(items=lines, language="pt-br"))
    (order,) = asked(paypal, "POST", "/orders")
    said = json.loads(order.body)
    (unit,) = said["purchase_units"]
    assert [(i["name"], i["unit_amount"]["value"], i["quantity"]) for i in unit["items"]] == [
        ("Bread baking", "10.00", "3"),
        ("3 × Cheese", "10.00", "1"),  # 3.33 three times would not be 10.00
        ("y" * 127, "9.90", "1"),
    ]
    context = said["payment_source"]["paypal"]["experience_context"]
    assert (context["locale"], context["user_action"]) == ("pt-BR", "PAY_NOW")
    assert context["shipping_preference"] == "NO_SHIPPING"
    assert b"samuel" not in order.body  # PayPal asks the payer itself
    # Somali is no language of PayPal's.
    payments.begin(charge("pay-2", language="so"))
    (_, other) = asked(paypal, "POST", "/orders")
    assert b"locale" not in other.body


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [(4990, "EUR", "49.90"), (5, "USD", "0.05"), (4990, "JPY", "4990"), (499000, "HUF", "4990")],
)
def test_amounts_are_written_with_the_decimals_paypal_has(paypal, payments, minor, currency, value):
    assert payments.methods(Money(minor, currency)) == (Method.PAYPAL,)
    found = paid(paypal, payments, minor=minor, currency=currency)
    (order,) = paypal.orders.values()
    assert order["purchase_units"][0]["amount"]["value"] == value
    assert found.amount == Money(minor, currency)
    back = payments.refund(found.ref, found.amount, reference="back-1", reason="")
    assert back.amount == Money(minor, currency)


@pytest.mark.parametrize(
    "amount",
    [Money(4990, "KWD"), Money(0, EUR), Money(-1, EUR), Money(4990, "HUF"), Money(10**9, EUR)],
)
def test_what_paypal_can_not_take_is_not_offered(paypal, payments, payouts, amount):
    assert payments.methods(amount) == ()
    with pytest.raises(Declined) as refused:
        payments.begin(replace(charge(), amount=amount, items=()))
    assert refused.value.code == Reason.NOT_ACCEPTED
    with pytest.raises(PayoutRefused):
        payouts.pay("a@example.com", amount, reference="out-1", text="")
    assert not paypal.records


def test_a_slow_bank_is_waited_for(paypal, payments):
    paypal.script("pending", on="/capture")
    found = paid(paypal, payments)
    assert (found.outcome, found.fee, found.detail) == (Outcome.PROCESSING, None, "ECHECK")
    (capture,) = paypal.captures
    with pytest.raises(Declined):
        payments.refund(found.ref, found.amount, reference="back-1", reason="")
    paypal.settle(capture)
    assert payments.find(found.ref).outcome is Outcome.SUCCEEDED


def test_a_bank_that_says_no_in_the_end_has_failed(paypal, payments):
    paypal.script("pending", on="/capture")
    found = paid(paypal, payments)
    (capture,) = paypal.captures
    paypal.settle(capture, "DECLINED")
    found = payments.find(found.ref)
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.DECLINED)


# --- Giving up on our side ----


@pytest.mark.parametrize("agreed", [False, True])
def test_a_cancelled_payment_takes_no_money(paypal, payments, agreed):
    begun = payments.begin(charge())
    if agreed:
        paypal.approve(begun.ref)
    cancelled = payments.cancel(begun.ref)
    assert (cancelled.outcome, cancelled.reference) == (Outcome.CANCELLED, "pay-1")
    if not agreed:
        paypal.approve(begun.ref)  # the page was still open
    # Also for another process, which knows of nothing.
    assert adapter(paypal).capture(begun.ref, key="once").outcome is Outcome.CANCELLED
    assert payments.cancel(begun.ref).outcome is Outcome.CANCELLED
    assert not paypal.captures


def test_a_payment_that_is_paid_is_not_cancelled(paypal, payments):
    found = paid(paypal, payments)
    assert payments.cancel(found.ref) == found


def test_where_paypal_lets_nothing_be_marked_it_is_cancelled_all_the_same(paypal, payments):
    paypal.cancel_is_patchable = False
    begun = payments.begin(charge())
    assert payments.cancel(begun.ref).outcome is Outcome.CANCELLED


def test_an_order_that_paypal_forgot_is_no_payment(paypal, payments):
    begun = payments.begin(charge())
    paypal.expire(begun.ref)
    for ask in (payments.find, payments.cancel, lambda ref: payments.capture(ref, key="once")):
        with pytest.raises(NoSuchPayment):
            ask(begun.ref)
    paypal.records.clear()
    for strange in ("", "../../v1/oauth2/token", "a/b", "a?b"):
        with pytest.raises(NoSuchPayment):
            payments.find(strange)
    assert not paypal.records


# --- Refunds ----


def test_a_refund_in_parts_never_exceeds_what_was_paid(paypal, payments):
    ref = paid(paypal, payments).ref
    first = payments.refund(ref, Money(1990, EUR), reference="back-1", reason="Sorry")
    assert (first.progress, first.reference) == (Progress.SUCCEEDED, "back-1")
    assert first.fee_returned == Money(0, EUR)
    with pytest.raises(Declined):
        payments.refund(ref, Money(3001, EUR), reference="back-2", reason="")
    second = payments.refund(ref, Money(3000, EUR), reference="back-3", reason="")
    with pytest.raises(Declined):
        payments.refund(ref, Money(1, EUR), reference="back-4", reason="")
    found = payments.find(ref)
    assert found.outcome is Outcome.SUCCEEDED
    assert found.refunds == (first, second)


def test_the_same_refund_is_made_once(paypal, payments):
    ref = paid(paypal, payments).ref
    first = payments.refund(ref, Money(1000, EUR), reference="back-1", reason="")
    paypal.answered.clear()  # PayPal forgets keys after 45 days
    assert payments.refund(ref, Money(1000, EUR), reference="back-1", reason="") == first
    assert len(paypal.refunds) == 1


def test_a_refund_may_take_days_or_come_from_paypals_own_pages(paypal, payments):
    ref = paid(paypal, payments).ref
    paypal.script("pending", on="/refund")
    slow = payments.refund(ref, Money(1000, EUR), reference="back-1", reason="")
    assert slow.progress is Progress.PENDING
    (capture,) = paypal.captures
    paypal.refund_by_hand(capture, "5.00")
    (_, foreign) = payments.find(ref).refunds
    assert (foreign.reference, foreign.amount) == ("", Money(500, EUR))


def test_what_was_not_paid_is_not_refunded(paypal, payments):
    begun = payments.begin(charge())
    with pytest.raises(Declined):
        payments.refund(begun.ref, Money(1, EUR), reference="back-1", reason="")
    with pytest.raises(NoSuchPayment):
        payments.refund("NOBODYS", Money(1, EUR), reference="back-1", reason="")


# --- Means that are kept ----


def test_means_that_were_kept_pay_again_with_nobody_there(paypal, payments):
    found = paid(paypal, payments, keep=True)
    found = payments.find(found.ref)
    assert found.means and found.customer
    again = payments.charge_again(charge("pay-2"), means=found.means)
    assert (again.outcome, again.reference, again.ref != found.ref) == (
        Outcome.SUCCEEDED,
        "pay-2",
        True,
    )
    assert payments.charge_again(charge("pay-2"), means=found.means).ref == again.ref
    with pytest.raises(Declined) as refused:
        payments.charge_again(charge("pay-3"), means="withdrawn")
    assert refused.value.code == Reason.NOT_ACCEPTED
    paypal.script("INSTRUMENT_DECLINED")
    with pytest.raises(Declined) as refused:
        payments.charge_again(charge("pay-4"), means=found.means)
    assert refused.value.code == Reason.DECLINED
    assert not paid(paypal, payments, reference="pay-5").means


# --- What goes wrong ----


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("INSTRUMENT_DECLINED", Reason.DECLINED),
        ("PAYER_ACTION_REQUIRED", Reason.NOT_AUTHENTICATED),
        ("PAYER_ACCOUNT_RESTRICTED", Reason.FRAUD),
        ("SOMETHING_NEW", Reason.FAILED),
    ],
)
def test_a_refusal_has_a_reason_and_what_support_asks_for(paypal, payments, word, reason):
    begun = payments.begin(charge())
    paypal.approve(begun.ref)
    paypal.script(word, on="/capture")
    with pytest.raises(Declined) as refused:
        payments.capture(begun.ref, key="once")
    assert refused.value.code == reason
    assert word in refused.value.detail and "d1e2b3u4g5" in refused.value.detail
    # The payer may take another card.
    assert payments.capture(begun.ref, key="twice").outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("trouble", [500, 503, 429, "cut", "silence"])
def test_trouble_that_passes_is_nobodys_business(paypal, payments, trouble):
    script = paypal.script(trouble, on="POST /v2/checkout/orders")
    begun = payments.begin(charge())
    assert len(script.seen) == 1 and len(paypal.orders) == 1
    keys = {a.headers["paypal-request-id"] for a in asked(paypal, "POST", "/orders")}
    assert len(keys) == 1
    paypal.approve(begun.ref)
    paypal.script(trouble, on="/capture", times=2)
    assert payments.capture(begun.ref, key="once").outcome is Outcome.SUCCEEDED
    paypal.script(trouble, on="/refund", times=2)
    payments.refund(begun.ref, Money(1000, EUR), reference="back-1", reason="")
    assert (len(paypal.captures), len(paypal.refunds)) == (1, 1)


def test_who_is_told_to_wait_waits(paypal, payments):
    begun = payments.begin(charge())
    paypal.approve(begun.ref)
    paypal.script("ORDER_COMPLETION_IN_PROGRESS", on="/capture", times=2)
    assert payments.capture(begun.ref, key="once").outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("trouble", [500, 429, "cut", "silence", "garbage", 403])
def test_trouble_that_stays_is_said_and_asking_again_mends_it(paypal, payments, trouble):
    begun = payments.begin(charge())
    paypal.approve(begun.ref)
    paypal.script(trouble, on="/capture", times=3)
    with pytest.raises(PaymentsFailed):
        payments.capture(begun.ref, key="once")
    paypal.scripts.clear()
    assert payments.capture(begun.ref, key="once").outcome is Outcome.SUCCEEDED
    assert len(paypal.captures) == 1


def test_a_server_that_is_not_there_has_failed(paypal):
    payments = adapter(paypal, base_url="http://127.0.0.1:1")
    with pytest.raises(PaymentsFailed):
        payments.find("ABC")


def test_one_token_serves_until_it_ends(paypal, payments):
    begun = payments.begin(charge())
    payments.find(begun.ref)
    assert len(asked(paypal, "POST", "/token")) == 1
    paypal.withdraw_tokens()
    payments.find(begun.ref)
    assert len(asked(paypal, "POST", "/token")) == 2
    paypal.token_lasts = 60  # as good as over
    paypal.withdraw_tokens()
    payments.find(begun.ref)
    payments.find(begun.ref)
    assert len(asked(paypal, "POST", "/token")) == 4


def test_a_wrong_secret_is_told_from_a_decline(paypal):
    with pytest.raises(PaymentsFailed, match="secret"):
        adapter(paypal, secret="wrong").begin(charge())


# --- Disputes ----


def test_a_dispute_is_found_answered_and_won(paypal, payments):
    ref = paid(paypal, payments).ref
    dispute = paypal.open_dispute(ref)
    (found,) = payments.find(ref).disputes
    assert (found.ref, found.state, found.amount) == (
        dispute,
        Quarrel.NEEDS_RESPONSE,
        Money(4990, EUR),
    )
    assert (found.reason, found.fee) == ("merchandise_or_service_not_received", Money(1600, EUR))
    assert timedelta(days=9) < found.respond_by - datetime.now(UTC) < timedelta(days=11)
    text = "They opened every lesson. " * 100  # more than one note holds
    paypal.script("cut", on="/provide-evidence")
    with pytest.raises(PaymentsFailed):  # but it has arrived
        payments.answer_dispute(dispute, text=text, key="answer-1")
    payments.answer_dispute(dispute, text=text, key="answer-1")
    assert "".join(e["notes"] for e in paypal.disputes[dispute]["evidences"]) == text
    assert payments.find(ref).disputes[0].state is Quarrel.UNDER_REVIEW
    paypal.decide(dispute)
    assert payments.find(ref).disputes[0].state is Quarrel.WON
    with pytest.raises(Declined):
        payments.answer_dispute(dispute, text="And another thing", key="answer-2")
    with pytest.raises(Declined):
        payments.accept_dispute(dispute, key="accept-1")


def test_before_a_claim_the_buyer_is_written_to(paypal, payments):
    ref = paid(paypal, payments).ref
    dispute = paypal.open_dispute(ref, stage="INQUIRY")
    paypal.script("cut", on="/send-message")
    with pytest.raises(PaymentsFailed):  # but it has arrived
        payments.answer_dispute(dispute, text="What is wrong?", key="answer-1")
    payments.answer_dispute(dispute, text="What is wrong?", key="answer-1")
    assert [m["content"] for m in paypal.disputes[dispute]["messages"]] == ["What is wrong?"]


def test_a_dispute_may_be_given_in_to(paypal, payments):
    ref = paid(paypal, payments).ref
    dispute = paypal.open_dispute(ref)
    paypal.script("cut", on="/accept-claim")
    with pytest.raises(PaymentsFailed):  # but it has arrived
        payments.accept_dispute(dispute, key="accept-1")
    payments.accept_dispute(dispute, key="accept-1")
    payments.accept_dispute(dispute, key="accept-1")
    assert payments.find(ref).disputes[0].state is Quarrel.LOST
    for ask in (
        lambda: payments.accept_dispute("PP-D-0", key="k"),
        lambda: payments.answer_dispute("PP-D-0", text="t", key="k"),
    ):
        with pytest.raises(NoSuchPayment):
            ask()


# --- Notices ----


def told(paypal, payments, event, **how):
    body = json.dumps(event).encode()
    return payments.verify(paypal.signed(body, **how), body)


def test_notices_name_the_payment_whatever_they_are_about(paypal, payments):
    ref = paid(paypal, payments).ref
    payments.refund(ref, Money(1000, EUR), reference="back-1", reason="")
    paypal.open_dispute(ref)
    notices = [told(paypal, payments, event) for event in paypal.events]
    assert [notice.kind for notice in notices] == [
        "CHECKOUT.ORDER.APPROVED",
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.REFUNDED",
        "CUSTOMER.DISPUTE.CREATED",
    ]
    assert {(n.payment_ref, n.reference) for n in notices} == {(ref, "pay-1")}
    assert [n.event_id for n in notices] == [e["id"] for e in paypal.events]
    assert notices[0].at.tzinfo is not None and notices[0].payload == paypal.events[0]
    paypal._tell("PAYMENT.PAYOUTS-ITEM.SUCCEEDED", "payouts_item", {"payout_item_id": "X"})
    other = told(paypal, payments, paypal.events[-1])
    assert (other.payment_ref, other.reference) == ("", "")


def test_notices_arrive_over_http_twice_out_of_order_and_not_at_all(paypal, payments):
    got, refuse = [], []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                got.append(payments.verify(dict(self.headers), body))
                self.send_response(200)
            except BadSignature:
                refuse.append(body)
                self.send_response(400)
            self.end_headers()

        def log_message(self, *_said):
            pass

    start = datetime.now(UTC)
    found = paid(paypal, payments)
    payments.refund(found.ref, Money(1000, EUR), reference="back-1", reason="")
    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{receiver.server_address[1]}/"
        lost = ("PAYMENT.CAPTURE.COMPLETED",)
        assert paypal.deliver(url, repeat=2, shuffle=3, lose=lost) == [200] * 4
        receiver.shutdown()
    assert not refuse and len(got) == 4 and len({notice.event_id for notice in got}) == 2
    healed = list(payments.since(start))
    assert [n.event_id for n in healed] == [event["id"] for event in paypal.events]
    assert {(n.payment_ref, n.reference) for n in healed} == {(found.ref, "pay-1")}


def test_forged_changed_and_stale_notices_are_refused(paypal, payments):
    event = {"id": "WH-1", "event_type": "X", "create_time": "2026-01-01T00:00:00Z"}
    body = json.dumps(event).encode()
    good = paypal.signed(body)
    assert payments.verify(good, body).event_id == "WH-1"
    assert payments.verify({k.lower(): v for k, v in good.items()}, body).kind == "X"
    now = datetime.now(UTC)
    foreign = rsa.generate_private_key(65537, 2048)
    bad = [
        (good, body + b" "),
        *(
            ({k: v for k, v in good.items() if k != left}, body)
            for left in good
            if "PAYPAL" in left
        ),
        ({**good, "PAYPAL-TRANSMISSION-ID": "other"}, body),
        ({**good, "PAYPAL-TRANSMISSION-SIG": "%%%"}, body),
        ({**good, "PAYPAL-AUTH-ALGO": "SHA1withRSA"}, body),
        ({**good, "PAYPAL-TRANSMISSION-TIME": "soon"}, body),
        (paypal.signed(body, sent=now - timedelta(days=5)), body),
        (paypal.signed(body, sent=now + timedelta(hours=1)), body),
        (paypal.signed(body, webhook_id="SOMEBODYELSES"), body),
        (paypal.signed(body, key=foreign), body),
        (paypal.signed(b"no json"), b"no json"),
    ]
    for headers, sent in bad:
        with pytest.raises(BadSignature):
            payments.verify(headers, sent)


def test_only_paypals_own_certificates_are_believed(paypal, payments):
    event = {"id": "WH-1", "event_type": "X", "create_time": "2026-01-01T00:00:00Z"}
    paypal.certificates |= {
        "OTHER": authority().certificate("www.example.com"),
        "SUFFIX": authority().certificate("messageverificationcerts.paypal.com.example.com"),
        "OLD": authority().certificate(days=-1),
        "SELF": authority().certificate(self_signed=True),
        "EMPTY": b"nothing",
        "HUGE": b"x" * 100_000,
    }
    for name in (*paypal.certificates, "MISSING"):
        if name == "CERT-1":
            assert told(paypal, payments, event, certificate=name)
        else:
            with pytest.raises(BadSignature):
                told(paypal, payments, event, certificate=name)
    body = json.dumps(event).encode()
    headers = paypal.signed(body)
    paypal.records.clear()
    url = headers["PAYPAL-CERT-URL"]
    for elsewhere in (
        url.replace("127.0.0.1", "localhost"),
        url.replace("http://", "http://user@"),
        url.replace("http://", "http://evil.example#@"),
        url + "?a=b",
        url.replace("/v1/", "/v1/../v1/"),
        "file:///etc/passwd",
        "http://[",
        "",
    ):
        with pytest.raises(BadSignature):
            payments.verify({**headers, "PAYPAL-CERT-URL": elsewhere}, body)
    assert not paypal.records  # nothing was fetched
    payments.verify(headers, body)
    assert not paypal.records  # known already


def test_who_is_not_told_otherwise_believes_paypals_hosts_over_https_alone(paypal):
    sandbox = "https://api-m.sandbox.paypal.com"
    plain = adapter(paypal, base_url=sandbox, cert_hosts=(), cert_roots=b"")
    body = b"{}"
    headers = paypal.signed(body)
    for url in (
        headers["PAYPAL-CERT-URL"],
        "http://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.example.com/v1/notifications/certs/CERT-1",
    ):
        with pytest.raises(BadSignature):
            plain.verify({**headers, "PAYPAL-CERT-URL": url}, body)
    assert plain.certificates.hosts == ("api-m.sandbox.paypal.com", "api.sandbox.paypal.com")
    assert not plain.is_real and adapter(paypal, base_url="https://api-m.paypal.com").is_real
    assert plain.certificates._store()  # the roots that httpx trusts can be read


def test_a_certificate_that_can_not_be_had_now_is_asked_for_again(paypal):
    event = {"id": "WH-1", "event_type": "X", "create_time": "2026-01-01T00:00:00Z"}
    body = json.dumps(event).encode()
    gone = adapter(paypal, cert_hosts=("127.0.0.1:1",))
    headers = {
        **paypal.signed(body),
        "PAYPAL-CERT-URL": "http://127.0.0.1:1/v1/notifications/certs/CERT-1",
    }
    with pytest.raises(PaymentsFailed):
        gone.verify(headers, body)


def test_what_happened_is_told_in_order_page_by_page(paypal, payments):
    for number in range(230):
        paypal._tell("X.Y", "thing", {"number": number})
        at = datetime.now(UTC) - timedelta(days=2, minutes=230 - number)
        paypal.events[-1]["create_time"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    paypal._tell("X.Y", "thing", {"number": 230})
    told = list(payments.since(datetime.now(UTC) - timedelta(days=60)))
    assert [n.payload["resource"]["number"] for n in told] == list(range(231))
    assert list(payments.since(datetime.now(UTC))) == []


# --- Payouts ----


def test_money_goes_to_an_address_once(paypal, payouts):
    account = payouts.open_account(reference="7", email="acme@example.com", country="FR")
    assert account.ready and not payouts.onboards
    made = payouts.pay(account.ref, Money(12000, EUR), reference="out-1", text="November")
    assert made.progress is Progress.PENDING
    assert payouts.pay(account.ref, Money(12000, EUR), reference="out-1", text="November") == made
    paypal.answered.clear()  # only the batch's own name is left
    again = payouts.pay(account.ref, Money(12000, EUR), reference="out-1", text="November")
    assert again.ref == made.ref and len(paypal.batches) == 1
    paypal.pay_out(made.ref, "UNCLAIMED")
    assert payouts.find(made.ref).progress is Progress.PENDING
    paypal.pay_out(made.ref)
    found = payouts.find(made.ref)
    assert (found.progress, found.fee) == (Progress.SUCCEEDED, Money(25, EUR))


def test_a_payout_that_comes_back_has_failed(paypal, payouts):
    made = payouts.pay("acme@example.com", Money(100, "JPY"), reference="out-1", text="")
    paypal.pay_out(made.ref, "RETURNED")
    found = payouts.find(made.ref)
    assert found.progress is Progress.FAILED and "RECEIVER_UNREGISTERED" in found.detail


def test_trouble_with_a_payout_is_told_apart(paypal, payouts):
    send = {"amount": Money(100, EUR), "reference": "out-1", "text": ""}
    with pytest.raises(PayoutRefused):
        payouts.pay("no address", **send)
    paypal.script("RECEIVER_UNCONFIRMED")
    with pytest.raises(PayoutRefused):
        payouts.pay("acme@example.com", **send)
    paypal.script("INSUFFICIENT_FUNDS")
    with pytest.raises(PayoutsFailed):
        payouts.pay("acme@example.com", **send)
    paypal.script("cut", on="POST", times=3)
    with pytest.raises(PayoutsFailed):
        payouts.pay("acme@example.com", **send)
    payouts.pay("acme@example.com", **send)
    assert len(paypal.batches) == 1
    with pytest.raises(PayoutRefused):
        payouts.find("NOBODYS")


# --- Settings ----


def test_the_adapters_are_those_the_settings_name(settings):
    options = {"client_id": "a", "secret": "b", "base_url": "https://api-m.sandbox.paypal.com"}
    settings.GATEWAYS = {
        "payments.paypal": {
            "BACKEND": "lms.gateways.payments.paypal.PayPalPayments",
            "OPTIONS": {**options, "webhook_id": "c"},
        },
        "payouts.paypal": {
            "BACKEND": "lms.gateways.payouts.paypal.PayPalPayouts",
            "OPTIONS": options,
        },
    }
    assert isinstance(gateway("payments.paypal"), PayPalPayments)
    assert isinstance(gateway("payouts.paypal"), PayPalPayouts)
