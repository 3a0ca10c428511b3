"""Money: whole minor units and a currency, never a float."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import total_ordering

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberFormatError, parse_decimal
from django.utils.translation import get_language, to_locale

# ISO 4217 (amendment 176): active national currencies and how many decimals their minor unit has.
_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT
MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"

CURRENCIES: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}


# CLDR's currencySpacing (Unicode TS 35, part 3), which Babel leaves out: CHF 10, not CHF10.
_LETTER_BY_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


class MoneyError(ValueError):
    """What was given is no amount of money."""


class UnknownCurrency(MoneyError):
    """Not an active ISO 4217 code."""


class MixedCurrencies(TypeError):
    """Two currencies in one sum or comparison."""


class BadAmount(MoneyError):
    """Text that is no amount of the currency, or is finer than its minor unit."""


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit: EUR 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def currency_choices() -> list[tuple[str, str]]:
    """Codes with their names in the active language, for a form field."""
    names = _locale(None).currencies
    return [(code, f"{code} – {names.get(code, code)}") for code in sorted(CURRENCIES)]


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`amount_minor` is a whole number of the currency's minor unit (cents, yen, fils)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"Minor units are whole numbers, not {self.amount_minor!r}.")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> "Money":
        """Raises BadAmount when `amount` is finer than the minor unit, or not finite."""
        if not isinstance(amount, Decimal):
            raise TypeError(f"A Decimal is needed, not {amount!r}.")
        if not amount.is_finite():
            raise BadAmount(str(amount))
        # scaleb and == are exact; a rounding context would hide a lost digit.
        sign, digits, power = amount.as_tuple()
        shift = int(power) + exponent(currency)
        whole = int("".join(map(str, digits)) or "0")
        minor, rest = (whole * 10**shift, 0) if shift >= 0 else divmod(whole, 10**-shift)
        if rest:
            raise BadAmount(f"{amount} {currency} is finer than the minor unit")
        return cls(-minor if sign else minor, currency)

    @classmethod
    def parse(cls, text: str, currency: str, locale: str | None = None) -> "Money":
        """Read what somebody typed, in the separators of `locale` (default: the active language).

        Raises BadAmount, UnknownCurrency.
        """
        # Decimal would take "1e5" and "NaN".
        if len(text) > 40 or any(character.isalpha() for character in text):
            raise BadAmount(text[:40])
        try:
            amount = parse_decimal(text.strip(), locale=_locale(locale), strict=True)
        except (NumberFormatError, InvalidOperation) as error:
            raise BadAmount(text) from error
        return cls.from_decimal(amount, currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with the currency's number of decimals."""
        digits = tuple(map(int, str(abs(self.amount_minor))))
        return Decimal((self.amount_minor < 0, digits, -exponent(self.currency)))

    def format(self, locale: str | None = None) -> str:
        """As the reader of `locale` (default: the active language) writes it: €1,234.50."""
        chosen = _locale(locale)
        decimals = exponent(self.currency)
        text = chosen.currency_formats["standard"].apply(
            self.decimal,
            chosen,
            currency=self.currency,
            currency_digits=False,
            force_frac=(decimals, decimals),
        )
        return _LETTER_BY_DIGIT.sub("\N{NO-BREAK SPACE}", text)

    def __str__(self) -> str:
        return self.format()

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount_minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount_minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount_minor), self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            raise TypeError("Money is multiplied by whole numbers; see `share` and `allocate`.")
        return Money(self.amount_minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        return self.amount_minor < self._minor_of(other)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def share(self, fraction: Decimal) -> "Money":
        """`fraction` of the amount (0.15 for 15 %), rounded once, half to even."""
        if not isinstance(fraction, Decimal):
            raise TypeError(f"A Decimal is needed, not {fraction!r}.")
        exact = Decimal(self.amount_minor) * fraction
        return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), self.currency)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split in proportion to whole, non-negative `weights`, losing nothing.

        Largest remainder (Hamilton): each part is its exact share rounded down or up, and on equal
        remainders the earlier part gets the unit. Raises ValueError when the weights are empty,
        negative or all 0.
        """
        if any(type(weight) is not int or weight < 0 for weight in weights) or not sum(weights):
            raise ValueError("Weights are whole numbers from 0, and not all 0.")
        total, amount = sum(weights), abs(self.amount_minor)
        sign = -1 if self.amount_minor < 0 else 1
        floors = [amount * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % total))
        for index in by_remainder[: amount - sum(floors)]:
            floors[index] += 1
        return [Money(sign * part, self.currency) for part in floors]

    def _minor_of(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money and {type(other).__name__} don't mix.")
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.amount_minor


def _locale(name: str | None) -> Locale:
    language = name or get_language() or "en"
    try:
        return Locale.parse(to_locale(language.replace("_", "-").lower()))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
