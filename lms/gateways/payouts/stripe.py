"""Stripe Connect: providers open Express accounts on Stripe's pages, and what they earned is
transferred to them ("separate charges and transfers"). From there Stripe pays it to their bank, by
its own plan.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import stripe
from django.utils import timezone

from lms.common.money import Money
from lms.gateways.payments import Progress
from lms.gateways.stripe import WrongAmount, amount_for, client, told, value

from . import Account, FoundPayout, PayoutRefused, PayoutsFailed

PROVIDER, PAYOUT = "fledge_provider", "fledge_payout"  # in the metadata
KEPT = timedelta(days=2)  # idempotency keys are remembered for one or a little longer


class StripePayouts:
    name = "stripe"
    onboards = True

    def __init__(self, api_key: str, base_url: str = "", timeout: float = 20.0) -> None:
        self.api = client(api_key, base_url, timeout).v1

    def open_account(self, *, reference: str, email: str, country: str) -> Account:
        """Stripe knows for a day which `reference` has one: keep what is returned."""
        with answered():
            try:
                made = self.api.accounts.create(
                    {
                        "type": "express",
                        "country": country,
                        "email": email,
                        "capabilities": {"transfers": {"requested": True}},
                        "metadata": {PROVIDER: reference},
                    },
                    {"idempotency_key": f"account-{reference}"},
                )
            except stripe.IdempotencyError:
                made = self._opened(reference)  # the e-mail address was another one, say
        return _account(value(made))

    def onboarding_url(self, ref: str, *, return_url: str, again_url: str) -> str:
        with answered():
            # Good for one visit, so each call needs one of its own: the client makes the key.
            link = self.api.account_links.create(
                {
                    "account": ref,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": again_url,
                }
            )
        return link.url

    def account(self, ref: str) -> Account:
        with answered():
            return _account(value(self.api.accounts.retrieve(ref)))

    def pay(self, ref: str, amount: Money, *, reference: str, text: str) -> FoundPayout:
        try:
            units = amount_for(amount)
        except WrongAmount as wrong:
            raise PayoutRefused(str(wrong)) from wrong
        with answered():
            made = self.api.transfers.create(
                {
                    **units,
                    "destination": ref,
                    "description": text,
                    "metadata": {PAYOUT: reference},
                },
                {"idempotency_key": f"payout-{reference}"},
            )
        return _payout(value(made))

    def find(self, ref: str) -> FoundPayout:
        with answered():
            return _payout(value(self.api.transfers.retrieve(ref)))

    def _opened(self, reference: str) -> Any:
        since = int((timezone.now() - KEPT).timestamp())
        for account in self.api.accounts.list(
            {"created": {"gte": since}, "limit": 100}
        ).auto_paging_iter():
            if (value(account).get("metadata") or {}).get(PROVIDER) == reference:
                return account
        raise PayoutsFailed(f"Stripe has opened an account for {reference} and does not show it.")


@contextmanager
def answered() -> Iterator[None]:
    try:
        yield
    # 403 is what an account answers that was closed or has left the platform.
    except (
        stripe.InvalidRequestError,
        stripe.PermissionError,
        stripe.IdempotencyError,
        stripe.CardError,
    ) as refused:
        raise PayoutRefused(told(refused)) from refused
    except stripe.StripeError as failed:
        raise PayoutsFailed(told(failed)) from failed


def _account(account: dict[str, Any]) -> Account:
    asked = account.get("requirements") or {}
    transfers = (account.get("capabilities") or {}).get("transfers")
    needs = dict.fromkeys([*(asked.get("past_due") or ()), *(asked.get("currently_due") or ())])
    return Account(
        ref=account["id"],
        ready=transfers == "active" and bool(account.get("payouts_enabled")),
        needs=tuple(needs),
    )


def _payout(transfer: dict[str, Any]) -> FoundPayout:
    """A transfer happens at once or not at all; taken back, nobody was paid."""
    if transfer.get("reversed"):
        return FoundPayout(transfer["id"], Progress.FAILED, detail="reversed")
    return FoundPayout(transfer["id"], Progress.SUCCEEDED)
