"""What the adapters of Stripe share: the client, how it counts money, what went wrong."""

from typing import Any, TypedDict

import stripe

from lms.common.money import CURRENCIES, Money, exponent

ATTEMPTS = 2  # more, by the client itself, with the same idempotency key
# https://docs.stripe.com/currencies, of those that are active (ISO 4217).
SUPPORTED = frozenset(
    """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD
MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
RSD RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
""".split()
)
# Where Stripe's unit is not ISO 4217's: how many decimals it takes the currency to have. Of the
# first two it only takes whole units all the same.
DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
WHOLE = {"ISK", "UGX"}


class WrongAmount(ValueError):
    """Stripe has no such amount, or not this currency."""


class Units(TypedDict):
    """An amount as Stripe's parameters have it."""

    amount: int
    currency: str


def client(api_key: str, base_url: str, timeout: float) -> stripe.StripeClient:
    """`timeout` is in seconds, for each attempt."""
    # What is there for files and the like must not go to the real Stripe when payments don't.
    addresses: Any = dict.fromkeys(("api", "connect", "files", "meter_events"), base_url)
    return stripe.StripeClient(
        api_key,
        base_addresses=addresses if base_url else None,
        max_network_retries=ATTEMPTS,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def amount_for(money: Money) -> Units:
    """Raises WrongAmount for what Stripe can't take."""
    currency = money.currency
    if currency not in SUPPORTED:
        raise WrongAmount(f"Stripe takes no {currency}.")
    shift = DECIMALS.get(currency, exponent(currency)) - exponent(currency)
    amount, rest = (
        (money.amount_minor * 10**shift, 0)
        if shift >= 0
        else divmod(money.amount_minor, 10**-shift)
    )
    # Card networks have no third decimal.
    if rest or (exponent(currency) == 3 and amount % 10):
        raise WrongAmount(f"{money.amount_minor} {currency} is finer than Stripe counts.")
    return {"amount": amount, "currency": currency.lower()}


def money_of(amount: int, currency: str) -> Money:
    """What Stripe says as Money. Raises WrongAmount for a part of an ISO 4217 unit."""
    code = currency.upper()
    if code not in CURRENCIES:
        raise WrongAmount(f"No currency is called {currency!r}.")
    shift = exponent(code) - DECIMALS.get(code, exponent(code))
    if shift >= 0:
        return Money(amount * 10**shift, code)
    whole, rest = divmod(amount, 10**-shift)
    if rest:
        raise WrongAmount(f"{amount} {code} is a part of a unit.")
    return Money(whole, code)


def is_missing(error: stripe.StripeError) -> bool:
    """Whether what the address names is not there; what only a parameter names is no such thing."""
    return error.http_status == 404


def told(error: stripe.StripeError) -> str:
    """For the log: Stripe's words with the request's id, and nothing of what was sent."""
    code = getattr(error.error, "decline_code", None) or error.code or type(error).__name__
    return f"{code}: {error}"


def value(found: Any) -> dict[str, Any]:
    """A plain dict, all the way down: what is missing there is asked for by `get`."""
    plain: dict[str, Any] = found.to_dict()
    return plain
