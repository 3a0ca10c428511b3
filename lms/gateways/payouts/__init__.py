"""Who brings providers their money."""

from dataclasses import dataclass
from typing import Protocol

from lms.common.money import Money
from lms.gateways import GatewayRefused, GatewayUnavailable
from lms.gateways.payments import Progress


class PayoutsFailed(GatewayUnavailable):
    """The service can't be reached, or did not answer as it should, or in time."""


class PayoutRefused(GatewayRefused):
    """No money goes to this account; `detail` is what the service said, for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Account:
    """A provider's account at the service. `needs` names what is still asked of the provider."""

    ref: str
    ready: bool
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundPayout:
    ref: str
    progress: Progress
    fee: Money | None = None
    detail: str = ""


class Payouts(Protocol):
    """`name` is short and stays for ever. `onboards` says whether providers open an account on the
    service's own pages; where not, `account` is what they typed (an e-mail address, an IBAN)."""

    name: str
    onboards: bool

    def open_account(self, *, reference: str, email: str, country: str) -> Account:
        """Once for each `reference`."""

    def onboarding_url(self, ref: str, *, return_url: str, again_url: str) -> str:
        """A page where the provider gives what `needs` names; good for some minutes."""

    def account(self, ref: str) -> Account:
        """How it is now. Raises PayoutRefused for one that is gone."""

    def pay(self, ref: str, amount: Money, *, reference: str, text: str) -> FoundPayout:
        """Send `amount`; `reference`, our payout's id, is the key. Raises PayoutRefused."""

    def find(self, ref: str) -> FoundPayout:
        """How a payout is now. Raises PayoutRefused for one nobody knows."""
