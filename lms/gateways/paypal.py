"""PayPal's REST interface, as far as payments and payouts share it: the token, asking again, what a
refusal is, and how amounts are written.
"""

import base64
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import httpx

from lms.common.money import Money, exponent

from . import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)

LIVE = "https://api-m.paypal.com"
TRIES = 3
# What PayPal takes from everybody. It takes BRL, CNY and MYR inside their countries only.
CURRENCIES = frozenset(
    "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
# PayPal's own list, which is not that of ISO 4217.
WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
BUSY = frozenset({408, 409, 425, 429})
IN_PROGRESS = frozenset({"ORDER_COMPLETION_IN_PROGRESS", "PREVIOUS_REQUEST_IN_PROGRESS"})
EARLY = 60  # seconds: a token is renewed before it ends

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")


class PayPalRefused(GatewayRefused):
    """`status` is that of HTTP, `issue` PayPal's own word ("INSTRUMENT_DECLINED"), `links` where it
    points to."""

    def __init__(self, status: int, issue: str, detail: str, links: list[dict[str, str]]) -> None:
        super().__init__(detail)
        self.status = status
        self.issue = issue
        self.detail = detail
        self.links = links


class PayPal:
    """`failed` is what is raised where nobody knows whether something happened. `timeout`, of each
    try, and `pause`, before the second one (twice that before the third), are in seconds."""

    def __init__(
        self,
        client_id: str,
        secret: str,
        base_url: str,
        *,
        failed: type[GatewayUnavailable],
        timeout: float = 15.0,
        pause: float = 0.5,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.failed = failed
        self.pause = pause
        self.timeout = httpx.Timeout(timeout, connect=min(timeout, 5.0))
        self._basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._lock = threading.Lock()
        self._token = ""
        self._token_ends = 0.0
        self._client: tuple[int, httpx.Client] | None = None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Raises PayPalRefused and `failed`, like the others."""
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Any, *, key: str) -> dict[str, Any]:
        """`key` is how PayPal knows a call that it has answered already."""
        headers = {"PayPal-Request-Id": key, "Prefer": "return=representation"}
        return self._ask("POST", path, json=body, headers=headers)

    def post_form(self, path: str, said: Any) -> dict[str, Any]:
        """As disputes want it. PayPal knows no keys there, so this is tried once only."""
        files = {"input": (None, json.dumps(said), "application/json")}
        return self._ask("POST", path, tries=1, files=files)

    def patch(self, path: str, changes: list[dict[str, Any]]) -> None:
        self._ask("PATCH", path, json=changes)

    def download(self, url: str) -> bytes:
        """A public file of PayPal's, at most 64 kB. Raises PayPalRefused where there is none."""
        with self._reached():
            answer = self._http().get(url)
        if answer.status_code == 200 and len(answer.content) <= 65_536:
            return answer.content
        if answer.status_code >= 500 or answer.status_code in BUSY:
            raise self.failed(f"{answer.status_code} from {url}")
        raise PayPalRefused(answer.status_code, "", f"{answer.status_code} from {url}", [])

    @contextmanager
    def understood(self) -> Iterator[None]:
        """What is missing in an answer, or is no amount or date, is the service's failure."""
        try:
            yield
        except (LookupError, TypeError, AttributeError, ValueError, InvalidOperation) as strange:
            raise self.failed(f"An answer that can't be read: {strange!r}") from strange

    def _ask(self, method: str, path: str, *, tries: int = TRIES, **said: Any) -> dict[str, Any]:
        headers = said.pop("headers", {})
        renewed = False
        problem = ""
        for attempt in range(tries):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                token = self._bearer()
                answer = self._http().request(
                    method,
                    self.base_url + path,
                    headers={**headers, "Authorization": f"Bearer {token}"},
                    **said,
                )
            except (httpx.HTTPError, _Busy) as error:
                problem = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code == 401 and not renewed:
                # Withdrawn before its time, as when the secret is changed.
                renewed = True
                self._forget(token)
                problem = "401: the token is not taken"
                continue
            if answer.is_success:
                return self._read(answer)
            refused = _refusal(answer)
            if (
                answer.status_code in BUSY
                or answer.status_code >= 500
                or refused.issue in IN_PROGRESS
            ):
                problem = refused.detail
                continue
            if answer.status_code in (401, 403):
                raise self.failed(f"PayPal lets this application not do it. {refused.detail}")
            raise refused
        log.warning("PayPal does not answer %s %s: %s", method, path, problem)
        raise self.failed(problem)

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        if not answer.content:
            return {}
        try:
            read = answer.json()
        except ValueError as error:
            raise self.failed("An answer that is no JSON.") from error
        if not isinstance(read, dict):
            raise self.failed("An answer that is no object.")
        return read

    def _bearer(self) -> str:
        with self._lock:
            if time.monotonic() >= self._token_ends:
                answer = self._http().post(
                    f"{self.base_url}/v1/oauth2/token",
                    data={"grant_type": "client_credentials"},
                    headers={"Authorization": f"Basic {self._basic}"},
                )
                if answer.status_code in BUSY or answer.status_code >= 500:
                    raise _Busy(f"{answer.status_code} for the token")
                if answer.status_code != 200:
                    raise self.failed("PayPal does not take the client id and secret.")
                read = self._read(answer)
                with self.understood():
                    self._token = str(read["access_token"])
                    self._token_ends = time.monotonic() + float(read["expires_in"]) - EARLY
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token_ends = 0.0

    def _http(self) -> httpx.Client:
        # The worker forks: two processes must not speak over one connection.
        made = self._client
        if made is None or made[0] != os.getpid():
            made = self._client = (os.getpid(), httpx.Client(timeout=self.timeout))
        return made[1]

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise self.failed(f"{type(error).__name__}: {error}") from error


class _Busy(Exception):
    pass


def _refusal(answer: httpx.Response) -> PayPalRefused:
    try:
        read = answer.json()
    except ValueError:
        read = {}
    if not isinstance(read, dict):
        read = {}
    details = [each for each in read.get("details") or () if isinstance(each, dict)]
    issue = str((details[0].get("issue") if details else "") or read.get("name") or "")
    said = [str(read.get("message") or ""), *(str(d.get("description") or "") for d in details)]
    text = " ".join([str(answer.status_code), issue, *filter(None, said)])
    # What PayPal's support asks for.
    debug = answer.headers.get("Paypal-Debug-Id") or read.get("debug_id") or "none"
    links = [each for each in read.get("links") or () if isinstance(each, dict)]
    return PayPalRefused(answer.status_code, issue, f"{text} (debug id {debug})", links)


def path_id(ref: str) -> str | None:
    """`ref` where it can stand in a path; None where it is nobody's id."""
    return ref if _ID.fullmatch(ref) else None


def is_payable(amount: Money) -> bool:
    """Whether PayPal has the currency and can write the amount."""
    if amount.currency not in CURRENCIES or amount.amount_minor <= 0:
        return False
    whole = 10 ** exponent(amount.currency)
    if amount.currency in WITHOUT_DECIMALS and amount.amount_minor % whole:
        return False
    return amount.amount_minor < 10_000_000 * whole  # seven digits are all that it takes


def written(amount: Money) -> str:
    """ "12.50", and "1250" in a currency that PayPal has no decimals for."""
    text = str(amount.decimal)
    return text.split(".")[0] if amount.currency in WITHOUT_DECIMALS else text


def money(said: Mapping[str, str]) -> Money:
    """From {"currency_code", "value"}, or {"currency", "value"} as payouts have it."""
    currency = said.get("currency_code") or said["currency"]
    return Money.from_decimal(Decimal(said["value"]), currency)


def path_of(link: str) -> str:
    """Path and query of a link in an answer: the token goes to no host but PayPal's."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
