"""What every adapter of `lms.gateways.payments.Payments` does, whoever is behind it.

A module makes a subclass named Test…, with two fixtures: `payments`, the adapter, and `payer`, a
`Payer`, who stands for the person and for the gateway.
"""

import uuid
from datetime import timedelta
from typing import Any, Protocol

import pytest
from django.utils import timezone

from lms.common.money import Money
from lms.gateways.payments import (
    BadSignature,
    Begun,
    Charge,
    Declined,
    Found,
    Item,
    Method,
    NoSuchPayment,
    Outcome,
    Payments,
    PaymentsFailed,
    Progress,
    Quarrel,
    Reason,
)


class Payer(Protocol):
    unknown_ref: str  # well formed, of no payment

    def pay(self, begun: Begun) -> None:
        """All the way, on the gateway's page."""

    def decline(self, begun: Begun) -> None:
        """Try, and be refused by the bank for want of money."""

    def give_up(self, begun: Begun) -> None:
        """Go back to the shop."""

    def dispute(self, ref: str) -> str:
        """Ask the bank for the money back: the dispute's ref."""

    def notices(self) -> list[tuple[dict[str, str], bytes]]:
        """What the gateway has said so far, headers and body, the oldest first."""

    def fail(self, *, after: bool) -> None:
        """The next call that does something gets no answer; `after` it was done, or before."""


def charge(amount: Money | None = None, **changes: Any) -> Charge:
    amount = amount or Money(4999, "EUR")
    given: dict[str, Any] = {
        "reference": uuid.uuid4().hex,
        "amount": amount,
        "items": (Item("Watercolours for beginners", amount),),
        "email": "carol@example.com",
        "language": "en",
        "seller": "Acme School",
        "return_url": "https://acme.example/pay/back",
        "cancel_url": "https://acme.example/basket",
        "expires_at": timezone.now() + timedelta(hours=1),
    }
    return Charge(**{**given, **changes})


class PaymentsSuite:
    def paid(self, payments: Payments, payer: Payer, asked: Charge) -> Found:
        begun = payments.begin(asked)
        payer.pay(begun)
        return payments.capture(begun.ref, key=f"capture-{asked.reference}")

    def test_a_payment_is_open_until_it_is_paid(self, payments, payer):
        asked = charge()
        begun = payments.begin(asked)
        found = payments.find(begun.ref)
        assert (found.outcome, found.fee, found.reason) == (Outcome.OPEN, None, None)
        payer.pay(begun)
        found = payments.capture(begun.ref, key="capture")
        assert found == payments.find(begun.ref)
        assert found.ref == begun.ref
        assert found.reference == asked.reference
        assert (found.outcome, found.amount) == (Outcome.SUCCEEDED, asked.amount)
        assert Money(0, "EUR") < found.fee < asked.amount
        assert found.paid_with and isinstance(found.method, Method)
        assert found.refunds == found.disputes == ()

    def test_a_payment_is_begun_once(self, payments, payer):
        asked = charge()
        assert payments.begin(asked) == payments.begin(asked)
        assert payments.begin(charge()).ref != payments.begin(asked).ref

    def test_who_is_declined_hears_why_and_may_try_again(self, payments, payer):
        begun = payments.begin(charge())
        payer.decline(begun)
        with_reason = [payments.find(begun.ref)]
        try:
            with_reason.append(payments.capture(begun.ref, key="capture"))
        except Declined as declined:
            assert declined.code == Reason.NO_MONEY
        assert {found.outcome for found in with_reason} <= {Outcome.OPEN, Outcome.APPROVED}
        payer.pay(begun)
        assert payments.capture(begun.ref, key="again").outcome == Outcome.SUCCEEDED

    def test_who_gives_up_can_still_pay_until_it_is_cancelled(self, payments, payer):
        begun = payments.begin(charge())
        payer.give_up(begun)
        assert payments.find(begun.ref).outcome == Outcome.OPEN
        found = payments.cancel(begun.ref)
        assert (found.outcome, found.reason) == (Outcome.CANCELLED, Reason.GIVEN_UP)
        assert payments.cancel(begun.ref) == found

    def test_what_is_paid_can_not_be_cancelled(self, payments, payer):
        found = self.paid(payments, payer, charge())
        assert payments.cancel(found.ref).outcome == Outcome.SUCCEEDED

    def test_refunds_come_to_no_more_than_was_paid(self, payments, payer):
        found = self.paid(payments, payer, charge())
        part = Money(2000, "EUR")
        first = payments.refund(found.ref, part, reference="r1", reason="Ill")
        assert (first.amount, first.reference) == (part, "r1")
        assert first.progress == Progress.SUCCEEDED
        again = payments.refund(found.ref, part, reference="r1", reason="Ill")
        assert again.ref == first.ref
        with pytest.raises(Declined):
            payments.refund(found.ref, Money(3000, "EUR"), reference="r2", reason="")
        payments.refund(found.ref, Money(2999, "EUR"), reference="r3", reason="")
        with pytest.raises(Declined):
            payments.refund(found.ref, Money(1, "EUR"), reference="r4", reason="")
        refunds = payments.find(found.ref).refunds
        assert [(each.reference, each.amount.amount_minor) for each in refunds] == [
            ("r1", 2000),
            ("r3", 2999),
        ]

    def test_what_was_not_paid_is_not_refunded(self, payments, payer):
        begun = payments.begin(charge())
        with pytest.raises(Declined):
            payments.refund(begun.ref, Money(100, "EUR"), reference="r1", reason="")

    def test_nobody_knows_what_never_was(self, payments, payer):
        for ask in (payments.find, payments.cancel, lambda ref: payments.capture(ref, key="c")):
            with pytest.raises(NoSuchPayment):
                ask(payer.unknown_ref)
        with pytest.raises(NoSuchPayment):
            payments.refund(payer.unknown_ref, Money(100, "EUR"), reference="r", reason="")

    def test_a_dispute_is_answered_once(self, payments, payer):
        found = self.paid(payments, payer, charge())
        ref = payer.dispute(found.ref)
        (dispute,) = payments.find(found.ref).disputes
        assert (dispute.ref, dispute.amount) == (ref, found.amount)
        assert dispute.state == Quarrel.NEEDS_RESPONSE
        assert dispute.respond_by > timezone.now()
        payments.answer_dispute(ref, text="She has read every lesson.", key="d1")
        assert payments.find(found.ref).disputes[0].state == Quarrel.UNDER_REVIEW
        with pytest.raises(Declined):
            payments.answer_dispute(ref, text="And more.", key="d2")

    def test_a_dispute_is_given_in_to(self, payments, payer):
        found = self.paid(payments, payer, charge())
        payments.accept_dispute(payer.dispute(found.ref), key="d1")
        assert payments.find(found.ref).disputes[0].state == Quarrel.LOST

    def test_a_notice_names_its_payment(self, payments, payer):
        asked = charge()
        found = self.paid(payments, payer, asked)
        notices = [payments.verify(*said) for said in payer.notices()]
        assert len({each.event_id for each in notices}) == len(notices) > 0
        ours = [each for each in notices if each.payment_ref]
        assert found.ref in [payments.find(each.payment_ref).ref for each in ours]
        assert asked.reference in [each.reference for each in notices]

    def test_a_notice_is_believed_in_whatever_case_its_headers_are(self, payments, payer):
        self.paid(payments, payer, charge())
        headers, body = payer.notices()[-1]
        shouted = {name.upper(): each for name, each in headers.items()}
        assert payments.verify(shouted, body) == payments.verify(headers, body)

    def test_a_notice_that_was_changed_is_refused(self, payments, payer):
        self.paid(payments, payer, charge())
        headers, body = payer.notices()[-1]
        for changed in (body.replace(b":", b": ", 1), body[:-1], b"", b"\xff" + body):
            with pytest.raises(BadSignature):
                payments.verify(headers, changed)
        with pytest.raises(BadSignature):
            payments.verify({}, body)
        for spoilt in (
            {name: each[:-2] for name, each in headers.items()},
            dict.fromkeys(headers, "ü"),
        ):
            with pytest.raises(BadSignature):
                payments.verify(spoilt, body)

    def test_what_was_missed_is_told_again_oldest_first(self, payments, payer):
        began = timezone.now() - timedelta(minutes=1)
        asked = charge()
        self.paid(payments, payer, asked)
        told = list(payments.since(began))
        assert asked.reference in [each.reference for each in told]
        assert [each.at for each in told] == sorted(each.at for each in told)
        assert list(payments.since(timezone.now() + timedelta(hours=1))) == []
        said = {payments.verify(*each).event_id for each in payer.notices()}
        ours = {each.event_id for each in told if each.reference == asked.reference}
        assert ours and ours <= said

    @pytest.mark.parametrize("after", [False, True])
    def test_what_got_no_answer_is_asked_again_and_happens_once(self, payments, payer, after):
        found = self.paid(payments, payer, charge())
        payer.fail(after=after)
        amount = Money(500, "EUR")
        with pytest.raises(PaymentsFailed):
            payments.refund(found.ref, amount, reference="r1", reason="")
        payments.refund(found.ref, amount, reference="r1", reason="")
        assert [each.amount for each in payments.find(found.ref).refunds] == [amount]

    @pytest.mark.parametrize("amount", [Money(500, "JPY"), Money(123_45, "GBP")], ids=str)
    def test_amounts_stay_what_they_are(self, payments, payer, amount):
        assert payments.methods(amount)
        found = self.paid(payments, payer, charge(amount))
        part = Money(amount.amount_minor // 2, amount.currency)
        payments.refund(found.ref, part, reference="r1", reason="")
        found = payments.find(found.ref)
        assert (found.amount, found.refunds[0].amount) == (amount, part)

    def test_what_is_free_is_paid_with_nothing(self, payments, payer):
        assert payments.methods(Money(0, "EUR")) == ()
