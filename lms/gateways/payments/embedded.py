"""A gateway for development and demonstrations: it takes no money, and says so.

It keeps its payments in a file of its own, as an outside company would, so that it can disagree
with us. Its page and the notices it sends are in `lms.payments`; they are signed, with a time.

    4242 4242 4242 4242  pays           4000 0000 0000 0002  is declined
    4000 0000 0000 9995  has no money   4000 0000 0000 0069  has expired
    4000 0025 0000 3155  asks the payer to confirm
"""

import hashlib
import hmac
import json
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from lms.common import clock
from lms.common.money import Money

from . import (
    BadSignature,
    Begun,
    Charge,
    Declined,
    Found,
    FoundRefund,
    Method,
    NoSuchPayment,
    Notice,
    Outcome,
    Progress,
    Reason,
)

HEADER = "Fledge-Signature"
NOTICE_LIVES = 300  # seconds
PAYS, CONFIRMS = "4242424242424242", "4000002500003155"
REFUSALS = {
    "4000000000000002": Reason.DECLINED,
    "4000000000009995": Reason.NO_MONEY,
    "4000000000000069": Reason.EXPIRED_CARD,
}


class EmbeddedPayments:
    """`path` is the file it keeps its payments in, `secret` signs its notices. A fee of 1.5 % is
    made up, rounded down."""

    name = "embedded"
    is_real = False

    def __init__(self, path: str | Path, secret: str) -> None:
        self.path = Path(path)
        self.secret = secret.encode()

    def methods(self, amount: Money) -> tuple[Method, ...]:
        return (Method.CARD,)

    def begin(self, charge: Charge) -> Begun:
        with self._rows() as rows:
            known = rows.execute(
                "SELECT ref FROM payments WHERE reference = ?", [charge.reference]
            ).fetchone()
            ref = known[0] if known else f"test_{uuid.uuid4().hex}"
            if not known:
                state: dict[str, Any] = {
                    "ref": ref,
                    "reference": charge.reference,
                    "amount": charge.amount.amount_minor,
                    "currency": charge.amount.currency,
                    "outcome": Outcome.OPEN,
                    "return_url": charge.return_url,
                    "cancel_url": charge.cancel_url,
                    "seller": charge.seller,
                    "items": [[item.title, item.total.amount_minor] for item in charge.items],
                    "expires_at": charge.expires_at.timestamp(),
                    "refunds": {},
                }
                rows.execute(
                    "INSERT INTO payments (ref, reference, state) VALUES (?, ?, ?)",
                    [ref, charge.reference, json.dumps(state)],
                )
        return Begun(ref, urljoin(charge.return_url, f"/pay/test/{ref}/"))

    def capture(self, ref: str, *, key: str) -> Found:
        return self.find(ref)

    def find(self, ref: str) -> Found:
        with self._rows() as rows:
            return _found(_state(rows, ref))

    def cancel(self, ref: str) -> Found:
        with self._changing(ref) as state:
            if state["outcome"] == Outcome.OPEN:
                state["outcome"] = Outcome.CANCELLED
                state["reason"] = Reason.GIVEN_UP
        return self.find(ref)

    def charge_again(self, charge: Charge, *, means: str) -> Found:
        begun = self.begin(charge)
        self.pay(begun.ref, means)
        return self.find(begun.ref)

    def refund(self, ref: str, amount: Money, *, reference: str, reason: str) -> FoundRefund:
        with self._changing(ref) as state:
            if reference not in state["refunds"]:
                given = sum(state["refunds"].values())
                if state["outcome"] != Outcome.SUCCEEDED or (
                    given + amount.amount_minor > state["amount"]
                ):
                    raise Declined(Reason.NOT_ACCEPTED, "more than is left")
                state["refunds"][reference] = amount.amount_minor
        return FoundRefund(f"re_{reference}", amount, Progress.SUCCEEDED, reference)

    def answer_dispute(self, ref: str, *, text: str, key: str) -> None:
        raise NoSuchPayment(ref)

    def accept_dispute(self, ref: str, *, key: str) -> None:
        raise NoSuchPayment(ref)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        given = {name.lower(): value for name, value in headers.items()}.get(HEADER.lower(), "")
        at, _, signature = given.partition(":")
        if not at.isdecimal() or abs(time.time() - int(at)) > NOTICE_LIVES:
            raise BadSignature("too old")
        if not hmac.compare_digest(signature.encode(), self._signature(at, body).encode()):
            raise BadSignature("not ours")
        try:
            told = json.loads(body)
        except ValueError as error:
            raise BadSignature("not JSON") from error
        return _notice(told)

    def since(self, at: datetime) -> Iterator[Notice]:
        with self._rows() as rows:
            found = rows.execute(
                "SELECT body FROM events WHERE at >= ? ORDER BY id", [at.timestamp()]
            ).fetchall()
        for (body,) in found:
            yield _notice(json.loads(body))

    # --- What its page asks of it -----------------------------------------------------------------

    def shown(self, ref: str) -> dict[str, Any]:
        """What its page shows of a payment. Raises NoSuchPayment."""
        with self._rows() as rows:
            return _state(rows, ref)

    def pay(self, ref: str, number: str, *, confirmed: bool = False) -> Outcome | None:
        """The payer types a card's number; None where they are to confirm first. Raises
        NoSuchPayment."""
        digits = "".join(character for character in number if character.isdigit())
        with self._changing(ref) as state:
            if state["outcome"] not in (Outcome.OPEN, Outcome.FAILED):
                return Outcome(state["outcome"])
            if clock.now().timestamp() > state["expires_at"]:
                state["outcome"], state["reason"] = Outcome.CANCELLED, Reason.GIVEN_UP
            elif digits == CONFIRMS and not confirmed:
                return None
            elif digits in (PAYS, CONFIRMS):
                state["outcome"], state["reason"] = Outcome.SUCCEEDED, None
                state["paid_with"] = f"Test card •••• {digits[-4:]}"
            else:
                state["reason"] = REFUSALS.get(digits, Reason.WRONG_DETAILS)
                state["outcome"] = Outcome.OPEN
            return Outcome(state["outcome"])

    def signed_notice(self, ref: str) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a notice that something happened to a payment."""
        with self._rows() as rows:
            state = _state(rows, ref)
            at = time.time()
            told = {
                "id": f"evt_{uuid.uuid4().hex}",
                "kind": f"payment.{state['outcome']}",
                "at": at,
                "ref": ref,
                "reference": state["reference"],
            }
            body = json.dumps(told)
            rows.execute("INSERT INTO events (at, body) VALUES (?, ?)", [at, body])
        stamp = str(int(at))
        return {HEADER: f"{stamp}:{self._signature(stamp, body.encode())}"}, body.encode()

    def _signature(self, at: str, body: bytes) -> str:
        return hmac.new(self.secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()

    @contextmanager
    def _rows(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            connection.executescript(
                "CREATE TABLE IF NOT EXISTS payments"
                " (ref TEXT PRIMARY KEY, reference TEXT UNIQUE, state TEXT);"
                "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, at REAL, body TEXT);"
            )
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()

    @contextmanager
    def _changing(self, ref: str) -> Iterator[dict[str, Any]]:
        with self._rows() as rows:
            state = _state(rows, ref)
            yield state
            rows.execute("UPDATE payments SET state = ? WHERE ref = ?", [json.dumps(state), ref])


def _state(rows: sqlite3.Connection, ref: str) -> dict[str, Any]:
    row = rows.execute("SELECT state FROM payments WHERE ref = ?", [ref]).fetchone()
    if row is None:
        raise NoSuchPayment(ref)
    state: dict[str, Any] = json.loads(row[0])
    return state


def _found(state: Mapping[str, Any]) -> Found:
    currency = state["currency"]
    succeeded = state["outcome"] == Outcome.SUCCEEDED
    return Found(
        ref=state["ref"],
        reference=state["reference"],
        outcome=Outcome(state["outcome"]),
        amount=Money(state["amount"], currency),
        fee=Money(state["amount"] * 15 // 1000, currency) if succeeded else None,
        paid_with=state.get("paid_with", ""),
        method=Method.CARD,
        reason=Reason(state["reason"]) if state.get("reason") else None,
        refunds=tuple(
            FoundRefund(f"re_{reference}", Money(amount, currency), Progress.SUCCEEDED, reference)
            for reference, amount in state["refunds"].items()
        ),
    )


def _notice(told: Mapping[str, Any]) -> Notice:
    return Notice(
        event_id=told["id"],
        kind=told["kind"],
        at=datetime.fromtimestamp(told["at"], UTC),
        payment_ref=told["ref"],
        reference=told["reference"],
        payload=dict(told),
    )
