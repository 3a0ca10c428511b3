"""PayPal: Orders v2, refunds of Payments v2, Disputes v1, and the notices ("webhooks").

Money is taken only by our own call, after the payer agreed on PayPal's page (intent CAPTURE).
PayPal forgets an order that nobody agreed to after some hours: `find` then knows of no such
payment.
"""

import base64
import binascii
import json
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import verification

from lms.common.money import Money
from lms.gateways import paypal
from lms.gateways.paypal import PayPal, PayPalRefused

from . import (
    BadSignature,
    Begun,
    Charge,
    Declined,
    Found,
    FoundDispute,
    FoundRefund,
    Method,
    NoSuchPayment,
    Notice,
    Outcome,
    PaymentsFailed,
    Progress,
    Quarrel,
    Reason,
)

# PayPal repeats a notice for three days. One that is sent again later is no danger: it has its id,
# and what happened is not read from it.
OLDEST_NOTICE = timedelta(days=4)
CLOCKS_DIFFER = timedelta(minutes=5)
NOTICES_KEPT = timedelta(days=29)  # PayPal keeps them for 30
NOTICES_A_PAGE = 100
LONGEST_NOTE = 2000  # characters, in a dispute
CANCELLED = "cancelled-"  # before `custom_id`: see `cancel`
REFUNDED = "refund-"  # the same: a refund made on PayPal's pages has its payment's

REASONS = {
    "INSTRUMENT_DECLINED": Reason.DECLINED,
    "PAYER_CANNOT_PAY": Reason.DECLINED,
    "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR": Reason.DECLINED,
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING": Reason.DECLINED,
    "TRANSACTION_REFUSED": Reason.DECLINED,
    "REFUND_FAILED_INSUFFICIENT_FUNDS": Reason.NO_MONEY,
    "CARD_EXPIRED": Reason.EXPIRED_CARD,
    "REFERENCED_CARD_EXPIRED": Reason.EXPIRED_CARD,
    "PAYER_ACTION_REQUIRED": Reason.NOT_AUTHENTICATED,
    "ORDER_EXPIRED": Reason.GIVEN_UP,
    "ORDER_NOT_APPROVED": Reason.GIVEN_UP,
    "COMPLIANCE_VIOLATION": Reason.FRAUD,
    "PAYEE_BLOCKED_TRANSACTION": Reason.FRAUD,
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": Reason.FRAUD,
    "PAYER_ACCOUNT_RESTRICTED": Reason.FRAUD,
    "TRANSACTION_BLOCKED_BY_PAYEE": Reason.FRAUD,
    "AGREEMENT_ALREADY_CANCELLED": Reason.NOT_ACCEPTED,
    "BILLING_AGREEMENT_NOT_FOUND": Reason.NOT_ACCEPTED,
    "CARD_BRAND_NOT_SUPPORTED": Reason.NOT_ACCEPTED,
    "CARD_TYPE_NOT_SUPPORTED": Reason.NOT_ACCEPTED,
    "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY": Reason.NOT_ACCEPTED,
    "DOMESTIC_TRANSACTION_REQUIRED": Reason.NOT_ACCEPTED,
    "INVALID_CURRENCY_CODE": Reason.NOT_ACCEPTED,
    "TOKEN_ID_NOT_FOUND": Reason.NOT_ACCEPTED,
    "TRANSACTION_LIMIT_EXCEEDED": Reason.NOT_ACCEPTED,
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED": Reason.NOT_ACCEPTED,
    "CAPTURE_FULLY_REFUNDED": Reason.NOT_ACCEPTED,
    "REFUND_AMOUNT_EXCEEDED": Reason.NOT_ACCEPTED,
    "REFUND_NOT_ALLOWED": Reason.NOT_ACCEPTED,
    "REFUND_TIME_LIMIT_EXCEEDED": Reason.NOT_ACCEPTED,
}

# The languages that PayPal's pages have; in any other it goes by the payer's account.
LOCALES = {
    "ar": "ar-EG", "cs": "cs-CZ", "da": "da-DK", "de": "de-DE", "el": "el-GR", "en": "en-US",
    "en-gb": "en-GB", "es": "es-ES", "fi": "fi-FI", "fr": "fr-FR", "fr-ca": "fr-CA", "he": "he-IL",
    "hu": "hu-HU", "id": "id-ID", "it": "it-IT", "ja": "ja-JP", "ko": "ko-KR", "nb": "no-NO",
    "nl": "nl-NL", "no": "no-NO", "pl": "pl-PL", "pt": "pt-PT", "pt-br": "pt-BR", "ru": "ru-RU",
    "sk": "sk-SK", "sv": "sv-SE", "th": "th-TH", "zh": "zh-CN", "zh-hant": "zh-TW",
}  # fmt: skip

CAPTURES = {
    "COMPLETED": Outcome.SUCCEEDED,
    "PARTIALLY_REFUNDED": Outcome.SUCCEEDED,
    "REFUNDED": Outcome.SUCCEEDED,
    "PENDING": Outcome.PROCESSING,
    "DECLINED": Outcome.FAILED,
    "FAILED": Outcome.FAILED,
}
ORDERS = {
    "CREATED": Outcome.OPEN,
    "SAVED": Outcome.OPEN,
    "PAYER_ACTION_REQUIRED": Outcome.OPEN,
    "APPROVED": Outcome.APPROVED,
    "VOIDED": Outcome.CANCELLED,
    "COMPLETED": Outcome.PROCESSING,  # its capture is to be seen any moment
}
REFUNDS = {
    "COMPLETED": Progress.SUCCEEDED,
    "PENDING": Progress.PENDING,
    "FAILED": Progress.FAILED,
    "CANCELLED": Progress.FAILED,
}
LOST = frozenset({"RESOLVED_BUYER_FAVOUR", "ACCEPTED"})


class PayPalPayments:
    """`webhook_id` is the notices' subscription, as PayPal calls it. `base_url` is LIVE or the
    sandbox's. `cert_hosts` may serve the certificates that notices are signed with, in the names
    `cert_names` and by one of `cert_roots` (PEM): PayPal's own, and the roots that httpx trusts,
    unless a test says otherwise.
    """

    name = "paypal"
    is_real = True

    def __init__(
        self,
        client_id: str,
        secret: str,
        webhook_id: str,
        base_url: str = paypal.LIVE,
        *,
        timeout: float = 15.0,
        pause: float = 0.5,
        cert_hosts: tuple[str, ...] = (),
        cert_roots: bytes = b"",
    ) -> None:
        self.paypal = PayPal(
            client_id, secret, base_url, failed=PaymentsFailed, timeout=timeout, pause=pause
        )
        self.is_real = "sandbox" not in base_url
        self.webhook_id = webhook_id
        self.certificates = _Certificates(self.paypal, cert_hosts, cert_roots)

    def methods(self, amount: Money) -> tuple[Method, ...]:
        return (Method.PAYPAL,) if paypal.is_payable(amount) else ()

    def begin(self, charge: Charge) -> Begun:
        context = {
            "brand_name": charge.seller[:127],
            "return_url": charge.return_url,
            "cancel_url": charge.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        if locale := _locale(charge.language):
            context["locale"] = locale
        wallet: dict[str, Any] = {"experience_context": context}
        if charge.keep:
            wallet["attributes"] = {
                "vault": {
                    "store_in_vault": "ON_SUCCESS",
                    "usage_type": "MERCHANT",
                    "customer_type": "CONSUMER",
                }
            }
            if charge.customer:
                wallet["attributes"]["customer"] = {"id": charge.customer}
        order = self._ordered(charge, wallet)
        with self.paypal.understood():
            # "approve" for an order that says nothing of its source of payment.
            (url, *_) = [
                link["href"]
                for link in order["links"]
                if link["rel"] in ("payer-action", "approve")
            ]
            return Begun(order["id"], url)

    def capture(self, ref: str, *, key: str) -> Found:
        found = self._found(self._order(ref))
        if found.outcome is not Outcome.APPROVED:
            return self.find(ref)
        try:
            order = self.paypal.post(f"/v2/checkout/orders/{ref}/capture", {}, key=f"capture-{key}")
        except PayPalRefused as refused:
            if refused.issue in ("ORDER_ALREADY_CAPTURED", "ORDER_NOT_APPROVED"):
                return self.find(ref)
            raise _our(refused) from refused
        # All else is as it was: an answer to this call may leave out what the order began with.
        with self.paypal.understood():
            taken = _said_by_capture(order["purchase_units"][0]["payments"])
            found = replace(found, **taken, **_means(order))
        if found.outcome is Outcome.FAILED:
            raise Declined(found.reason or Reason.DECLINED, found.detail)
        return found

    def find(self, ref: str) -> Found:
        order = self._order(ref)
        return replace(self._found(order), disputes=self._disputes(order))

    def cancel(self, ref: str) -> Found:
        """An order can't be closed at PayPal. But nothing takes its money besides `capture`, so it
        is enough that this one sees the mark that is left in the order here."""
        order = self._order(ref)
        found = self._found(order)
        if found.outcome not in (Outcome.OPEN, Outcome.APPROVED):
            return found
        unit = order["purchase_units"][0].get("reference_id", "default")
        marked = {
            "op": "replace",
            "path": f"/purchase_units/@reference_id=='{unit}'/custom_id",
            "value": f"{CANCELLED}{found.reference}",
        }
        try:
            self.paypal.patch(f"/v2/checkout/orders/{ref}", [marked])
        except PayPalRefused as refused:
            now = self.find(ref)
            if now.outcome not in (Outcome.OPEN, Outcome.APPROVED):
                return now
            # It can't be marked: whoever asked for this must not ask for its money.
            return replace(
                now, outcome=Outcome.CANCELLED, reason=Reason.GIVEN_UP, detail=refused.detail
            )
        return self.find(ref)

    def charge_again(self, charge: Charge, *, means: str) -> Found:
        order = self._ordered(charge, {"vault_id": means})
        found = self._found(order)
        if found.outcome is Outcome.APPROVED:
            found = self.capture(found.ref, key=charge.reference)
        if found.outcome is Outcome.OPEN:
            raise Declined(Reason.NOT_AUTHENTICATED, f"{found.ref} waits for the payer.")
        if found.outcome is Outcome.FAILED:
            raise Declined(found.reason or Reason.DECLINED, found.detail)
        return found

    def refund(self, ref: str, amount: Money, *, reference: str, reason: str) -> FoundRefund:
        order = self._order(ref)
        with self.paypal.understood():
            payments = order["purchase_units"][0].get("payments") or {}
            for each in payments.get("refunds") or ():
                # PayPal forgets keys after 45 days, this never.
                if each.get("custom_id") == f"{REFUNDED}{reference}":
                    return _refund(each)
            capture = _taken(payments)
        if capture is None:
            raise Declined(Reason.NOT_ACCEPTED, f"Nothing was paid by {ref}.")
        asked = {
            "amount": _amount(amount),
            "custom_id": f"{REFUNDED}{reference}",
            **({"note_to_payer": reason[:255]} if reason else {}),
        }
        try:
            made = self.paypal.post(
                f"/v2/payments/captures/{capture['id']}/refund", asked, key=f"refund-{reference}"
            )
        except PayPalRefused as refused:
            raise _our(refused) from refused
        with self.paypal.understood():
            return replace(_refund({"amount": asked["amount"], **made}), reference=reference)

    def answer_dispute(self, ref: str, *, text: str, key: str) -> None:
        dispute = self._dispute(ref)
        parts = [text[at : at + LONGEST_NOTE] for at in range(0, len(text), LONGEST_NOTE)]
        # PayPal knows no keys here: what it has is not sent again.
        said = {each.get("notes") for each in dispute.get("evidences") or ()}
        said |= {each.get("content") for each in dispute.get("messages") or ()}
        parts = [part for part in parts if part not in said]
        if not parts:
            return
        if dispute.get("status") == "RESOLVED":
            raise Declined(Reason.NOT_ACCEPTED, f"The dispute {ref} is closed.")
        if dispute.get("dispute_life_cycle_stage") == "INQUIRY":
            for part in parts:
                self._to_dispute(ref, "send-message", {"message": part})
            return
        evidences = [{"evidence_type": "OTHER", "notes": part} for part in parts]
        self._to_dispute(ref, "provide-evidence", {"evidences": evidences})

    def accept_dispute(self, ref: str, *, key: str) -> None:
        dispute = self._dispute(ref)
        if dispute.get("status") == "RESOLVED":
            if _quarrel(dispute) is Quarrel.LOST:
                return
            raise Declined(Reason.NOT_ACCEPTED, f"The dispute {ref} is closed.")
        accepted = {"note": "Accepted.", "accept_claim_type": "REFUND"}
        self._to_dispute(ref, "accept-claim", accepted)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Besides BadSignature raises PaymentsFailed while the certificate, or what the notice is
        about, can't be had: PayPal sends it again."""
        said = {name.lower(): value for name, value in headers.items()}
        try:
            sent_id, sent, algorithm, signature, url = (
                said[f"paypal-{name}"]
                for name in (
                    "transmission-id", "transmission-time", "auth-algo", "transmission-sig",
                    "cert-url",
                )
            )  # fmt: skip
            at = datetime.fromisoformat(sent)
            given = base64.b64decode(signature, validate=True)
        except (KeyError, ValueError, binascii.Error) as problem:
            raise BadSignature(f"Not signed as PayPal does: {problem!r}") from problem
        if algorithm != "SHA256withRSA":
            raise BadSignature(f"Signed by {algorithm!r}.")
        now = datetime.now(UTC)
        if at.tzinfo is None or not now - OLDEST_NOTICE < at < now + CLOCKS_DIFFER:
            raise BadSignature(f"Sent at {sent}.")
        signed = f"{sent_id}|{sent}|{self.webhook_id}|{crc32(body)}".encode()
        try:
            self.certificates.key(url).verify(given, signed, PKCS1v15(), hashes.SHA256())
        except InvalidSignature as problem:
            raise BadSignature("The signature is of something else.") from problem
        try:
            event = json.loads(body)
        except ValueError as problem:
            raise BadSignature("No JSON.") from problem
        with self.paypal.understood():
            return self._notice(event)

    def since(self, at: datetime) -> Iterator[Notice]:
        # PayPal tells the newest first: day by day, so that no more than a day's are held.
        now = datetime.now(UTC)
        start = max(at.astimezone(UTC), now - NOTICES_KEPT)
        told: set[str] = set()
        while start < now:
            end = min(start + timedelta(days=1), now)
            events = self._events(start, end)
            for event in events:
                # Both ends of a window belong to it.
                if event["id"] not in told:
                    with self.paypal.understood():
                        notice = self._notice(event)
                    yield notice
            told = {event["id"] for event in events}
            start = end

    # --- What is sent and read ------------------------------------------------------------------

    def _ordered(self, charge: Charge, wallet: dict[str, Any]) -> dict[str, Any]:
        if not paypal.is_payable(charge.amount):
            raise Declined(Reason.NOT_ACCEPTED, f"PayPal does not take {charge.amount!r}.")
        unit: dict[str, Any] = {
            "amount": _amount(charge.amount),
            "custom_id": charge.reference,
            "invoice_id": charge.reference,
        }
        if charge.items:
            unit["amount"]["breakdown"] = {"item_total": _amount(charge.amount)}
            unit["items"] = [_item(*line) for line in _lines(charge)]
        order = {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": wallet},
        }
        try:
            return self.paypal.post("/v2/checkout/orders", order, key=f"order-{charge.reference}")
        except PayPalRefused as refused:
            raise _our(refused, missing=False) from refused

    def _order(self, ref: str) -> dict[str, Any]:
        return self._asked(f"/v2/checkout/orders/{_id(ref)}")

    def _dispute(self, ref: str) -> dict[str, Any]:
        return self._asked(f"/v1/customer/disputes/{_id(ref)}")

    def _asked(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            return self.paypal.get(path, params)
        except PayPalRefused as refused:
            raise _our(refused) from refused

    def _to_dispute(self, ref: str, action: str, said: dict[str, Any]) -> None:
        try:
            self.paypal.post_form(f"/v1/customer/disputes/{ref}/{action}", said)
        except PayPalRefused as refused:
            raise _our(refused) from refused

    def _found(self, order: Mapping[str, Any]) -> Found:
        with self.paypal.understood():
            (unit,) = order["purchase_units"]
            custom = unit.get("custom_id") or ""
            reference = custom.removeprefix(CANCELLED)
            found = Found(
                ref=order["id"],
                reference=reference,
                outcome=ORDERS[order["status"]],
                amount=paypal.money(unit["amount"]),
                method=Method.PAYPAL,
                **_means(order),
            )
            payments = unit.get("payments") or {}
            if payments.get("captures"):
                found = replace(found, **_said_by_capture(payments))
            elif custom != reference and found.outcome in (Outcome.OPEN, Outcome.APPROVED):
                found = replace(found, outcome=Outcome.CANCELLED, reason=Reason.GIVEN_UP)
            refunds = tuple(_refund(each) for each in payments.get("refunds") or ())
            return replace(found, refunds=refunds)

    def _disputes(self, order: Mapping[str, Any]) -> tuple[FoundDispute, ...]:
        with self.paypal.understood():
            (unit,) = order["purchase_units"]
            capture = _taken(unit.get("payments") or {})
            if capture is None:
                return ()
            about = {"disputed_transaction_id": capture["id"]}
            try:
                listed = self._asked("/v1/customer/disputes", about)
                # The list has neither how it ended nor what it cost.
                found = [self._dispute(each["dispute_id"]) for each in listed.get("items") or ()]
            except NoSuchPayment as missing:
                raise PaymentsFailed(str(missing)) from missing
            return tuple(map(_found_dispute, found))

    def _events(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        params: dict[str, str] | None = {
            "start_time": f"{start:%Y-%m-%dT%H:%M:%S}.{start.microsecond // 1000:03}Z",
            "end_time": f"{end:%Y-%m-%dT%H:%M:%S}.{end.microsecond // 1000:03}Z",
            "page_size": str(NOTICES_A_PAGE),
        }
        path = "/v1/notifications/webhooks-events"
        events: dict[str, dict[str, Any]] = {}
        while path:
            page = self._asked(path, params)
            params = None
            with self.paypal.understood():
                fresh = {each["id"]: each for each in page.get("events") or ()}
                links = {each["rel"]: each["href"] for each in page.get("links") or ()}
            # A page that has nothing new ends it, whatever it links to.
            path = (
                paypal.path_of(links["next"]) if "next" in links and fresh.keys() - events else ""
            )
            events.update(fresh)
        with self.paypal.understood():
            return sorted(events.values(), key=lambda each: (each["create_time"], each["id"]))

    def _notice(self, event: dict[str, Any]) -> Notice:
        resource = event.get("resource") or {}
        kind = str(event["event_type"])
        ref, reference = self._about(kind, resource)
        return Notice(
            event_id=str(event["id"]),
            kind=kind,
            at=datetime.fromisoformat(event["create_time"]),
            payment_ref=ref,
            reference=reference.removeprefix(CANCELLED),
            payload=event,
        )

    def _about(self, kind: str, resource: Mapping[str, Any]) -> tuple[str, str]:
        """The order, and our payment. A refund and a dispute name only the capture."""
        if kind.startswith("CHECKOUT.ORDER."):
            unit = (resource.get("purchase_units") or [{}])[0]
            return str(resource["id"]), str(unit.get("custom_id") or "")
        if kind.startswith("CUSTOMER.DISPUTE."):
            disputed = (resource.get("disputed_transactions") or [{}])[0]
            return self._order_of(str(disputed.get("seller_transaction_id") or ""))
        if not kind.startswith("PAYMENT.CAPTURE."):
            return "", ""
        for link in resource.get("links") or ():
            if link.get("rel") == "up" and "/captures/" in link.get("href", ""):
                return self._order_of(link["href"].rstrip("/").rsplit("/", 1)[1])
        return _order_and_reference(resource)

    def _order_of(self, capture_id: str) -> tuple[str, str]:
        try:
            return _order_and_reference(self._asked(f"/v2/payments/captures/{_id(capture_id)}"))
        except NoSuchPayment:
            return "", ""


@dataclass(frozen=True, slots=True)
class _Certificate:
    key: RSAPublicKey
    until: datetime


class _Certificates:
    """The certificates that PayPal signs with, each fetched and examined once."""

    MOST = 16

    def __init__(self, service: PayPal, hosts: tuple[str, ...], roots: bytes) -> None:
        self.paypal = service
        self.roots = roots
        own = urlsplit(service.base_url).hostname or ""
        self.hosts = hosts or (own, own.replace("api-m.", "api.", 1))
        self.schemes = ("https", "http") if hosts else ("https",)
        self.names = ["messageverificationcerts.paypal.com"]
        if "sandbox" in own:
            self.names.append("messageverificationcerts.sandbox.paypal.com")
        self.known: dict[str, _Certificate] = {}
        self.lock = threading.Lock()

    def key(self, url: str) -> RSAPublicKey:
        """Raises BadSignature where it is not PayPal's, PaymentsFailed while it can't be had."""
        now = datetime.now(UTC)
        known = self.known.get(url)
        if known is None or known.until < now:
            known = self._examined(self._fetched(url), now)
            with self.lock:
                if len(self.known) >= self.MOST:
                    self.known.clear()
                self.known[url] = known
        return known.key

    def _fetched(self, url: str) -> bytes:
        try:
            parts = urlsplit(url)
            where = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        except ValueError as problem:
            raise BadSignature("No address of a certificate.") from problem
        right = (
            parts.scheme in self.schemes
            and where in self.hosts
            and not parts.username
            and re.fullmatch(r"/v1/notifications/certs/[\w-]+", parts.path, re.ASCII)
            and not parts.query
        )
        if not right:
            raise BadSignature(f"A certificate from {url!r}.")
        try:
            return self.paypal.download(url)
        except PayPalRefused as refused:
            raise BadSignature(refused.detail) from refused

    def _examined(self, pem: bytes, now: datetime) -> _Certificate:
        try:
            leaf, *between = x509.load_pem_x509_certificates(pem)
        except ValueError as problem:
            raise BadSignature("No certificate.") from problem
        policy = verification.PolicyBuilder().store(self._store()).time(now)
        for name in self.names:
            try:
                policy.build_server_verifier(x509.DNSName(name)).verify(leaf, between)
                break
            except verification.VerificationError as problem:
                why = str(problem)
        else:
            raise BadSignature(f"Not a certificate of PayPal's: {why}")
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise BadSignature("Not an RSA key.")
        return _Certificate(key, leaf.not_valid_after_utc)

    def _store(self) -> verification.Store:
        if self.roots:
            return verification.Store(x509.load_pem_x509_certificates(self.roots))
        trusted = []
        for each in httpx.create_ssl_context().get_ca_certs(binary_form=True):
            # Among them are old roots that are not quite what today's rules want.
            with suppress(ValueError), warnings.catch_warnings(action="ignore"):
                trusted.append(x509.load_der_x509_certificate(each))
        return verification.Store(trusted)


def _our(refused: PayPalRefused, *, missing: bool = True) -> Declined | NoSuchPayment:
    if missing and refused.status == 404:
        return NoSuchPayment(refused.detail)
    return Declined(REASONS.get(refused.issue, Reason.FAILED), refused.detail)


def _id(ref: str) -> str:
    if (known := paypal.path_id(ref)) is None:
        raise NoSuchPayment(f"{ref!r} is no id of PayPal's.")
    return known


def _locale(language: str) -> str:
    code = language.lower().replace("_", "-")
    while code and code not in LOCALES:
        code = code.rpartition("-")[0]
    return LOCALES.get(code, "")


def _amount(money: Money) -> dict[str, Any]:
    return {"currency_code": money.currency, "value": paypal.written(money)}


def _lines(charge: Charge) -> Iterator[tuple[str, Money, int]]:
    """Title, price of one, how many: PayPal multiplies and wants the very sum."""
    for item in charge.items:
        one, rest = divmod(item.total.amount_minor, item.quantity)
        price = Money(one, item.total.currency)
        if rest or (price and not paypal.is_payable(price)):
            yield f"{item.quantity} × {item.title}", item.total, 1
        else:
            yield item.title, price, item.quantity


def _item(title: str, price: Money, quantity: int) -> dict[str, Any]:
    return {
        "name": title[:127] or "–",
        "unit_amount": _amount(price),
        "quantity": str(quantity),
        "category": "DIGITAL_GOODS",
    }


def _taken(payments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The capture that brought money."""
    for each in payments.get("captures") or ():
        if CAPTURES[each["status"]] is Outcome.SUCCEEDED:
            return each
    return None


def _said_by_capture(payments: Mapping[str, Any]) -> dict[str, Any]:
    """What the capture says of its payment; there may be failed ones before."""
    capture = _taken(payments) or payments["captures"][-1]
    outcome = CAPTURES[capture["status"]]
    fee = (capture.get("seller_receivable_breakdown") or {}).get("paypal_fee")
    failed = outcome is Outcome.FAILED
    why = (capture.get("status_details") or {}).get("reason", "")
    return {
        "outcome": outcome,
        "fee": paypal.money(fee) if fee else None,
        "reason": Reason.DECLINED if failed else None,
        "detail": why if failed or outcome is Outcome.PROCESSING else "",
    }


def _means(order: Mapping[str, Any]) -> dict[str, Any]:
    wallet = (order.get("payment_source") or {}).get("paypal") or {}
    payer = order.get("payer") or {}
    email = wallet.get("email_address") or payer.get("email_address") or ""
    vault = (wallet.get("attributes") or {}).get("vault") or {}
    return {
        "paid_with": f"PayPal ({email})" if email else "PayPal",
        "means": str(vault.get("id") or ""),
        "customer": str((vault.get("customer") or {}).get("id") or ""),
    }


def _refund(said: Mapping[str, Any]) -> FoundRefund:
    returned = (said.get("seller_payable_breakdown") or {}).get("paypal_fee")
    custom = said.get("custom_id") or ""
    return FoundRefund(
        ref=said["id"],
        amount=paypal.money(said["amount"]),
        progress=REFUNDS[said["status"]],
        reference=custom.removeprefix(REFUNDED) if custom.startswith(REFUNDED) else "",
        fee_returned=paypal.money(returned) if returned else None,
        detail=(said.get("status_details") or {}).get("reason", ""),
    )


def _quarrel(dispute: Mapping[str, Any]) -> Quarrel:
    status = dispute["status"]
    if status == "RESOLVED":
        code = (dispute.get("dispute_outcome") or {}).get("outcome_code")
        return Quarrel.LOST if code in LOST else Quarrel.WON
    needed = status in ("OPEN", "WAITING_FOR_SELLER_RESPONSE")
    return Quarrel.NEEDS_RESPONSE if needed else Quarrel.UNDER_REVIEW


def _found_dispute(said: Mapping[str, Any]) -> FoundDispute:
    due = said.get("seller_response_due_date")
    asked = [
        paypal.money(each["amount"])
        for each in said.get("money_movements") or ()
        if each.get("affected_party") == "SELLER"
        and each.get("type") == "DEBIT"
        and each.get("reason") in ("DISPUTE_FEE", "CHARGEBACK_FEE")
    ]
    return FoundDispute(
        ref=said["dispute_id"],
        amount=paypal.money(said["dispute_amount"]),
        state=_quarrel(said),
        reason=str(said.get("reason") or "").lower(),
        respond_by=datetime.fromisoformat(due) if due else None,
        fee=sum(asked[1:], asked[0]) if asked else None,
    )


def _order_and_reference(capture: Mapping[str, Any]) -> tuple[str, str]:
    related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
    return str(related.get("order_id") or ""), str(capture.get("custom_id") or "")
