"""PayPal Payouts (batches of one): money to whoever reads an e-mail address."""

import re
from typing import Any

from lms.common.money import Money
from lms.gateways import paypal
from lms.gateways.payments import Progress
from lms.gateways.paypal import PayPal, PayPalRefused

from . import Account, FoundPayout, PayoutRefused, PayoutsFailed

ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
LONGEST_ADDRESS = 127
ITEMS = {
    "SUCCESS": Progress.SUCCEEDED,
    "PENDING": Progress.PENDING,
    "ONHOLD": Progress.PENDING,
    "UNCLAIMED": Progress.PENDING,  # whoever has the address has no account yet: 30 days
    "FAILED": Progress.FAILED,
    "RETURNED": Progress.FAILED,
    "BLOCKED": Progress.FAILED,
    "REFUNDED": Progress.FAILED,
    "REVERSED": Progress.FAILED,
}
# Ours to mend, not the receiver's: asking again later may help.
OUR_TROUBLE = frozenset({"INSUFFICIENT_FUNDS", "PAYOUT_NOT_AVAILABLE"})


class PayPalPayouts:
    """Nothing is to be opened: an account is an address. See PayPal for the options."""

    name = "paypal"
    onboards = False

    def __init__(
        self,
        client_id: str,
        secret: str,
        base_url: str = paypal.LIVE,
        *,
        timeout: float = 15.0,
        pause: float = 0.5,
    ) -> None:
        self.paypal = PayPal(
            client_id, secret, base_url, failed=PayoutsFailed, timeout=timeout, pause=pause
        )

    def open_account(self, *, reference: str, email: str, country: str) -> Account:
        return self.account(email)

    def onboarding_url(self, ref: str, *, return_url: str, again_url: str) -> str:
        return return_url  # there is nothing to be given

    def account(self, ref: str) -> Account:
        if len(ref) > LONGEST_ADDRESS or not ADDRESS.fullmatch(ref):
            raise PayoutRefused(f"{ref!r} is no e-mail address.")
        return Account(ref, ready=True)

    def pay(self, ref: str, amount: Money, *, reference: str, text: str) -> FoundPayout:
        self.account(ref)
        if not paypal.is_payable(amount):
            raise PayoutRefused(f"PayPal does not send {amount!r}.")
        item = {
            "recipient_type": "EMAIL",
            "receiver": ref,
            "amount": {"currency": amount.currency, "value": paypal.written(amount)},
            "sender_item_id": reference[:63],
            "note": text[:1000],
        }
        batch = {"sender_batch_header": {"sender_batch_id": reference}, "items": [item]}
        try:
            made = self.paypal.post("/v1/payments/payouts", batch, key=f"payout-{reference}")
        except PayPalRefused as refused:
            if (before := _before(refused)) is not None:
                return self.find(before)
            if refused.issue in OUR_TROUBLE:
                raise PayoutsFailed(refused.detail) from refused
            raise PayoutRefused(refused.detail) from refused
        with self.paypal.understood():
            return FoundPayout(str(made["batch_header"]["payout_batch_id"]), Progress.PENDING)

    def find(self, ref: str) -> FoundPayout:
        if paypal.path_id(ref) is None:
            raise PayoutRefused(f"{ref!r} is no id of PayPal's.")
        try:
            batch = self.paypal.get(f"/v1/payments/payouts/{ref}")
        except PayPalRefused as refused:
            raise PayoutRefused(refused.detail) from refused
        with self.paypal.understood():
            return _found(ref, batch)


def _before(refused: PayPalRefused) -> str | None:
    """The batch that a reference was used for already: PayPal links to it, and for 30 days makes no
    second one."""
    for link in refused.links:
        path = paypal.path_of(link.get("href", "")).split("?")[0]
        if match := re.fullmatch(r"/v1/payments/payouts/([A-Za-z0-9_-]+)", path):
            return match[1]
    return None


def _found(ref: str, batch: dict[str, Any]) -> FoundPayout:
    status = batch["batch_header"]["batch_status"]
    for item in batch.get("items") or ():
        fee = item.get("payout_item_fee")
        problem = item.get("errors") or {}
        return FoundPayout(
            ref,
            ITEMS[item.get("transaction_status") or "PENDING"],
            fee=paypal.money(fee) if fee else None,
            detail=" ".join(filter(None, (problem.get("name"), problem.get("message")))),
        )
    gone = status in ("DENIED", "CANCELED")
    return FoundPayout(ref, Progress.FAILED if gone else Progress.PENDING, detail=status)
