"""Stripe: Checkout's own pages, cards kept for later, refunds, disputes.

A payment's `ref` is its Checkout Session (cs_…), or, where nobody was at the screen, its
PaymentIntent (pi_…); `find` takes both, and what began as a session is answered by the session.
Stripe remembers idempotency keys for at least a day: what failed longer ago is looked up first.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import stripe
from django.utils import timezone

from lms.common.money import Money
from lms.gateways.stripe import (
    Units,
    WrongAmount,
    amount_for,
    client,
    is_missing,
    money_of,
    told,
    value,
)

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

Kind = TypeVar("Kind")

# What our objects carry. The account may have payments of other programs too.
PAYMENT, REFUND = "fledge_payment", "fledge_refund"

TOLERANCE = 300  # seconds a notice may be old
SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)  # a session may stay open
MARGIN = timedelta(minutes=1)  # for the way there, and clocks that differ
MOST_ITEMS, LONGEST_TITLE = 100, 250
LONGEST_EVIDENCE = 20_000  # characters

# The least that is taken, in Stripe's units, where it says so. What is settled in another currency
# has the least of that one, so this is no promise.
LEAST = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300,
    "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
DIGITS, MORE_DIGITS = 8, {"IDR": 12}

LOCALES = frozenset(
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt"
    " pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW".split()
)

# At most 20, says Stripe.
KINDS = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.amount_capturable_updated",
    "charge.updated",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)

# https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes
REASONS = {
    Reason.NO_MONEY: (
        "insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded"
        " balance_insufficient"
    ),
    Reason.EXPIRED_CARD: "expired_card",
    Reason.WRONG_DETAILS: (
        "incorrect_number invalid_number incorrect_cvc invalid_cvc invalid_expiry_month"
        " invalid_expiry_year incorrect_zip incorrect_address incorrect_pin invalid_pin"
        " invalid_account"
    ),
    Reason.NOT_AUTHENTICATED: (
        "authentication_required payment_intent_authentication_failure"
        " setup_intent_authentication_failure authentication_not_handled offline_pin_required"
        " online_or_offline_pin_required mobile_device_authentication_required"
    ),
    Reason.NOT_ACCEPTED: (
        "card_not_supported currency_not_supported not_permitted restricted_card"
        " transaction_not_allowed service_not_allowed testmode_decline live_mode_test_card"
        " amount_too_small amount_too_large payment_method_not_available"
        " payment_method_invalid_parameter payment_method_unactivated resource_missing"
        " payment_method_currency_mismatch charge_exceeds_source_limit"
    ),
    Reason.FRAUD: (
        "fraudulent lost_card stolen_card pickup_card merchant_blacklist security_violation"
        " highest_risk_level"
    ),
    Reason.FAILED: (
        "processing_error issuer_not_available try_again_later reenter_transaction"
        " approve_with_id call_issuer payment_method_provider_timeout"
        " payment_method_provider_decline"
    ),
}
REASON_OF = {code: reason for reason, codes in REASONS.items() for code in codes.split()}

STATES = {
    "requires_payment_method": Outcome.OPEN,
    "requires_confirmation": Outcome.OPEN,
    "requires_action": Outcome.OPEN,
    "requires_capture": Outcome.APPROVED,
    "processing": Outcome.PROCESSING,
    "succeeded": Outcome.SUCCEEDED,
    "canceled": Outcome.CANCELLED,
}
PROGRESS = {
    "succeeded": Progress.SUCCEEDED,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
}
QUARRELS = {
    "needs_response": Quarrel.NEEDS_RESPONSE,
    "under_review": Quarrel.UNDER_REVIEW,
    "won": Quarrel.WON,
    "prevented": Quarrel.WON,
    "lost": Quarrel.LOST,
    # Inquiries, that may become disputes.
    "warning_needs_response": Quarrel.NEEDS_RESPONSE,
    "warning_under_review": Quarrel.UNDER_REVIEW,
    "warning_closed": Quarrel.WON,
}
WALLETS = {"apple_pay": Method.APPLE_PAY, "google_pay": Method.GOOGLE_PAY}
BANKS = {"customer_balance", "sepa_debit", "us_bank_account", "bacs_debit", "au_becs_debit",
         "acss_debit", "nz_bank_account", "pay_by_bank"}  # fmt: skip
BRANDS = {"amex": "American Express", "jcb": "JCB", "unionpay": "UnionPay", "diners": "Diners Club"}
NAMES = {"paypal": "PayPal", "sepa_debit": "SEPA", "ideal": "iDEAL", "p24": "Przelewy24"}


class StripePayments:
    """`webhook_secret` may be several, with commas between: Stripe signs with both while one is
    rolled. `currencies` narrows what is taken, where not everything that Stripe takes should be;
    `methods` names what the account shows there (Dashboard → Payment methods). `base_url` is for
    tests. With a test key nobody pays.
    """

    name = "stripe"

    def __init__(
        self,
        api_key: str,
        webhook_secret: str,
        base_url: str = "",
        currencies: Sequence[str] = (),
        methods: Sequence[str] = (Method.CARD, Method.APPLE_PAY, Method.GOOGLE_PAY),
        timeout: float = 20.0,
    ) -> None:
        self.is_real = "_test_" not in api_key
        self.secrets = [each for each in re.split(r"[\s,]+", webhook_secret) if each]
        self.currencies = frozenset(currencies)
        self.shown = tuple(Method(each) for each in methods)
        self.api = client(api_key, base_url, timeout).v1

    def methods(self, amount: Money) -> tuple[Method, ...]:
        if self.currencies and amount.currency not in self.currencies:
            return ()
        try:
            units = amount_for(amount)["amount"]
        except WrongAmount:
            return ()
        least = LEAST.get(amount.currency, 1)
        digits = MORE_DIGITS.get(amount.currency, DIGITS)
        return self.shown if least <= units < 10**digits else ()

    def begin(self, charge: Charge) -> Begun:
        """The page's kinds of payment are those of the account for this payer, wallets among them:
        `charge.method` narrows nothing."""
        key = f"begin-{charge.reference}"
        with answered():
            try:
                session = self.api.checkout.sessions.create(_session(charge), _key(key))
            except stripe.IdempotencyError:
                # Begun before, when something in it was different, were it only when it expires.
                session = self._begun(charge.reference)
        return Begun(session.id, session.url or "")

    def capture(self, ref: str, *, key: str) -> Found:
        session, intent = self._look(ref)
        if intent is None or intent["status"] != "requires_capture":
            return self._found(session, intent)
        with answered():
            self.api.payment_intents.capture(intent["id"], {}, _key(key))
        return self.find(ref)

    def find(self, ref: str) -> Found:
        return self._found(*self._look(ref))

    def cancel(self, ref: str) -> Found:
        session, intent = self._look(ref)
        found = self._found(session, intent)
        if found.outcome != Outcome.OPEN:
            return found
        try:
            with answered():
                if session:
                    self.api.checkout.sessions.expire(session["id"], {}, _key(f"expire-{ref}"))
                elif intent:
                    self.api.payment_intents.cancel(intent["id"], {}, _key(f"cancel-{ref}"))
        except Declined as refused:
            # Somebody has just paid, perhaps.
            found = self.find(ref)
            if found.outcome == Outcome.OPEN:
                raise PaymentsFailed(refused.detail) from refused
            return found
        return self.find(ref)

    def charge_again(self, charge: Charge, *, means: str) -> Found:
        with answered():
            intent = self.api.payment_intents.create(
                {
                    **_amount(charge.amount),
                    "customer": charge.customer,
                    "payment_method": means,
                    "off_session": True,
                    "confirm": True,
                    "automatic_payment_methods": {"enabled": True},
                    "return_url": charge.return_url,
                    "description": _description(charge),
                    "metadata": {PAYMENT: charge.reference},
                },
                _key(f"again-{charge.reference}"),
            )
        return self.find(intent.id)

    def refund(self, ref: str, amount: Money, *, reference: str, reason: str) -> FoundRefund:
        _session, intent = self._look(ref)
        if intent is None:
            raise Declined(Reason.DECLINED, f"{ref} was not paid.")
        # The key is forgotten after a day, and until then gives the answer of the first time.
        for known in self._refunds(intent):
            if known.reference == reference:
                return known
        ours = intent.get("metadata") or {}
        with answered():
            made = self.api.refunds.create(
                {
                    "payment_intent": intent["id"],
                    "amount": _amount(amount)["amount"],
                    "reason": "requested_by_customer",
                    "metadata": {
                        PAYMENT: ours.get(PAYMENT, ""),
                        REFUND: reference,
                        "reason": reason[:500],
                    },
                    "expand": ["balance_transaction"],
                },
                _key(f"refund-{reference}"),
            )
        return _refund(value(made))

    def answer_dispute(self, ref: str, *, text: str, key: str) -> None:
        with answered():
            self.api.disputes.update(
                ref,
                {"evidence": {"uncategorized_text": text[:LONGEST_EVIDENCE]}, "submit": True},
                _key(key),
            )

    def accept_dispute(self, ref: str, *, key: str) -> None:
        with answered():
            self.api.disputes.close(ref, {}, _key(key))

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        given = {name.lower(): text for name, text in headers.items()}.get("stripe-signature", "")
        if not any(_is_signed(body, given, secret) for secret in self.secrets):
            raise BadSignature("No secret of ours has signed this, or it is too old.")
        try:
            return _notice(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise BadSignature(f"Signed, but no event: {problem!r}") from problem

    def since(self, at: datetime) -> Iterator[Notice]:
        """Stripe keeps events for 30 days and tells the latest first, so they are all read before
        the first one comes."""
        with answered():
            events = self.api.events.list(
                {
                    "created": {"gte": int(at.timestamp())},
                    "types": list(KINDS),
                    "limit": 100,
                }
            )
            notices = [_notice(value(each)) for each in events.auto_paging_iter()]
        yield from reversed(notices)

    def _begun(self, reference: str) -> Any:
        since = int((timezone.now() - LONGEST - MARGIN).timestamp())
        sessions = self.api.checkout.sessions.list({"created": {"gte": since}, "limit": 100})
        for session in sessions.auto_paging_iter():
            if session.client_reference_id == reference:
                return session
        raise PaymentsFailed(f"Stripe has begun {reference} and does not show it.")

    def _look(self, ref: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The session and the intent behind `ref`, as far as there are any."""
        charge = "latest_charge.balance_transaction"
        session: dict[str, Any] | None = None
        intent: dict[str, Any] | None
        with answered():
            if ref.startswith("pi_"):
                intent = value(self.api.payment_intents.retrieve(ref, {"expand": [charge]}))
                begun = self.api.checkout.sessions.list({"payment_intent": ref, "limit": 1}).data
                session = value(begun[0]) if begun else None
            else:
                asked = {"expand": [f"payment_intent.{charge}"]}
                session = value(self.api.checkout.sessions.retrieve(ref, asked))  # type: ignore[arg-type]
                intent = session.get("payment_intent")
        return session, intent

    def _found(self, session: dict[str, Any] | None, intent: dict[str, Any] | None) -> Found:
        first: dict[str, Any] = session or intent or {}
        outcome, reason, detail = _outcome(session, intent)
        paid: dict[str, Any] = intent or {}
        charge: dict[str, Any] = paid.get("latest_charge") or {}
        settled = charge.get("balance_transaction")
        paid_with, method = _paid_with(charge.get("payment_method_details") or {})
        kept = paid.get("setup_future_usage") or not session
        amount = first["amount_total"] if session else first["amount"]
        return Found(
            ref=first["id"],
            reference=(first.get("metadata") or {}).get(PAYMENT, ""),
            outcome=outcome,
            amount=money_of(amount, first["currency"]),
            fee=money_of(settled["fee"], settled["currency"]) if settled else None,
            paid_with=paid_with,
            method=method,
            reason=reason,
            detail=detail,
            customer=first.get("customer") or paid.get("customer") or "",
            means=(paid.get("payment_method") or "") if kept else "",
            refunds=self._refunds(paid),
            disputes=self._all(self.api.disputes.list, _dispute, paid),
        )

    def _refunds(self, intent: dict[str, Any]) -> tuple[FoundRefund, ...]:
        return self._all(self.api.refunds.list, _refund, intent, "data.balance_transaction")

    @staticmethod
    def _all(
        ask: Callable[..., Any],
        read: Callable[[dict[str, Any]], Kind],
        intent: dict[str, Any],
        *expand: str,
    ) -> tuple[Kind, ...]:
        """What came of a payment that was charged, the first one first."""
        if not intent.get("latest_charge"):
            return ()
        with answered():
            found = ask({"payment_intent": intent["id"], "limit": 100, "expand": list(expand)})
            listed = [value(each) for each in found.auto_paging_iter()]
        return tuple(read(each) for each in reversed(listed))


@contextmanager
def answered() -> Iterator[None]:
    """What Stripe says, in our words. The client has asked again where that could help."""
    try:
        yield
    except stripe.CardError as refused:
        raise Declined(*_declined(refused)) from refused
    except stripe.IdempotencyError as refused:
        raise Declined(Reason.FAILED, told(refused)) from refused
    except stripe.InvalidRequestError as refused:
        if is_missing(refused):
            raise NoSuchPayment(told(refused)) from refused
        raise Declined(*_declined(refused)) from refused
    except stripe.StripeError as failed:
        raise PaymentsFailed(told(failed)) from failed


def _declined(error: stripe.StripeError) -> tuple[Reason, str]:
    said = (getattr(error.error, "decline_code", None), error.code)
    return _reason(said, otherwise=Reason.DECLINED), told(error)


def _reason(codes: Sequence[str | None], otherwise: Reason) -> Reason:
    """The bank's code comes before Stripe's: "card_declined" says nothing."""
    return next((REASON_OF[code] for code in codes if code in REASON_OF), otherwise)


def _key(key: str) -> Any:
    return {"idempotency_key": key}


def _amount(money: Money) -> Units:
    try:
        return amount_for(money)
    except WrongAmount as wrong:
        raise Declined(Reason.NOT_ACCEPTED, str(wrong)) from wrong


def _session(charge: Charge) -> Any:
    whose: dict[str, Any] = {"customer_email": charge.email} if charge.email else {}
    if charge.customer:
        whose = {"customer": charge.customer}
    elif charge.keep:
        whose["customer_creation"] = "always"
    intent: dict[str, Any] = {
        "metadata": {PAYMENT: charge.reference},
        "description": _description(charge),
    }
    if charge.keep:
        intent["setup_future_usage"] = "off_session"
    return {
        "mode": "payment",
        "client_reference_id": charge.reference,
        "metadata": {PAYMENT: charge.reference},
        "payment_intent_data": intent,
        "line_items": _lines(charge),
        "success_url": charge.return_url,
        "cancel_url": charge.cancel_url,
        "locale": _locale(charge.language),
        # Prices are what the seller set: Stripe is not to change them into the payer's currency.
        "adaptive_pricing": {"enabled": False},
        **_closing(charge.expires_at, timezone.now()),
        **whose,
    }


def _closing(at: datetime, now: datetime) -> dict[str, int]:
    """Stripe closes the page by itself after a day."""
    if at > now + LONGEST - MARGIN:
        return {}
    return {"expires_at": int(max(at, now + SHORTEST + MARGIN).timestamp())}


def _lines(charge: Charge) -> list[dict[str, Any]]:
    items = [(each.title, each.total, each.quantity) for each in charge.items]
    if len(items) > MOST_ITEMS or sum(total.amount_minor for _, total, _ in items) != (
        charge.amount.amount_minor
    ):
        items = [(charge.seller, charge.amount, 1)]
    lines = []
    for title, total, quantity in items:
        units = _amount(total)
        unit, rest = divmod(units["amount"], quantity)
        if rest:  # what is shared unevenly is one piece
            title, unit, quantity = f"{quantity} × {title}", units["amount"], 1
        price = {
            "currency": units["currency"],
            "unit_amount": unit,
            "product_data": {"name": title[:LONGEST_TITLE]},
        }
        lines.append({"price_data": price, "quantity": quantity})
    return lines


def _description(charge: Charge) -> str:
    return f"{charge.seller}: " + ", ".join(each.title for each in charge.items)[:500]


def _locale(language: str) -> str:
    """Stripe's name of `language` ("pt-br"), of its root, or "auto"."""
    root, _, place = language.replace("_", "-").partition("-")
    full = f"{root.lower()}-{place.upper()}"
    return full if full in LOCALES else root.lower() if root.lower() in LOCALES else "auto"


def _outcome(
    session: dict[str, Any] | None, intent: dict[str, Any] | None
) -> tuple[Outcome, Reason | None, str]:
    error = (intent or {}).get("last_payment_error") or {}
    said = (error.get("decline_code"), error.get("code"))
    detail = f"{said[0] or said[1]}: {error.get('message', '')}" if error else ""
    reason = _reason(said, otherwise=Reason.DECLINED) if error else None
    outcome = STATES.get(intent["status"], Outcome.OPEN) if intent else Outcome.OPEN
    if outcome in (Outcome.APPROVED, Outcome.PROCESSING, Outcome.SUCCEEDED):
        return outcome, None, ""
    if session and session["status"] == "expired":
        return Outcome.CANCELLED, reason or Reason.GIVEN_UP, detail
    if session and session["status"] == "complete" and session["payment_status"] != "unpaid":
        return Outcome.SUCCEEDED, None, ""  # there was nothing to pay
    if outcome == Outcome.CANCELLED:
        return outcome, reason or Reason.GIVEN_UP, detail
    if session and session["status"] == "open":
        return Outcome.OPEN, reason, detail  # another card may do
    if error:
        return Outcome.FAILED, reason, detail
    if session is None and intent and intent["status"] == "requires_action":
        return Outcome.FAILED, Reason.NOT_AUTHENTICATED, "nobody is there to authenticate"
    # Complete and unpaid, without an error: the bank takes its days.
    return (Outcome.PROCESSING if session else Outcome.OPEN), None, ""


def _paid_with(details: dict[str, Any]) -> tuple[str, Method | None]:
    kind = details.get("type")
    if not kind:
        return "", None
    known: dict[str, Any] = details.get(kind) or {}
    digits = f" •••• {known['last4']}" if known.get("last4") else ""
    if kind == "card":
        brand = known.get("brand") or "card"
        wallet = (known.get("wallet") or {}).get("type", "")
        return f"{_title(brand)}{digits}", WALLETS.get(wallet, Method.CARD)
    method = Method.BANK_TRANSFER if kind in BANKS else None
    return f"{_title(kind)}{digits}", Method.PAYPAL if kind == "paypal" else method


def _title(kind: str) -> str:
    return BRANDS.get(kind) or NAMES.get(kind) or kind.replace("_", " ").capitalize()


def _refund(refund: dict[str, Any]) -> FoundRefund:
    settled = refund.get("balance_transaction")
    returned = -settled["fee"] if isinstance(settled, dict) else 0
    return FoundRefund(
        ref=refund["id"],
        amount=money_of(refund["amount"], refund["currency"]),
        progress=PROGRESS.get(refund.get("status") or "", Progress.PENDING),
        reference=(refund.get("metadata") or {}).get(REFUND, ""),
        fee_returned=money_of(returned, settled["currency"]) if settled and returned > 0 else None,
        detail=refund.get("failure_reason") or "",
    )


def _dispute(dispute: dict[str, Any]) -> FoundDispute:
    # An inquiry takes nothing back yet.
    taken = 0 if dispute["status"].startswith("warning_") else dispute["amount"]
    due = (dispute.get("evidence_details") or {}).get("due_by")
    moves = dispute.get("balance_transactions") or []
    fee = sum(each["fee"] for each in moves)
    return FoundDispute(
        ref=dispute["id"],
        amount=money_of(taken, dispute["currency"]),
        state=QUARRELS.get(dispute["status"], Quarrel.UNDER_REVIEW),
        reason=dispute["reason"],
        respond_by=datetime.fromtimestamp(due, UTC) if due else None,
        fee=money_of(fee, moves[0]["currency"]) if moves else None,
    )


def _is_signed(body: bytes, given: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, given, secret, TOLERANCE))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        return False  # the last two: bytes that are no text, a signature that is not ASCII


def _notice(event: dict[str, Any]) -> Notice:
    thing = event["data"]["object"]
    kind = thing.get("object", "")
    ours = (thing.get("metadata") or {}).get(PAYMENT, "")
    ref = ""
    if kind in ("checkout.session", "payment_intent"):
        ref = thing["id"] if ours else ""
    elif kind == "charge":
        ref = (thing.get("payment_intent") or "") if ours else ""
    elif kind in ("refund", "dispute"):
        # Made on Stripe's pages, or by the bank: whose payment it is only the payment says.
        ref = thing.get("payment_intent") or ""
    return Notice(
        event_id=event["id"],
        kind=event["type"],
        at=datetime.fromtimestamp(event["created"], UTC),
        payment_ref=ref,
        reference=ours,
        payload=event,
    )
