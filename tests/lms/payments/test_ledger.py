"""The ledger balances, grows and is complete, because the database sees to it."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from lms.common import clock
from lms.common.money import Money
from lms.payments import ledger
from lms.payments.models import (
    Account,
    Kind,
    LedgerDay,
    LedgerEntry,
    LedgerSeal,
    LedgerTransaction,
    Payment,
)
from lms.tenants.scope import provider_scope
from tests.lms.payments.making import begun, ordered


def euro(minor):
    return Money(minor, "EUR")


@pytest.fixture
def order(page, carol):
    order = ordered(page, carol)
    with provider_scope(page.provider_id):
        yield order


def book(order, key="one", **amounts):
    told = {Account(name): euro(minor) for name, minor in amounts.items()}
    return ledger.book(Kind.SALE, key, told, order=order, at=clock.now())


def test_what_does_not_balance_is_refused(order):
    with pytest.raises(ValueError, match="balance"):
        book(order, receivable=100, earnings=-99)


def test_booked_twice_it_stands_once(order):
    assert book(order, receivable=100, earnings=-100) == book(order, receivable=7, earnings=-7)
    assert LedgerEntry.objects.count() == 2
    assert ledger.balance(Account.RECEIVABLE, "EUR") == euro(100)


def test_the_days_are_the_sums_of_the_entries(order):
    book(order, "one", receivable=100, earnings=-90, fee=-10)
    book(order, "two", receivable=50, earnings=-50)
    for account in Account:
        entries = LedgerEntry.objects.filter(account=account).values_list("amount_minor", flat=True)
        days = LedgerDay.objects.filter(account=account).values_list("amount_minor", flat=True)
        assert sum(entries) == sum(days)


@pytest.mark.parametrize("model", [LedgerEntry, LedgerTransaction, LedgerSeal])
def test_nothing_is_changed_or_deleted(order, model):
    book(order, receivable=100, earnings=-100)
    table = model._meta.db_table
    for deed in (f"DELETE FROM {table}", f"UPDATE {table} SET provider_id = provider_id"):
        with (
            pytest.raises(DatabaseError, match="can only grow"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(deed)


def test_nothing_is_added_after_the_seal(order):
    booked = book(order, receivable=100, earnings=-100)
    with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
        LedgerEntry.objects.create(
            transaction=booked, account=Account.FEE, amount_minor=5, currency="EUR"
        )


def test_a_seal_wants_entries_that_balance(order):
    booked = LedgerTransaction(kind=Kind.SALE, key="two", order=order, at=clock.now())
    booked.seal_id = booked.id
    booked.save(force_insert=True)
    with pytest.raises(DatabaseError, match="balance"), transaction.atomic():
        LedgerSeal.objects.create(id=booked.id)
    for currency in ("EUR", "USD"):  # together nothing, but not each by itself
        sign = 1 if currency == "EUR" else -1
        LedgerEntry.objects.create(
            transaction=booked, account=Account.FEE, amount_minor=sign * 5, currency=currency
        )
    with pytest.raises(DatabaseError, match="balance"), transaction.atomic():
        LedgerSeal.objects.create(id=booked.id)
    for currency, sign in (("EUR", -1), ("USD", 1)):
        LedgerEntry.objects.create(
            transaction=booked, account=Account.TAX, amount_minor=sign * 5, currency=currency
        )
    LedgerSeal.objects.create(id=booked.id)


def test_without_its_seal_nothing_is_committed(order):
    with pytest.raises(IntegrityError), transaction.atomic():
        booked = LedgerTransaction(kind=Kind.SALE, key="two", order=order, at=clock.now())
        booked.seal_id = booked.id
        booked.save(force_insert=True)
        LedgerEntry.objects.create(
            transaction=booked, account=Account.FEE, amount_minor=5, currency="EUR"
        )
        connection.check_constraints()


def test_money_that_came_stands_in_the_ledger(order):
    payment = begun(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(state="succeeded")
