"""PayPal on this machine: a server with what its orders, refunds, disputes, payouts and notices do.

    with PayPalDouble() as paypal:
        PayPalPayments("client", "secret", paypal.webhook_id, paypal.base_url, …)

`script` has it fail as it may; `records` is what was asked, for tests/doubles/paypal_contract.py.
What it can't show: PayPal's real pages, fraud filters, and how long things take.
"""

import base64
import email
import email.policy
import html
import itertools
import json
import random
import re
import threading
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit
from zlib import crc32

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WITHOUT_DECIMALS = {"HUF", "JPY", "TWD"}
TAKEN = WITHOUT_DECIMALS | set("AUD CAD CHF EUR GBP PLN SEK USD".split())
SIGNING_NAME = "messageverificationcerts.paypal.com"


class Refusal(Exception):
    """An answer that is an error; `links` is what PayPal points to."""

    def __init__(
        self, status: int, issue: str, name: str = "", links: list[dict] | None = None
    ) -> None:
        super().__init__(issue)
        self.status = status
        names = {404: "RESOURCE_NOT_FOUND", 422: "UNPROCESSABLE_ENTITY", 400: "INVALID_REQUEST"}
        self.body = {
            "name": name or names.get(status, issue),
            "message": "As the stand-in says.",
            "debug_id": "d1e2b3u4g5",
            "details": [{"issue": issue, "description": issue.lower()}],
            "links": links or [],
        }


@dataclass
class Asked:
    """A request as it came. `answer` is the status; 0 where the connection was cut."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    answer: int = 0


@dataclass
class Script:
    what: str | int
    on: str
    times: int = 1
    seen: list[Asked] = field(default_factory=list)


class PayPalDouble:
    def __init__(self) -> None:
        self.client_id, self.secret, self.webhook_id = "client", "secret", "5L518819FA0214926"
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.double = self  # type: ignore[attr-defined]
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.base_url = f"http://{self.host}"
        self.stopping = threading.Event()
        self.forget()

    def forget(self) -> None:
        """As new, on the same port."""
        with self.lock:
            self.records: list[Asked] = []
            self.scripts: list[Script] = []
            self.tokens: set[str] = set()
            self.token_lasts = 32_400
            self.orders: dict[str, dict] = {}
            self.captures: dict[str, dict] = {}
            self.refunds: dict[str, dict] = {}
            self.disputes: dict[str, dict] = {}
            self.batches: dict[str, dict] = {}
            self.vault: dict[str, str] = {}  # means: customer
            self.answered: dict[tuple[str, str], tuple[bytes, int, dict]] = {}
            self.events: list[dict] = []
            self.delivered = 0
            self.certificates: dict[str, bytes] = {"CERT-1": authority().leaf_pem}
            self.cancel_is_patchable = True
            self.numbers = itertools.count(1)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    # --- What a test says -----------------------------------------------------------------------

    def script(self, what: str | int, on: str = "/v", times: int = 1) -> Script:
        """How the next requests whose "METHOD /path" holds `on` are answered: a status (500, 429)
        and nothing happens; "silence" (until the client hangs up); "drop" and "cut" the connection,
        before and after it has happened; "garbage"; "pending"; or PayPal's word for a refusal
        ("INSTRUMENT_DECLINED")."""
        made = Script(what, on, times)
        self.scripts.append(made)
        return made

    def withdraw_tokens(self) -> None:
        self.tokens.clear()

    def approve(self, order_id: str) -> None:
        """As the payer does on PayPal's page."""
        order = self.orders[order_id]
        assert order["status"] in ("CREATED", "PAYER_ACTION_REQUIRED"), order["status"]
        order["status"] = "APPROVED"
        order["payer"] = {"email_address": "payer@example.com", "payer_id": "QYR5Z8XDVJNXQ"}
        wallet = order["payment_source"].setdefault("paypal", {})
        wallet.update(email_address="payer@example.com", account_id="QYR5Z8XDVJNXQ")
        self._tell("CHECKOUT.ORDER.APPROVED", "checkout-order", order)

    def expire(self, order_id: str) -> None:
        """Orders that nobody agreed to are gone after some hours."""
        del self.orders[order_id]

    def settle(self, capture_id: str, status: str = "COMPLETED") -> None:
        """What was pending is decided."""
        capture = self.captures[capture_id]
        capture["status"] = status
        if status == "COMPLETED":
            _settled(capture)
        self._tell(f"PAYMENT.CAPTURE.{status}", "capture", capture)

    def refund_by_hand(self, capture_id: str, value: str) -> dict:
        """On PayPal's own pages, without a word of ours."""
        capture = self.captures[capture_id]
        amount = {"currency_code": capture["amount"]["currency_code"], "value": value}
        return self._refunded(capture, {"amount": amount})

    def open_dispute(self, order_id: str, stage: str = "CHARGEBACK") -> str:
        (capture,) = [c for c in self.captures.values() if _order_id(c) == order_id]
        ref = f"PP-D-{next(self.numbers):05}"
        self.disputes[ref] = {
            "dispute_id": ref,
            "create_time": _now(),
            "disputed_transactions": [
                {"seller_transaction_id": capture["id"], "custom": capture["custom_id"]}
            ],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": "WAITING_FOR_SELLER_RESPONSE" if stage != "INQUIRY" else "OPEN",
            "dispute_amount": capture["amount"],
            "dispute_life_cycle_stage": stage,
            "seller_response_due_date": _now(timedelta(days=10)),
            "money_movements": [
                {
                    "affected_party": "SELLER",
                    "type": "DEBIT",
                    "reason": "CHARGEBACK_FEE",
                    "amount": {**capture["amount"], "value": "16.00"},
                }
            ],
        }
        self._tell("CUSTOMER.DISPUTE.CREATED", "dispute", self.disputes[ref])
        return ref

    def decide(self, dispute_id: str, outcome: str = "RESOLVED_SELLER_FAVOUR") -> None:
        dispute = self.disputes[dispute_id]
        dispute.update(status="RESOLVED", dispute_outcome={"outcome_code": outcome})
        self._tell("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute)

    def pay_out(self, batch_id: str, status: str = "SUCCESS") -> None:
        batch = self.batches[batch_id]
        batch["batch_header"]["batch_status"] = "SUCCESS"
        for item in batch["items"]:
            item["transaction_status"] = status
            if status in ("FAILED", "RETURNED"):
                item["errors"] = {"name": "RECEIVER_UNREGISTERED", "message": "Nobody there."}

    # --- Notices --------------------------------------------------------------------------------

    def signed(
        self,
        body: bytes,
        *,
        sent: datetime | None = None,
        certificate: str = "CERT-1",
        key: rsa.RSAPrivateKey | None = None,
        webhook_id: str = "",
    ) -> dict[str, str]:
        """The headers of a notice."""
        at = (sent or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        transmission = str(uuid.uuid4())
        text = f"{transmission}|{at}|{webhook_id or self.webhook_id}|{crc32(body)}".encode()
        signature = (key or authority().leaf_key).sign(text, PKCS1v15(), hashes.SHA256())
        return {
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": at,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
            "PAYPAL-CERT-URL": f"{self.base_url}/v1/notifications/certs/{certificate}",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "Content-Type": "application/json",
        }

    def deliver(
        self, url: str, *, repeat: int = 1, shuffle: int | None = None, lose: tuple[str, ...] = ()
    ) -> list[int]:
        """Send what happened since the last time to `url`; the statuses it answered. `shuffle` is a
        seed, `lose` the kinds that never arrive."""
        due = [e for e in self.events[self.delivered :] if e["event_type"] not in lose] * repeat
        self.delivered = len(self.events)
        if shuffle is not None:
            random.Random(shuffle).shuffle(due)
        statuses = []
        for event in due:
            body = json.dumps(event).encode()
            asked = urllib.request.Request(url, body, self.signed(body), method="POST")
            with suppress_http() as answer, urllib.request.urlopen(asked, timeout=5) as said:
                answer.status = said.status
            statuses.append(answer.status)
        return statuses

    def _tell(self, kind: str, of: str, resource: dict) -> None:
        self.events.append(
            {
                "id": f"WH-{next(self.numbers):08}",
                "create_time": _now(),
                "resource_type": of,
                "event_version": "1.0",
                "event_type": kind,
                "resource": json.loads(json.dumps(resource)),
            }
        )

    # --- What it answers ------------------------------------------------------------------------

    def answer(self, asked: Asked) -> tuple[int, dict | None]:
        """Raises Refusal."""
        routes: list[tuple[str, str, Any]] = [
            ("POST", r"/v2/checkout/orders", self._create),
            ("GET", r"/v2/checkout/orders/(\w+)", self._order),
            ("PATCH", r"/v2/checkout/orders/(\w+)", self._patch),
            ("POST", r"/v2/checkout/orders/(\w+)/capture", self._capture),
            ("GET", r"/v2/payments/captures/(\w+)", self._capture_details),
            ("POST", r"/v2/payments/captures/(\w+)/refund", self._refund),
            ("GET", r"/v2/payments/refunds/(\w+)", self._refund_details),
            ("GET", r"/v1/customer/disputes", self._list_disputes),
            ("GET", r"/v1/customer/disputes/([\w-]+)", self._dispute),
            ("POST", r"/v1/customer/disputes/([\w-]+)/provide-evidence", self._evidence),
            ("POST", r"/v1/customer/disputes/([\w-]+)/send-message", self._message),
            ("POST", r"/v1/customer/disputes/([\w-]+)/accept-claim", self._accept),
            ("POST", r"/v1/payments/payouts", self._payout),
            ("GET", r"/v1/payments/payouts/(\w+)", self._payout_details),
            ("GET", r"/v1/notifications/webhooks-events", self._list_events),
        ]
        for method, pattern, action in routes:
            if asked.method == method and (match := re.fullmatch(pattern, asked.path)):
                return self._once(asked, action, match.groups())
        raise Refusal(404, "INVALID_RESOURCE_ID")

    def _once(self, asked: Asked, action: Any, args: tuple[str, ...]) -> tuple[int, dict | None]:
        key = asked.headers.get("paypal-request-id", "")
        known = self.answered.get((asked.path, key)) if key else None
        if known is not None:
            body, status, said = known
            if body != asked.body:
                raise Refusal(422, "DUPLICATE_REQUEST_ID")
            return 200 if status == 201 else status, said
        status, said = action(asked, *args)
        if key:
            self.answered[asked.path, key] = asked.body, status, said
        return status, said

    def _create(self, asked: Asked) -> tuple[int, dict]:
        said = json.loads(asked.body)
        (unit,) = said["purchase_units"]
        _check(unit["amount"])
        if (parts := unit["amount"].get("breakdown")) is not None:
            lines = [
                Decimal(item["unit_amount"]["value"]) * int(item["quantity"])
                for item in unit.get("items", [])
            ]
            if sum(lines) != Decimal(parts["item_total"]["value"]):
                raise Refusal(422, "ITEM_TOTAL_MISMATCH")
            if Decimal(parts["item_total"]["value"]) != Decimal(unit["amount"]["value"]):
                raise Refusal(422, "AMOUNT_MISMATCH")
        ref = f"{next(self.numbers):05}ORDER{uuid.uuid4().hex[:7]}".upper()
        wallet = (said.get("payment_source") or {}).get("paypal")
        order = {
            "id": ref,
            "intent": said["intent"],
            "status": "CREATED" if wallet is None else "PAYER_ACTION_REQUIRED",
            "create_time": _now(),
            "payment_source": {"paypal": {}},
            "purchase_units": [{"reference_id": "default", **unit}],
            "links": [
                {"href": f"{self.base_url}/v2/checkout/orders/{ref}", "rel": "self"},
                {
                    "href": f"{self.base_url}/checkoutnow?token={ref}",
                    "rel": "approve" if wallet is None else "payer-action",
                },
            ],
            "_asked": wallet or said.get("application_context") or {},
        }
        if means := (wallet or {}).get("vault_id"):
            if means not in self.vault:
                raise Refusal(422, "TOKEN_ID_NOT_FOUND")
            self._scripted_refusal(asked)
            order["payment_source"] = {"paypal": {"email_address": "payer@example.com"}}
            self.orders[ref] = order
            self._taken(order, "COMPLETED")
            return 201, _shown(order)
        self.orders[ref] = order
        return 201, _shown(order)

    def _order(self, asked: Asked, ref: str) -> tuple[int, dict]:
        return 200, _shown(self._one(self.orders, ref))

    def _patch(self, asked: Asked, ref: str) -> tuple[int, None]:
        order = self._one(self.orders, ref)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_COMPLETED")
        if order["status"] == "PAYER_ACTION_REQUIRED" and not self.cancel_is_patchable:
            raise Refusal(422, "INVALID_PATCH_OPERATION")
        for change in json.loads(asked.body):
            match = re.fullmatch(r"/purchase_units/@reference_id=='default'/(\w+)", change["path"])
            if change["op"] != "replace" or not match or match[1] != "custom_id":
                raise Refusal(422, "NOT_PATCHABLE")
            order["purchase_units"][0]["custom_id"] = change["value"]
        return 204, None

    def _capture(self, asked: Asked, ref: str) -> tuple[int, dict]:
        order = self._one(self.orders, ref)
        if order["status"] == "COMPLETED":
            raise Refusal(422, "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            raise Refusal(422, "ORDER_NOT_APPROVED")
        self._scripted_refusal(asked)
        invoice = order["purchase_units"][0].get("invoice_id")
        if invoice and any(c.get("invoice_id") == invoice for c in self.captures.values()):
            raise Refusal(422, "DUPLICATE_INVOICE_ID")
        pending = self._scripted(asked, "pending")
        self._taken(order, "PENDING" if pending else "COMPLETED")
        return 201, _shown(order)

    def _taken(self, order: dict, status: str) -> None:
        (unit,) = order["purchase_units"]
        amount = {key: unit["amount"][key] for key in ("currency_code", "value")}
        ref = f"{next(self.numbers):05}CAPTURE{uuid.uuid4().hex[:5]}".upper()
        capture = {
            "id": ref,
            "status": status,
            "amount": amount,
            "custom_id": unit.get("custom_id", ""),
            "invoice_id": unit.get("invoice_id", ""),
            "final_capture": True,
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
            "links": [
                {"href": f"{self.base_url}/v2/payments/captures/{ref}", "rel": "self"},
                {"href": f"{self.base_url}/v2/checkout/orders/{order['id']}", "rel": "up"},
            ],
        }
        if status == "COMPLETED":
            _settled(capture)
        else:
            capture["status_details"] = {"reason": "ECHECK"}
        self.captures[ref] = capture
        unit["payments"] = {"captures": [capture], "refunds": []}
        order["status"] = "COMPLETED"
        vault = (order["_asked"].get("attributes") or {}).get("vault")
        if vault:
            customer = (order["_asked"]["attributes"].get("customer") or {}).get("id")
            means, customer = f"vault{next(self.numbers)}", customer or f"c{next(self.numbers)}"
            self.vault[means] = customer
            order["payment_source"]["paypal"]["attributes"] = {
                "vault": {"id": means, "status": "VAULTED", "customer": {"id": customer}}
            }
        self._tell(f"PAYMENT.CAPTURE.{status}", "capture", capture)

    def _capture_details(self, asked: Asked, ref: str) -> tuple[int, dict]:
        return 200, self._one(self.captures, ref)

    def _refund_details(self, asked: Asked, ref: str) -> tuple[int, dict]:
        return 200, self._one(self.refunds, ref)

    def _refund(self, asked: Asked, ref: str) -> tuple[int, dict]:
        capture = self._one(self.captures, ref)
        said = json.loads(asked.body)
        self._scripted_refusal(asked)
        if capture["status"] == "PENDING":
            raise Refusal(422, "PENDING_CAPTURE")
        amount = said.get("amount") or capture["amount"]
        _check(amount)
        if amount["currency_code"] != capture["amount"]["currency_code"]:
            raise Refusal(422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
        left = Decimal(capture["amount"]["value"]) - self._refunded_of(ref)
        if not left:
            raise Refusal(422, "CAPTURE_FULLY_REFUNDED")
        if Decimal(amount["value"]) > left:
            raise Refusal(422, "REFUND_AMOUNT_EXCEEDED")
        pending = self._scripted(asked, "pending")
        return 201, self._refunded(capture, said, "PENDING" if pending else "COMPLETED")

    def _refunded_of(self, capture_id: str) -> Decimal:
        return sum(
            (
                Decimal(each["amount"]["value"])
                for each in self.refunds.values()
                if each["links"][1]["href"].endswith(f"/{capture_id}")
            ),
            Decimal(0),
        )

    def _refunded(self, capture: dict, said: dict, status: str = "COMPLETED") -> dict:
        ref = f"{next(self.numbers):05}REFUND{uuid.uuid4().hex[:5]}".upper()
        amount = said.get("amount") or capture["amount"]
        refund = {
            "id": ref,
            "status": status,
            "amount": amount,
            "custom_id": said.get("custom_id", capture["custom_id"]),
            "note_to_payer": said.get("note_to_payer", ""),
            "seller_payable_breakdown": {
                "gross_amount": amount,
                "paypal_fee": {**amount, "value": "0.00"},
                "net_amount": amount,
            },
            "links": [
                {"href": f"{self.base_url}/v2/payments/refunds/{ref}", "rel": "self"},
                {"href": f"{self.base_url}/v2/payments/captures/{capture['id']}", "rel": "up"},
            ],
        }
        self.refunds[ref] = refund
        whole = self._refunded_of(capture["id"]) == Decimal(capture["amount"]["value"])
        capture["status"] = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
        order = self.orders[_order_id(capture)]
        order["purchase_units"][0]["payments"]["refunds"].append(refund)
        self._tell("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        return refund

    def _list_disputes(self, asked: Asked) -> tuple[int, dict]:
        wanted = asked.query.get("disputed_transaction_id", [""])[0]
        found = [
            {key: each[key] for key in ("dispute_id", "reason", "status", "dispute_amount")}
            for each in self.disputes.values()
            if each["disputed_transactions"][0]["seller_transaction_id"] == wanted
        ]
        return 200, {"items": found, "links": []}

    def _dispute(self, asked: Asked, ref: str) -> tuple[int, dict]:
        return 200, self._one(self.disputes, ref)

    def _evidence(self, asked: Asked, ref: str) -> tuple[int, dict]:
        dispute = self._one(self.disputes, ref)
        if dispute["status"] != "WAITING_FOR_SELLER_RESPONSE":
            raise Refusal(422, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
        for each in _part(asked, "input")["evidences"]:
            assert len(each["notes"]) <= 2000
            dispute.setdefault("evidences", []).append({**each, "source": "SUBMITTED_BY_SELLER"})
        dispute["status"] = "UNDER_REVIEW"
        return 200, {"links": []}

    def _message(self, asked: Asked, ref: str) -> tuple[int, dict]:
        dispute = self._one(self.disputes, ref)
        if dispute["dispute_life_cycle_stage"] != "INQUIRY" or dispute["status"] == "RESOLVED":
            raise Refusal(422, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
        said = {"posted_by": "SELLER", "content": _part(asked, "input")["message"]}
        dispute.setdefault("messages", []).append(said)
        return 200, {"links": []}

    def _accept(self, asked: Asked, ref: str) -> tuple[int, dict]:
        dispute = self._one(self.disputes, ref)
        if dispute["status"] == "RESOLVED":
            raise Refusal(422, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
        assert _part(asked, "input")["accept_claim_type"] == "REFUND"
        self.decide(ref, "RESOLVED_BUYER_FAVOUR")
        return 200, {"links": []}

    def _payout(self, asked: Asked) -> tuple[int, dict]:
        said = json.loads(asked.body)
        self._scripted_refusal(asked)
        name = said["sender_batch_header"]["sender_batch_id"]
        for ref, batch in self.batches.items():
            if batch["batch_header"]["sender_batch_header"]["sender_batch_id"] == name:
                link = {"href": f"{self.base_url}/v1/payments/payouts/{ref}", "rel": "self"}
                raise Refusal(400, "DUPLICATE_SENDER_BATCH_ID", "USER_BUSINESS_ERROR", [link])
        ref = f"BATCH{next(self.numbers):05}"
        header = {
            "payout_batch_id": ref,
            "batch_status": "PENDING",
            "sender_batch_header": said["sender_batch_header"],
        }
        self.batches[ref] = {
            "batch_header": header,
            "items": [
                {
                    "payout_item_id": f"ITEM{next(self.numbers)}",
                    "payout_batch_id": ref,
                    "transaction_status": "PENDING",
                    "payout_item": item,
                    "payout_item_fee": {**item["amount"], "value": _fee(item["amount"])},
                }
                for item in said["items"]
            ],
        }
        return 201, {"batch_header": header, "links": []}

    def _payout_details(self, asked: Asked, ref: str) -> tuple[int, dict]:
        return 200, self._one(self.batches, ref)

    def _list_events(self, asked: Asked) -> tuple[int, dict]:
        size = int(asked.query.get("page_size", ["10"])[0])
        skip = int(asked.query.get("skip", ["0"])[0])
        start, end = (
            datetime.fromisoformat(asked.query[name][0]) for name in ("start_time", "end_time")
        )
        found = [
            event
            for event in reversed(self.events)
            if start <= datetime.fromisoformat(event["create_time"]) <= end
        ]
        links = []
        if found[skip + size :]:
            more = {name: values[0] for name, values in asked.query.items()}
            query = urlencode({**more, "skip": skip + size})
            # PayPal links to its own host, whatever it was asked by.
            links = [{"rel": "next", "href": f"https://api.paypal.com{asked.path}?{query}"}]
        page = found[skip : skip + size]
        return 200, {"events": page, "count": len(page), "links": links}

    def _one(self, among: dict[str, dict], ref: str) -> dict:
        if ref not in among:
            raise Refusal(404, "INVALID_RESOURCE_ID")
        return among[ref]

    def _scripted(self, asked: Asked, *words: Any) -> Script | None:
        for script in self.scripts:
            said = f"{asked.method} {asked.path}"
            if script.what in words and script.times and script.on in said:
                script.times -= 1
                script.seen.append(asked)
                return script
        return None

    def _scripted_refusal(self, asked: Asked) -> None:
        refusals = [s.what for s in self.scripts if isinstance(s.what, str) and s.what.isupper()]
        if script := self._scripted(asked, *refusals) if refusals else None:
            raise Refusal(422, str(script.what))


class suppress_http:
    """A status, also where it is an error."""

    status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        if isinstance(error, urllib.error.HTTPError):
            self.status = error.code
            error.close()
            return True
        return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_said: object) -> None:
        pass

    def do_GET(self) -> None:
        self._do()

    do_POST = do_PATCH = do_GET

    def _do(self) -> None:
        double: PayPalDouble = self.server.double  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            parts.path,
            parse_qs(parts.query),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        with double.lock:
            double.records.append(asked)
            cutting = self._answer(double, asked)
        if cutting:
            # Not under the lock: others go on meanwhile.
            if cutting == "silence":
                double.stopping.wait(3)
            self.close_connection = True

    def _answer(self, double: PayPalDouble, asked: Asked) -> str:
        if asked.path == "/v1/oauth2/token":
            self._token(double, asked)
        elif asked.path.startswith("/v1/notifications/certs/"):
            pem = double.certificates.get(asked.path.rsplit("/", 1)[1])
            self._send(asked, 200 if pem else 404, pem or b"", "application/x-pem-file")
        elif asked.path == "/checkoutnow":
            self._page(double, asked)
        elif asked.headers.get("authorization", "").removeprefix("Bearer ") not in double.tokens:
            self._json(asked, 401, {"error": "invalid_token"})
        elif script := double._scripted(asked, *self._early(double)):
            if isinstance(script.what, int):
                self._json(asked, script.what, {"name": "AS_SCRIPTED", "details": []})
            elif script.what == "garbage":
                self._send(asked, 200, b"<html>Be right back</html>", "text/html")
            elif script.what == "cut":
                with suppress(Refusal):
                    double.answer(asked)
                return "cut"
            else:
                return str(script.what)
        else:
            try:
                self._json(asked, *double.answer(asked))
            except Refusal as refusal:
                self._json(asked, refusal.status, refusal.body)
        return ""

    @staticmethod
    def _early(double: PayPalDouble) -> list[Any]:
        early = [
            script.what
            for script in double.scripts
            if isinstance(script.what, int) or script.what in ("cut", "drop", "silence", "garbage")
        ]
        return early or [None]

    def _token(self, double: PayPalDouble, asked: Asked) -> None:
        basic = base64.b64encode(f"{double.client_id}:{double.secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            return self._json(asked, 401, {"error": "invalid_client"})
        token = f"A21{uuid.uuid4().hex}"
        double.tokens.add(token)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": double.token_lasts}
        return self._json(asked, 200, said)

    def _page(self, double: PayPalDouble, asked: Asked) -> None:
        """PayPal's page, where the payer agrees or gives up."""
        said = asked.query if asked.method == "GET" else parse_qs(asked.body.decode())
        ref = said.get("token", [""])[0]
        order = double.orders.get(ref)
        if order is None:
            return self._send(asked, 404, b"No such order.", "text/plain")
        context = order["_asked"].get("experience_context", order["_asked"])
        if asked.method == "GET":
            amount = order["purchase_units"][0]["amount"]
            page = PAGE.format(
                seller=html.escape(context.get("brand_name", "")),
                amount=html.escape(f"{amount['value']} {amount['currency_code']}"),
                token=html.escape(ref),
            )
            return self._send(asked, 200, page.encode(), "text/html; charset=utf-8")
        if said.get("answer") == ["approve"]:
            double.approve(ref)
            return self._redirect(asked, context["return_url"], token=ref, PayerID="QYR5Z8XDVJNXQ")
        return self._redirect(asked, context["cancel_url"], token=ref)

    def _redirect(self, asked: Asked, url: str, **more: str) -> None:
        joined = f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"
        self._send(asked, 303, b"", "text/plain", Location=joined)

    def _json(self, asked: Asked, status: int, said: dict | None) -> None:
        body = b"" if said is None else json.dumps(said).encode()
        self._send(asked, status, body, "application/json")

    def _send(self, asked: Asked, status: int, body: bytes, kind: str, **headers: str) -> None:
        asked.answer = status
        with suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Paypal-Debug-Id", "d1e2b3u4g5")
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


PAGE = """<!doctype html>
<html lang="en"><title>PayPal (stand-in)</title>
<main><h1>Pay {seller}</h1><p>{amount}</p>
<form method="post" action="/checkoutnow"><input type="hidden" name="token" value="{token}">
<button name="answer" value="approve">Pay now</button>
<button name="answer" value="cancel">Cancel and return</button></form></main></html>
"""


@dataclass(frozen=True)
class Authority:
    root_pem: bytes
    leaf_pem: bytes
    leaf_key: rsa.RSAPrivateKey
    root: x509.Certificate
    root_key: ec.EllipticCurvePrivateKey

    def certificate(
        self, name: str = SIGNING_NAME, *, days: int = 30, self_signed: bool = False
    ) -> bytes:
        """Another one for the same key; `days` may be negative."""
        issuer = (None, self.leaf_key) if self_signed else (self.root, self.root_key)
        return _pem(_leaf(name, self.leaf_key, *issuer, days=days))


@lru_cache
def authority() -> Authority:
    """A certificate authority of our own and what PayPal signs with: made once, keys take time."""
    root_key, leaf_key = (
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048),
    )
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stand-in root")])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "encipher_only decipher_only".split(),
        False,
    )
    root = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    leaf = _leaf(SIGNING_NAME, leaf_key, root, root_key)
    return Authority(_pem(root), _pem(leaf), leaf_key, root, root_key)


def _leaf(
    name: str,
    key: rsa.RSAPrivateKey,
    root: x509.Certificate | None,
    root_key: Any,
    days: int = 30,
) -> x509.Certificate:
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = datetime.now(UTC) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(root.subject if root else named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _now(later: timedelta = timedelta(0)) -> str:
    at = datetime.now(UTC) + later
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _shown(order: dict) -> dict:
    return {key: value for key, value in order.items() if not key.startswith("_")}


def _order_id(capture: dict) -> str:
    return capture["supplementary_data"]["related_ids"]["order_id"]


def _settled(capture: dict) -> None:
    amount = capture["amount"]
    places = Decimal(1) if amount["currency_code"] in WITHOUT_DECIMALS else Decimal("0.01")
    gross = Decimal(amount["value"])
    fee = (gross * Decimal("0.03")).quantize(places, ROUND_HALF_UP)
    capture["seller_receivable_breakdown"] = {
        "gross_amount": amount,
        "paypal_fee": {**amount, "value": str(fee)},
        "net_amount": {**amount, "value": str(gross - fee)},
    }


def _fee(amount: dict) -> str:
    return "25" if amount["currency"] in WITHOUT_DECIMALS else "0.25"


def _check(amount: dict) -> None:
    if amount["currency_code"] not in TAKEN:
        raise Refusal(422, "INVALID_CURRENCY_CODE")
    if amount["currency_code"] in WITHOUT_DECIMALS and "." in amount["value"]:
        raise Refusal(422, "DECIMALS_NOT_SUPPORTED")
    if Decimal(amount["value"]) <= 0:
        raise Refusal(422, "CANNOT_BE_ZERO_OR_NEGATIVE")


def _part(asked: Asked, name: str) -> dict:
    """A JSON part of a multipart form."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
    for part in form.iter_parts():  # type: ignore[attr-defined]
        if part.get_param("name", header="content-disposition") == name:
            return json.loads(part.get_payload(decode=True))
    raise Refusal(400, "MISSING_REQUIRED_PARAMETER")
