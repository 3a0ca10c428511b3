from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.common.money import (
    CURRENCIES,
    BadAmount,
    MixedCurrencies,
    Money,
    UnknownCurrency,
    exponent,
)

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(min_value=-(10**15), max_value=10**15)
moneys = st.builds(Money, amounts, currencies)


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_each_currency_has_its_own_number_of_decimals(currency, decimals):
    assert exponent(currency) == decimals


def test_an_unknown_currency_is_refused():
    with pytest.raises(UnknownCurrency):
        Money(1, "XYZ")


@pytest.mark.parametrize("amount", [1.0, True, "1", Decimal(1)])
def test_minor_units_are_whole_numbers(amount):
    with pytest.raises(TypeError):
        Money(amount, "EUR")


@pytest.mark.parametrize("operation", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b])
def test_two_currencies_do_not_mix(operation):
    with pytest.raises(MixedCurrencies):
        operation(Money(1, "EUR"), Money(1, "USD"))


@pytest.mark.parametrize("operation", [lambda m: m + 1, lambda m: m * 1.5, lambda m: m - 0.5])
def test_money_and_bare_numbers_do_not_mix(operation):
    with pytest.raises(TypeError):
        operation(Money(100, "EUR"))


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(123450, "EUR"), "en", "€1,234.50"),
        (Money(123450, "EUR"), "de", "1.234,50\xa0€"),
        (Money(1234, "JPY"), "en", "¥1,234"),
        (Money(1234, "KWD"), "en", "KWD\xa01.234"),
        (Money(-5, "USD"), "en", "-$0.05"),
    ],
)
def test_amounts_are_written_as_the_reader_writes_them(money, locale, text):
    assert money.format(locale) == text


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [("1,234.5", "EUR", "en", 123450), ("1.234,50", "EUR", "de", 123450), ("70", "JPY", "en", 70)],
)
def test_amounts_are_read_as_the_writer_writes_them(text, currency, locale, minor):
    assert Money.parse(text, currency, locale) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "abc", "1.005", "1e5", "NaN", "Infinity", "--1", "9" * 41])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(BadAmount):
        Money.parse(text, "EUR", "en")


@given(moneys)
def test_the_decimal_of_an_amount_leads_back_to_it(money):
    assert Money.from_decimal(money.decimal, money.currency) == money


@given(moneys, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_splitting_loses_nothing_and_is_off_by_less_than_a_unit(money, weights):
    parts = money.allocate(weights)
    assert sum(part.amount_minor for part in parts) == money.amount_minor
    for part, weight in zip(parts, weights, strict=True):
        exact = abs(money.amount_minor) * weight
        assert abs(abs(part.amount_minor) * sum(weights) - exact) < sum(weights)


def test_equal_remainders_go_to_the_earlier_part():
    assert [m.amount_minor for m in Money(100, "EUR").allocate([1, 1, 1])] == [34, 33, 33]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_divide_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="Weights"):
        Money(100, "EUR").allocate(weights)


def test_a_share_is_rounded_once_half_to_even():
    assert Money(250, "EUR").share(Decimal("0.01")) == Money(2, "EUR")
    assert Money(350, "EUR").share(Decimal("0.01")) == Money(4, "EUR")
