"""What somebody who takes people's money can do.

Every call that moves money carries a key: asked again with the same key, the gateway does nothing a
second time and gives the first answer again. All calls have a time limit and raise GatewayRefused
(final) or GatewayUnavailable (nobody knows whether it happened: ask again with the same key, or
look by `find`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lms.common.money import Money
from lms.gateways import GatewayRefused, GatewayUnavailable


class PaymentsFailed(GatewayUnavailable):
    """The gateway can't be reached, or did not answer as it should, or in time."""


class NoSuchPayment(GatewayRefused):
    """The gateway knows of no such payment, refund or dispute."""


class Declined(GatewayRefused):
    """The bank or the gateway said no. `code` is one of REASONS, `detail` what they said, in
    English and for the log: never shown."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail


class BadSignature(GatewayRefused):
    """A notice that the gateway did not send, or sent too long ago, or that was changed."""


class Method(StrEnum):
    """What people pay with. Wallets are shown by the browser that has them."""

    CARD = "card"
    APPLE_PAY = "apple_pay"
    GOOGLE_PAY = "google_pay"
    PAYPAL = "paypal"
    BANK_TRANSFER = "bank_transfer"


class Reason(StrEnum):
    """Why a payment failed, as far as a payer can do something about it."""

    DECLINED = "declined"  # without a reason
    NO_MONEY = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_DETAILS = "wrong_details"  # number, date or security code
    NOT_AUTHENTICATED = "authentication_failed"  # strong customer authentication
    NOT_ACCEPTED = "not_accepted"  # this card, currency, country or method
    FRAUD = "blocked"  # never told apart from DECLINED to the payer
    GIVEN_UP = "abandoned"  # the payer closed the page, or the time was up
    FAILED = "processing_error"


class Outcome(StrEnum):
    """What has become of a payment, as the gateway has it now."""

    OPEN = "open"  # the payer has not finished
    APPROVED = "approved"  # the payer agreed; `capture` takes the money
    PROCESSING = "processing"  # the bank takes its days
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Progress(StrEnum):
    """What has become of a refund or a payout."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Quarrel(StrEnum):
    """What has become of a dispute."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Item:
    """A line as the payer sees it on the gateway's page; `total` is what all of it costs, with tax
    and after discounts."""

    title: str
    total: Money
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid. `reference` is our payment's id: the gateway keeps it with the payment,
    gives it back in what it tells, and takes it for the key of the calls that begin the payment.
    The `items` add up to `amount`.

    `return_url` is where the payer comes back to, whatever came of it; `cancel_url` where they come
    who gave up. `expires_at` is when the gateway's page closes. `customer` is who paid before, as
    the gateway calls them; `keep` asks to keep the means of payment for `charge_again`.
    """

    reference: str
    amount: Money
    items: tuple[Item, ...]
    email: str
    language: str
    seller: str
    return_url: str
    cancel_url: str
    expires_at: datetime
    method: Method | None = None
    customer: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """`ref` is the gateway's own name of the payment; the payer goes to `url`."""

    ref: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundRefund:
    """`reference` is what was given with it; empty for one made on the gateway's own pages."""

    ref: str
    amount: Money
    progress: Progress
    reference: str = ""
    fee_returned: Money | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FoundDispute:
    """`amount` is what the bank took back for now, `fee` what the gateway asks for it."""

    ref: str
    amount: Money
    state: Quarrel
    reason: str
    respond_by: datetime | None = None
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A payment as the gateway has it now. `fee` is what it keeps, once it says so; `paid_with`
    is for people ("Visa •••• 4242"); `customer` and `means` name who paid and with what, for
    `charge_again`, where they were kept."""

    ref: str
    reference: str
    outcome: Outcome
    amount: Money
    fee: Money | None = None
    paid_with: str = ""
    method: Method | None = None
    reason: Reason | None = None
    detail: str = ""
    customer: str = ""
    means: str = ""
    refunds: tuple[FoundRefund, ...] = ()
    disputes: tuple[FoundDispute, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened, says the gateway: `event_id` is unique for it. `payment_ref` and
    `reference` name the payment it is about, empty where it is about none of ours. What happened is
    never read from here, for notices come late, twice and out of order: `find` says how it is now.
    """

    event_id: str
    kind: str
    at: datetime
    payment_ref: str = ""
    reference: str = ""
    payload: Mapping[str, object] = field(default_factory=dict)


class Payments(Protocol):
    """`name` is short and stays for ever: rows keep it. `is_real` is False for one that takes no
    money."""

    name: str
    is_real: bool

    def methods(self, amount: Money) -> tuple[Method, ...]:
        """What `amount` can be paid with; empty where its currency is not taken, or it is too small
        or too large."""

    def begin(self, charge: Charge) -> Begun:
        """Open the payment. Raises Declined."""

    def capture(self, ref: str, *, key: str) -> Found:
        """Take the money of an APPROVED payment; of any other say how it is. Raises NoSuchPayment,
        Declined."""

    def find(self, ref: str) -> Found:
        """Raises NoSuchPayment."""

    def cancel(self, ref: str) -> Found:
        """See to it that an OPEN payment can't succeed any more; of any other say how it is. Raises
        NoSuchPayment."""

    def charge_again(self, charge: Charge, *, means: str) -> Found:
        """Take `charge` from means that were kept, with nobody at the screen. Raises Declined."""

    def refund(self, ref: str, amount: Money, *, reference: str, reason: str) -> FoundRefund:
        """Give back a part or all of a payment; `reference`, our refund's id, is the key. Raises
        NoSuchPayment, and Declined where there is not as much left."""

    def answer_dispute(self, ref: str, *, text: str, key: str) -> None:
        """Send what we have to say. Raises NoSuchPayment, and Declined where it is too late."""

    def accept_dispute(self, ref: str, *, key: str) -> None:
        """Give in. Raises NoSuchPayment, Declined."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Whether the gateway sent this, and what it says; names of headers in any case. Raises
        BadSignature."""

    def since(self, at: datetime) -> Iterator[Notice]:
        """What happened from `at` on, oldest first: what a lost notice is healed with."""


__all__ = [
    "BadSignature", "Begun", "Charge", "Declined", "Found", "FoundDispute", "FoundRefund",
    "GatewayRefused", "GatewayUnavailable", "Item", "Method", "NoSuchPayment", "Notice", "Outcome",
    "Payments", "PaymentsFailed", "Progress", "Quarrel", "Reason",
]  # fmt: skip
