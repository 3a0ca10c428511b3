"""Stripe for tests: its API as far as we use it, its payment page, its webhooks, over real HTTP.

    with StripeDouble() as double:
        payments = StripePayments(double.key, double.secret, base_url=double.url)
        begun = payments.begin(charge)
        double.pay(begun.url)                     # or with a browser: it is a page with a form
        double.webhook_url = "http://…"           # from here on events are sent there

A request that Stripe's own client does not describe (tests.doubles.stripe_params) fails the test
when the double is left. Nothing here is Stripe's: where both differ, Stripe is right.
"""

import contextlib
import html
import itertools
import json
import queue
import random
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from stripe import WebhookSignature

from tests.doubles.stripe_params import decoded, violations

GOOD = "4242424242424242"
# {number: (code, the bank's code)}, from Stripe's own test cards.
DECLINED = {
    "4000000000000002": ("card_declined", "generic_decline"),
    "4000000000009995": ("card_declined", "insufficient_funds"),
    "4000000000000069": ("expired_card", None),
    "4000000000000127": ("incorrect_cvc", None),
    "4000000000000119": ("processing_error", None),
    "4100000000000019": ("card_declined", "fraudulent"),
}
ASKS = "4000002760003184"  # for authentication, each time
GOOD_ONCE = "4000000000000341"  # and never again
DISPUTED = "4000000000000259"  # as soon as it has paid
NO_REFUND = "4000000000005126"  # its refunds fail
DEBIT = "sepa_debit"  # takes days: `settle`
WALLETS = {"apple_pay", "google_pay"}

NO_DECIMALS = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMALS = set("bhd jod kwd omr tnd".split())
WHOLE = {"isk", "ugx"}  # in hundredths, and none of them
LEAST = {"eur": 50, "usd": 50, "gbp": 30, "jpy": 50}
DISPUTE_FEE = 2000


class Refused(Exception):
    def __init__(self, status: int, message: str, code: str | None = None, **more: Any) -> None:
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.status = status
        self.early = False  # before anything was begun: the next request may use the key
        self.error = {"type": kind, "message": message, "code": code, **more}


@dataclass
class Scripted:
    """`what` is a status, "cut" (done, and nobody hears of it) or "hang" (no answer)."""

    what: int | str
    path: str
    times: int
    error: dict[str, Any]


class StripeDouble:
    def __init__(self, key: str = "sk_test_double", secret: str = "whsec_double") -> None:
        self.key, self.secret = key, secret
        self.violations: list[str] = []
        self.requests: list[tuple[str, str, dict[str, Any], str]] = []  # with their keys
        self.objects: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.answers: list[tuple[str, int]] = []  # (event, what our site said to its notice)
        self.webhook_url = ""
        self.hold = False
        self.held: list[dict[str, Any]] = []
        self.available: int | None = None  # for transfers; any amount while None
        self._scripted: list[Scripted] = []
        self._stored: dict[str, tuple[Any, tuple[int, Any]]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._outbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        handler = type("Handler", (_Handler,), {"double": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "StripeDouble":
        for work in (lambda: self._server.serve_forever(0.02), self._post):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, kind: object, *_reason: object) -> None:
        self._stopped.set()
        self._outbox.put(None)
        self._server.shutdown()
        self._server.server_close()
        if kind is None:
            assert not self.violations, "\n".join(self.violations)

    # What a test makes happen.

    def script(self, what: int | str, path: str = "", times: int = 1, **error: Any) -> None:
        """Answer the next `times` requests whose "METHOD /path" holds `path` by `what`."""
        self._scripted.append(Scripted(what, path, times, error))

    def pay(self, url: str, card: str = GOOD, *, authenticate: bool = True) -> str:
        """As a payer does on the page; where they are sent then, or "" for those who stay."""
        return self._press(url, card=card, authenticate="yes" if authenticate else "")

    def give_up(self, url: str) -> str:
        return self._press(url, leave="yes")

    def settle(self, session: str, code: str = "") -> None:
        """The bank has paid what took its days; with a `code`, it has not."""
        with self._lock:
            found = self.objects[session]
            intent = self.objects[found["payment_intent"]]
            if code:
                self._decline(intent, "payment_failed", code, card=DEBIT)
                self._emit("checkout.session.async_payment_failed", found)
                return
            found["payment_status"] = "paid"
            self._charge(intent)
            self._emit("checkout.session.async_payment_succeeded", found)

    def expire(self, session: str) -> None:
        with self._lock:
            self._expire(self.objects[session])

    def refund_outside(self, ref: str, amount: int) -> dict[str, Any]:
        """As somebody does in Stripe's Dashboard."""
        with self._lock:
            return self._refund({"payment_intent": self._intent(ref)["id"], "amount": str(amount)})

    def send_back(self, refund: str) -> None:
        """The payer's bank does not take it, days after it was said to be done."""
        with self._lock:
            found = self.objects[refund]
            found.update(status="failed", failure_reason="lost_or_stolen_card")
            charge = self.objects[found["charge"]]
            charge["amount_refunded"] -= found["amount"]
            charge["refunded"] = False
            self._emit("refund.failed", found)

    def dispute(self, ref: str, *, inquiry: bool = False, reason: str = "fraudulent") -> str:
        with self._lock:
            return str(self._dispute(self._intent(ref), inquiry, reason)["id"])

    def decide(self, dispute: str, *, won: bool) -> None:
        with self._lock:
            found = self.objects[dispute]
            found["status"] = "won" if won else "lost"
            self._emit("charge.dispute.closed", found)

    def onboard(self, account: str, *, closed: bool = False) -> None:
        """The provider has given what was asked for; or has left the platform."""
        with self._lock:
            found = self.objects[account]
            found.update(payouts_enabled=not closed, details_submitted=True, _closed=closed)
            found["capabilities"]["transfers"] = "inactive" if closed else "active"
            found["requirements"]["currently_due"] = []
            self._emit("account.updated", found)

    def reverse(self, transfer: str) -> None:
        with self._lock:
            found = self.objects[transfer]
            found.update(reversed=True, amount_reversed=found["amount"])
            self._emit("transfer.reversed", found)

    def deliver(self, *, times: int = 1, shuffle: int | None = None, lose: int = 0) -> None:
        """Send what was held: `times` over, without the first `lose`, shuffled by that seed. Waits
        until our site has answered."""
        held, self.held = self.held[lose:] * times, []
        if shuffle is not None:
            random.Random(shuffle).shuffle(held)
        for event in held:
            self._outbox.put(event)
        self.sent()

    def sent(self) -> None:
        """Wait until our site has answered whatever was sent."""
        self._outbox.join()

    def signed(self, event: dict[str, Any], *, ago: int = 0) -> tuple[dict[str, str], bytes]:
        """The notice of an event, as it comes: headers and body."""
        body = json.dumps(event)
        at = int(time.time()) - ago
        header = WebhookSignature.generate_signature_header(body, self.secret, at)
        return {"Stripe-Signature": header, "Content-Type": "application/json"}, body.encode()

    # What goes on inside.

    def _press(self, url: str, **form: str) -> str:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_args: Any, **_more: Any) -> None:
                return None

        request = urllib.request.Request(url, data=urlencode(form).encode())
        try:
            urllib.request.build_opener(Stay).open(request, timeout=10).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            if answer.code not in (303, 402):
                raise
            return answer.headers.get("Location", "")
        return ""

    def _post(self) -> None:
        while (event := self._outbox.get()) is not None:
            headers, body = self.signed(event)
            request = urllib.request.Request(self.webhook_url, body, headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    status = answer.status
            except urllib.error.HTTPError as answer:
                status = answer.code
                answer.close()
            except (OSError, HTTPException):
                status = 0
            self.answers.append((event["id"], status))
            self._outbox.task_done()
        self._outbox.task_done()

    def _emit(self, kind: str, thing: dict[str, Any]) -> None:
        event = {
            "id": self._id("evt"), "object": "event", "type": kind, "created": int(time.time()),
            "livemode": False, "api_version": "2026-08-26.dahlia", "pending_webhooks": 1,
            "data": {"object": _shown(thing)},
            "request": {"id": None, "idempotency_key": None},
        }  # fmt: skip
        self.events.append(event)
        if self.hold:
            self.held.append(event)
        elif self.webhook_url:
            self._outbox.put(event)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):06}"

    def _make(self, prefix: str, kind: str, **fields: Any) -> dict[str, Any]:
        made = {"id": self._id(prefix), "object": kind, "created": int(time.time()), **fields}
        self.objects[made["id"]] = {"livemode": False, **made}
        return self.objects[made["id"]]

    def _intent(self, ref: str) -> dict[str, Any]:
        found = self.objects[ref]
        return self.objects[found.get("payment_intent") or ref]

    def answer(self, method: str, path: str, text: str, key: str, auth: str) -> tuple[Any, Any]:
        """(status, body), or what was scripted instead of them."""
        given = decoded(text)
        with self._lock:
            self.requests.append((method, path, given, key))
            self.violations += violations(method, path, given)
            if auth != f"Bearer {self.key}":
                return 401, {"error": {"type": "invalid_request_error", "message": "No such key"}}
            if method == "POST" and not key:
                self.violations.append(f"{method} {path}: no idempotency key")
            said = f"{method} {path}"
            scripted = next((each for each in self._scripted if each.path in said), None)
            if scripted:
                scripted.times -= 1
                if scripted.times == 0:
                    self._scripted.remove(scripted)
                if isinstance(scripted.what, int):
                    error = {"type": "api_error", "message": "Scripted", **scripted.error}
                    return scripted.what, {"error": error}
            reply = self._once(method, path, given, key)
            return (scripted.what, None) if scripted else reply

    def _once(self, method: str, path: str, given: Any, key: str) -> tuple[int, Any]:
        asked = (method, path, given)
        if method == "POST" and key in self._stored:
            before, reply = self._stored[key]
            if before != asked:
                said = "Keys for idempotent requests can only be used with the same parameters."
                return 400, {"error": {"type": "idempotency_error", "message": said}}
            return reply
        try:
            found = self._route(method, path, given)
            reply = 200, _expanded(self.objects, found, given)
        except Refused as refused:
            reply = refused.status, {"error": refused.error}
            if refused.early:
                return reply
        if method == "POST":
            self._stored[key] = asked, reply
        return reply

    def _route(self, method: str, path: str, given: Any) -> dict[str, Any]:
        for path_of in given.get("expand", ()):
            if path_of.count(".") > 3:
                raise _early(f"You cannot expand more than 4 levels: {path_of}", "expand")
        parts = path.removeprefix("/v1/").removeprefix("checkout/").split("/")
        kind, rest = parts[0], parts[1:]
        if method == "GET":
            return self._got(path, rest[0]) if rest else self._listed(path, kind, given)
        deeds: dict[tuple[str, ...], Callable[..., dict[str, Any]]] = {
            ("sessions",): self._session,
            ("sessions", "expire"): self._expire,
            ("payment_intents",): self._again,
            ("payment_intents", "capture"): self._capture,
            ("payment_intents", "cancel"): self._cancel,
            ("refunds",): self._refund,
            ("disputes", ""): self._answer_dispute,
            ("disputes", "close"): self._close_dispute,
            ("accounts",): self._account,
            ("account_links",): self._link,
            ("transfers",): self._transfer,
        }
        if not rest:
            return deeds[kind,](given)
        deed = deeds[kind, rest[1] if len(rest) > 1 else ""]
        found = self._got(path, rest[0])
        return deed(found, given) if kind == "disputes" else deed(found)

    def _got(self, path: str, ref: str) -> dict[str, Any]:
        found = self.objects.get(ref)
        if found is None:
            raise Refused(404, f"No such object: '{ref}'", "resource_missing", param="id")
        if found.get("_closed"):
            raise Refused(403, f"No access to account '{ref}'", "account_invalid")
        return found

    def _listed(self, path: str, kind: str, given: Any) -> dict[str, Any]:
        names = {"sessions": "checkout.session"}
        name = names.get(kind, kind.removesuffix("s"))
        all_of = self.events if kind == "events" else self.objects.values()
        found = [each for each in all_of if each["object"] == name]
        if (intent := given.get("payment_intent")) is not None:
            found = [each for each in found if each["payment_intent"] == intent]
        since = int(given.get("created", {}).get("gte", 0))
        found = [each for each in found if each["created"] >= since]
        if types := given.get("types"):
            if len(types) > 20:
                raise _early("Up to 20 types", "types")
            found = [each for each in found if each["type"] in types]
        found.reverse()
        if after := given.get("starting_after"):
            found = found[[each["id"] for each in found].index(after) + 1 :]
        limit = int(given.get("limit", 10))
        more = len(found) > limit
        return {"object": "list", "url": path, "has_more": more, "data": found[:limit]}

    def _session(self, given: Any) -> dict[str, Any]:
        lines = given.get("line_items", [])
        prices = [(each["price_data"], int(each.get("quantity", 1))) for each in lines]
        currencies = {price["currency"] for price, _ in prices}
        if given.get("mode") != "payment" or len(currencies) != 1 or len(lines) > 100:
            raise _early("Payment mode, 1 to 100 lines, one currency", "line_items")
        if "customer" in given and {"customer_email", "customer_creation"} & given.keys():
            raise _early("Only one of customer and customer_email", "customer")
        if (customer := given.get("customer")) and customer not in self.objects:
            raise Refused(400, "No such customer", "resource_missing", param="customer")
        now = int(time.time())
        expires = int(given.get("expires_at", now + 86400))
        if not now + 1800 <= expires <= now + 86400:
            raise _early("expires_at is 30 minutes to 24 hours from now", "expires_at")
        (currency,) = currencies
        total = sum(int(price["unit_amount"]) * count for price, count in prices)
        _check_amount(total, currency)
        session = self._make(
            "cs_test", "checkout.session", amount_total=total, currency=currency, mode="payment",
            status="open", payment_status="unpaid", payment_intent=None, expires_at=expires,
            customer=customer, metadata=given.get("metadata", {}),
            client_reference_id=given.get("client_reference_id"),
            success_url=given["success_url"], cancel_url=given.get("cancel_url"),
        )  # fmt: skip
        session["url"] = f"{self.url}/pay/{session['id']}"
        session["_asked"] = given
        return session

    def _expire(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["status"] != "open":
            raise Refused(400, f"Only open sessions expire, this is {session['status']}.")
        session.update(status="expired", url=None)
        if intent := session["payment_intent"]:
            self.objects[intent]["status"] = "canceled"
        self._emit("checkout.session.expired", session)
        return session

    def submit(self, session_id: str, form: dict[str, str]) -> tuple[int, str]:
        """What the page's form was sent with: (status, where to)."""
        with self._lock:
            session = self.objects[session_id]
            if form.get("leave"):
                return 303, session["cancel_url"]
            if session["status"] != "open":
                return 410, ""
            given = session["_asked"].get("payment_intent_data", {})
            if not session["payment_intent"]:
                intent = self._make(
                    "pi", "payment_intent", amount=session["amount_total"], status="processing",
                    currency=session["currency"], metadata=given.get("metadata", {}),
                    customer=session["customer"], latest_charge=None, last_payment_error=None,
                    setup_future_usage=given.get("setup_future_usage"), payment_method=None,
                    capture_method=given.get("capture_method", "automatic_async"),
                )  # fmt: skip
                session["payment_intent"] = intent["id"]
            intent = self.objects[session["payment_intent"]]
            card = re.sub(r"\s", "", form.get("card", GOOD))
            if card in DECLINED:
                self._decline(intent, *DECLINED[card], card=card)
                return 402, ""
            if card == ASKS and not form.get("authenticate"):
                self._decline(intent, "payment_intent_authentication_failure", None, card=card)
                return 402, ""
            if session["_asked"].get("customer_creation") == "always" and not session["customer"]:
                email = session["_asked"]["customer_email"]
                session["customer"] = self._make("cus", "customer", email=email)["id"]
                intent["customer"] = session["customer"]
            owner = intent["customer"] if intent["setup_future_usage"] else None
            means = self._make("pm", "payment_method", number=card, customer=owner)
            intent.update(payment_method=means["id"], last_payment_error=None)
            session.update(status="complete", url=None)
            if card == DEBIT:
                intent["status"] = "processing"
                self._emit("payment_intent.processing", intent)
            elif intent["capture_method"] == "manual":
                intent["status"] = "requires_capture"
                self._emit("payment_intent.amount_capturable_updated", intent)
            else:
                session["payment_status"] = "paid"
                self._charge(intent)
            self._emit("checkout.session.completed", session)
            return 303, session["success_url"]

    def _decline(
        self, intent: dict[str, Any], code: str, bank: str | None, card: str = ""
    ) -> dict[str, Any]:
        error = {"type": "card_error", "code": code, "decline_code": bank, "message": "Declined."}
        intent.update(status="requires_payment_method", last_payment_error=error)
        charge = self._money_moves(intent, status="failed", paid=False, card=card)
        charge.update(failure_code=code, balance_transaction=None)
        self._emit("payment_intent.payment_failed", intent)
        return error

    def _money_moves(self, intent: dict[str, Any], card: str, **fields: Any) -> dict[str, Any]:
        kind = DEBIT if card == DEBIT else "card"
        details: dict[str, Any] = {"last4": "3000" if kind == DEBIT else card[-4:]}
        if kind == "card":
            wallet = {"type": card} if card in WALLETS else None
            details = {"brand": "visa", "last4": "4242" if wallet else card[-4:], "wallet": wallet}
        charge = self._make(
            "ch", "charge", amount=intent["amount"], currency=intent["currency"],
            payment_intent=intent["id"], metadata=dict(intent["metadata"]), amount_refunded=0,
            captured=True, disputed=False, refunded=False, customer=intent["customer"],
            payment_method_details={"type": kind, kind: details}, **fields,
        )  # fmt: skip
        intent["latest_charge"] = charge["id"]
        return charge

    def _balance(self, amount: int, currency: str, fee: int) -> str:
        return str(
            self._make(
                "txn", "balance_transaction", amount=amount, currency=currency, fee=fee,
                net=amount - fee,
            )["id"]
        )  # fmt: skip

    def _charge(self, intent: dict[str, Any]) -> dict[str, Any]:
        number = self.objects[intent["payment_method"]]["number"]
        charge = self._money_moves(intent, number, status="succeeded", paid=True)
        fee = intent["amount"] * 29 // 1000 + 30
        charge["balance_transaction"] = self._balance(intent["amount"], intent["currency"], fee)
        intent["status"] = "succeeded"
        self._emit("charge.succeeded", charge)
        self._emit("payment_intent.succeeded", intent)
        if number == DISPUTED:
            self._dispute(intent, inquiry=False, reason="fraudulent")
        return charge

    def _again(self, given: Any) -> dict[str, Any]:
        amount = int(given["amount"])
        _check_amount(amount, given["currency"])
        means = self.objects.get(given.get("payment_method", ""))
        customer = given.get("customer")
        if means is None or customer not in self.objects or means["customer"] != customer:
            raise Refused(400, "No such payment method of this customer", "resource_missing",
                          param="payment_method")  # fmt: skip
        if "return_url" not in given:
            raise _early("A return_url, or no redirects", "return_url")
        intent = self._make(
            "pi", "payment_intent", amount=amount, currency=given["currency"], customer=customer,
            status="requires_confirmation", metadata=given.get("metadata", {}), latest_charge=None,
            last_payment_error=None, setup_future_usage=None, payment_method=means["id"],
        )  # fmt: skip
        refused = {
            **DECLINED,
            ASKS: ("authentication_required", "authentication_required"),
            GOOD_ONCE: ("card_declined", "generic_decline"),
        }
        if means["number"] in refused:
            error = self._decline(intent, *refused[means["number"]], card=means["number"])
            raise Refused(402, error["message"], error["code"], decline_code=error["decline_code"])
        self._charge(intent)
        return intent

    def _capture(self, intent: dict[str, Any]) -> dict[str, Any]:
        if intent["status"] != "requires_capture":
            raise Refused(400, "Nothing to capture", "payment_intent_unexpected_state")
        for session in self.objects.values():
            if (
                session["object"] == "checkout.session"
                and session["payment_intent"] == intent["id"]
            ):
                session["payment_status"] = "paid"
        self._charge(intent)
        return intent

    def _cancel(self, intent: dict[str, Any]) -> dict[str, Any]:
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise Refused(400, "Too late", "payment_intent_unexpected_state")
        intent["status"] = "canceled"
        self._emit("payment_intent.canceled", intent)
        return intent

    def _refund(self, given: Any) -> dict[str, Any]:
        intent = self.objects.get(given.get("payment_intent", ""))
        if intent is None:
            raise Refused(400, "No such payment_intent", "resource_missing", param="payment_intent")
        charge = self.objects.get(intent["latest_charge"] or "")
        if charge is None or charge["status"] != "succeeded":
            raise Refused(400, "This payment has no successful charge to refund.")
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(given.get("amount", left))
        if not left:
            raise Refused(400, "Already refunded", "charge_already_refunded")
        if charge["disputed"]:
            raise Refused(400, "This charge has been charged back", "charge_disputed")
        if not 0 < amount <= left:
            raise Refused(400, "Refund amount is greater than unrefunded amount", param="amount")
        _check_units(amount, intent["currency"])
        fails = self.objects[intent["payment_method"]]["number"] == NO_REFUND
        refund = self._make(
            "re", "refund", amount=amount, currency=intent["currency"], charge=charge["id"],
            payment_intent=intent["id"], metadata=given.get("metadata", {}),
            status="failed" if fails else "succeeded",
            failure_reason="expired_or_canceled_card" if fails else None,
            balance_transaction=self._balance(-amount, intent["currency"], 0),
        )  # fmt: skip
        self._emit("refund.created", refund)
        if fails:
            self._emit("refund.failed", refund)
        else:
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self._emit("charge.refunded", charge)
        return refund

    def _dispute(self, intent: dict[str, Any], inquiry: bool, reason: str) -> dict[str, Any]:
        charge = self.objects[intent["latest_charge"]]
        charge["disputed"] = True
        moved = self._balance(-charge["amount"], charge["currency"], DISPUTE_FEE)
        dispute = self._make(
            "du", "dispute", amount=charge["amount"], currency=charge["currency"],
            charge=charge["id"], payment_intent=intent["id"], reason=reason, metadata={},
            status="warning_needs_response" if inquiry else "needs_response", evidence={},
            evidence_details={
                "due_by": int(time.time()) + 7 * 86400, "has_evidence": False, "past_due": False,
                "submission_count": 0,
            },
            balance_transactions=[] if inquiry else [self.objects[moved]],
        )  # fmt: skip
        self._emit("charge.dispute.created", dispute)
        return dispute

    def _answer_dispute(self, dispute: dict[str, Any], given: Any) -> dict[str, Any]:
        if not dispute["status"].endswith("needs_response"):
            raise Refused(400, "This dispute takes no more evidence.")
        dispute["evidence"].update(given.get("evidence", {}))
        dispute["evidence_details"]["has_evidence"] = True
        if given.get("submit") == "true":
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = dispute["status"].replace("needs_response", "under_review")
        self._emit("charge.dispute.updated", dispute)
        return dispute

    def _close_dispute(self, dispute: dict[str, Any], _given: Any) -> dict[str, Any]:
        if not dispute["status"].endswith("needs_response"):
            raise Refused(400, "This dispute is closed.")
        dispute["status"] = "lost"
        self._emit("charge.dispute.closed", dispute)
        return dispute

    def _account(self, given: Any) -> dict[str, Any]:
        return self._make(
            "acct", "account", type=given["type"], country=given["country"], email=given["email"],
            metadata=given.get("metadata", {}), payouts_enabled=False, details_submitted=False,
            capabilities=dict.fromkeys(given.get("capabilities", {}), "inactive"),
            requirements={
                "currently_due": ["external_account", "individual.dob"],
                "past_due": ["external_account"],
            },
            _closed=False,
        )  # fmt: skip

    def _link(self, given: Any) -> dict[str, Any]:
        account = self._got("", given["account"])
        return {
            "object": "account_link", "created": int(time.time()),
            "expires_at": int(time.time()) + 300,
            "url": f"{self.url}/onboard/{account['id']}/{self._id('link')}",
        }  # fmt: skip

    def _transfer(self, given: Any) -> dict[str, Any]:
        account = self.objects.get(given["destination"])
        if account is None:
            raise Refused(400, "No such destination", "resource_missing", param="destination")
        if account["capabilities"].get("transfers") != "active":
            raise Refused(400, "The account can't take transfers",
                          "insufficient_capabilities_for_transfer")  # fmt: skip
        amount = int(given["amount"])
        _check_units(amount, given["currency"])
        if self.available is not None and amount > self.available:
            raise Refused(400, "Insufficient available funds", "balance_insufficient")
        transfer = self._make(
            "tr", "transfer", amount=amount, currency=given["currency"], reversed=False,
            destination=account["id"], metadata=given.get("metadata", {}),
            description=given.get("description"), amount_reversed=0,
        )  # fmt: skip
        self._emit("transfer.created", transfer)
        return transfer


def _early(message: str, param: str) -> Refused:
    refused = Refused(400, message, param=param)
    refused.early = True
    return refused


def _shown(thing: Any) -> Any:
    """A copy, without what the double keeps for itself."""
    if isinstance(thing, dict):
        return {name: _shown(each) for name, each in thing.items() if name[0] != "_"}
    return [_shown(each) for each in thing] if isinstance(thing, list) else thing


def _check_units(amount: int, currency: str) -> None:
    if currency != currency.lower() or (currency in THREE_DECIMALS and amount % 10):
        raise Refused(400, "Invalid amount", "parameter_invalid_integer", param="amount")
    if currency in WHOLE and amount % 100:
        raise Refused(400, "Invalid amount", "parameter_invalid_integer", param="amount")


def _check_amount(amount: int, currency: str) -> None:
    _check_units(amount, currency)
    if amount < LEAST.get(currency, 1):
        raise Refused(400, "Amount must be at least …", "amount_too_small", param="amount")
    if amount > 99_999_999:
        raise Refused(400, "Amount must be no more than …", "amount_too_large", param="amount")


def _expanded(known: dict[str, Any], found: Any, given: Any) -> Any:
    copy = _shown(found)
    for path in given.get("expand", ()):
        _expand(known, copy, path.split("."))
    return copy


def _expand(known: dict[str, Any], thing: Any, names: list[str]) -> None:
    if isinstance(thing, list):
        for each in thing:
            _expand(known, each, names)
        return
    if not names or not isinstance(thing, dict) or not (inner := thing.get(names[0])):
        return
    if isinstance(inner, str):
        inner = thing[names[0]] = _shown(known[inner])
    _expand(known, inner, names[1:])


PAGE = """<!doctype html><html lang="en"><title>Pay</title>
<h1>{amount} {currency}</h1><p role="alert">{problem}</p>
<form method="post"><label>Card <input name="card" value="4242 4242 4242 4242"></label>
<label><input type="checkbox" name="authenticate" value="yes" checked> It is me</label>
<button>Pay</button> <button name="leave" value="yes">Back</button></form></html>"""


class _Handler(BaseHTTPRequestHandler):
    double: StripeDouble
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: else each answer waits for a late ACK

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, *_args: Any) -> None:
        pass

    def _handle(self, method: str) -> None:
        parts = urlsplit(self.path)
        text = parts.query
        if method == "POST":
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        with contextlib.suppress(ConnectionError):
            if parts.path.startswith("/pay/"):
                self._page(method, parts.path.removeprefix("/pay/"), text)
                return
            key = self.headers.get("Idempotency-Key", "")
            auth = self.headers.get("Authorization", "")
            status, body = self.double.answer(method, parts.path, text, key, auth)
            if isinstance(status, int):
                self._say(status, json.dumps(body), "application/json")
                return
            if status == "hang":
                self.double._stopped.wait(30)
            self.close_connection = True

    def _page(self, method: str, ref: str, text: str) -> None:
        session = self.double.objects.get(ref)
        if session is None:
            self._say(404, "No such page", "text/plain")
            return
        problem = ""
        status = 200 if session["status"] == "open" else 410
        if method == "POST":
            form = {name: each[0] for name, each in parse_qs(text).items()}
            status, where = self.double.submit(ref, form)
            if where:
                self._say(status, "", "text/plain", Location=where)
                return
            problem = "Your card was declined." if status == 402 else "This page is closed."
        page = PAGE.format(
            amount=session["amount_total"],
            currency=html.escape(session["currency"]),
            problem=problem,
        )
        self._say(status, page, "text/html; charset=utf-8")

    def _say(self, status: int, text: str, kind: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, each in {"Content-Type": kind, "Request-Id": "req_double", **headers}.items():
            self.send_header(name, each)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
