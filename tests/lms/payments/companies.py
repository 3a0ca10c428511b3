"""Stripe and PayPal, as far as both are the same to a test: payers, banks, notices, faults."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lms.common.money import Money
from lms.gateways.payments import Payments
from lms.gateways.payments.paypal import PayPalPayments
from lms.gateways.payments.stripe import StripePayments
from lms.payments.models import Payment, Refund
from tests.doubles.paypal_double import PayPalDouble, authority
from tests.doubles.stripe_double import DEBIT, GOOD, NO_REFUND, StripeDouble

RETRIES = 3  # that often an adapter asks before it gives up
Notice = tuple[dict[str, str], bytes]


class AtStripe:
    name, backend = "stripe", StripePayments

    def __init__(self, double: StripeDouble) -> None:
        self.double, self.heard = double, 0
        self.options: dict[str, Any] = {
            "api_key": double.key, "webhook_secret": double.secret, "base_url": double.url,
        }  # fmt: skip
        self.own: Payments = StripePayments(**self.options)

    def pay(self, payment: Payment, card: str = GOOD) -> str:
        """Where the payer is sent to then."""
        return self.double.pay(payment.url, card)

    def decline(self, payment: Payment) -> str:
        """Said on Stripe's own page; the payer stays there."""
        return self.pay(payment, "4000000000009995") or payment.url

    def give_up(self, payment: Payment) -> str:
        return self.double.give_up(payment.url)

    def pay_by_bank(self, payment: Payment) -> str:
        return self.pay(payment, DEBIT)

    def settle(self, payment: Payment, *, well: bool = True) -> None:
        self.double.settle(payment.ref, "" if well else "insufficient_funds")

    def refund_by_hand(self, payment: Payment, amount: Money) -> None:
        self.double.refund_outside(payment.ref, amount.amount_minor)

    def sends_back(self, refund: Refund) -> None:
        self.double.send_back(refund.ref)

    def dispute(self, payment: Payment) -> None:
        self.double.dispute(payment.ref)

    def changes_amount(self, payment: Payment) -> None:
        self.double.objects[payment.ref]["amount_total"] = 100

    def forgets_keys(self) -> None:
        self.double._stored.clear()

    def fails(self, what: str, how: int | str = 500) -> None:
        """Does not answer, however often it is asked, until the next call of ours. "cut" does what
        was asked for all the same."""
        path = {
            "begin": "POST /v1/checkout/sessions", "find": "GET /v1/checkout/sessions",
            "refund": "POST /v1/refunds",
        }[what]  # fmt: skip
        self.double.script(how, path, times=RETRIES)

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.double.objects.values() if one["object"] == kind]

    def begun(self) -> int:
        return len(self._all("checkout.session"))

    def taken(self) -> list[int]:
        """In Stripe's units."""
        return [one["amount"] for one in self._all("charge") if one["paid"]]

    def given_back(self) -> list[int]:
        return [one["amount"] for one in self._all("refund") if one["status"] == "succeeded"]

    def fee(self, amount: Money) -> Money:
        return Money(amount.amount_minor * 29 // 1000 + 30, amount.currency)

    def is_of_another_program(self) -> None:
        for one in self.double.objects.values():
            if one.get("metadata"):
                one["metadata"] = {}
        for event in self.double.events:
            event["data"]["object"]["metadata"] = {}

    def notices(self) -> Iterator[Notice]:
        """What happened since the last time."""
        told, self.heard = self.double.events[self.heard :], len(self.double.events)
        yield from map(self.double.signed, told)


class AtPayPal:
    name, backend = "paypal", PayPalPayments

    def __init__(self, double: PayPalDouble) -> None:
        self.double, self.heard = double, 0
        self.options: dict[str, Any] = {
            "client_id": double.client_id, "secret": double.secret, "webhook_id": double.webhook_id,
            "base_url": double.base_url, "timeout": 1.0, "pause": 0.0,
            "cert_hosts": (double.host,), "cert_roots": authority().root_pem,
        }  # fmt: skip
        self.own: Payments = PayPalPayments(**self.options)

    def pay(self, payment: Payment) -> str:
        self.double.approve(payment.ref)
        return self._context(payment)["return_url"]

    def decline(self, payment: Payment) -> str:
        """By the bank, when we take what the payer has agreed to."""
        self.double.script("INSTRUMENT_DECLINED", "/capture")
        return self.pay(payment)

    def give_up(self, payment: Payment) -> str:
        return self._context(payment)["cancel_url"]

    def pay_by_bank(self, payment: Payment) -> str:
        self.double.script("pending", "/capture")
        return self.pay(payment)

    def settle(self, payment: Payment, *, well: bool = True) -> None:
        self.double.settle(self._capture(payment), "COMPLETED" if well else "DECLINED")

    def refund_by_hand(self, payment: Payment, amount: Money) -> None:
        self.double.refund_by_hand(self._capture(payment), str(amount.decimal))

    def dispute(self, payment: Payment) -> None:
        self.double.open_dispute(payment.ref)

    def changes_amount(self, payment: Payment) -> None:
        self.double.orders[payment.ref]["purchase_units"][0]["amount"]["value"] = "1.00"

    def forgets_keys(self) -> None:
        self.double.answered.clear()

    def fails(self, what: str, how: int | str = 500) -> None:
        path = {
            "begin": "POST /v2/checkout/orders", "find": "GET /v2/checkout/orders",
            "capture": "/capture", "refund": "/refund",
        }[what]  # fmt: skip
        self.double.script(how, path, times=RETRIES)

    def begun(self) -> int:
        return len(self.double.orders)

    def taken(self) -> list[int]:
        return [_minor(one) for one in self.double.captures.values()]

    def given_back(self) -> list[int]:
        done = [one for one in self.double.refunds.values() if one["status"] == "COMPLETED"]
        return [_minor(one) for one in done]

    def fee(self, amount: Money) -> Money:
        return Money((amount.amount_minor * 3 + 50) // 100, amount.currency)

    def is_of_another_program(self) -> None:
        for capture in self.double.captures.values():
            capture["custom_id"] = "another"
        for order in self.double.orders.values():
            order["purchase_units"][0]["custom_id"] = "another"
        for event in self.double.events:
            if "custom_id" in event["resource"]:
                event["resource"]["custom_id"] = "another"
            for unit in event["resource"].get("purchase_units", ()):
                unit["custom_id"] = "another"

    def notices(self) -> Iterator[Notice]:
        told, self.heard = self.double.events[self.heard :], len(self.double.events)
        for event in told:
            body = json.dumps(event).encode()
            yield self.double.signed(body), body

    def _context(self, payment: Payment) -> dict[str, str]:
        found: dict[str, str] = self.double.orders[payment.ref]["_asked"]["experience_context"]
        return found

    def _capture(self, payment: Payment) -> str:
        unit = self.double.orders[payment.ref]["purchase_units"][0]
        return str(unit["payments"]["captures"][-1]["id"])


def _minor(said: dict[str, Any]) -> int:
    amount = said["amount"]
    return Money.from_decimal(Decimal(amount["value"]), amount["currency_code"]).amount_minor


Company = AtStripe | AtPayPal
__all__ = ["DEBIT", "NO_REFUND", "AtPayPal", "AtStripe", "Company"]
