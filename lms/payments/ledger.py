"""The ledger: double entry, append only, balanced, and the database sees to all three.

    book(Kind.PAYMENT, key, {Account.GATEWAY: paid, Account.RECEIVABLE: -paid}, order=…, at=…)

How the database sees to it, on SQLite and on PostgreSQL alike:
- A transaction names a seal by a deferred foreign key, so it can't be committed without one.
- The seal is let in by a trigger only where the entries are there and add up to nothing, currency
  by currency; after it another trigger lets no entry in.
- Entries, transactions and seals are neither changed nor deleted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from lms.common.money import Money
from lms.orders.models import Order

from .models import Account, Kind, LedgerDay, LedgerEntry, LedgerSeal, LedgerTransaction


@transaction.atomic
def book(
    kind: Kind, key: str, amounts: Mapping[Account, Money], *, order: Order, at: datetime
) -> LedgerTransaction:
    """Write down that money moved, once for each `key`. Amounts of nothing are left out. Needs the
    provider's scope. Raises ValueError where debits and credits differ."""
    if known := LedgerTransaction.objects.filter(key=key).first():
        return known
    entries = {account: amount for account, amount in amounts.items() if amount}
    balance: dict[str, int] = {}
    for amount in entries.values():
        balance[amount.currency] = balance.get(amount.currency, 0) + amount.amount_minor
    if not entries or any(balance.values()):
        raise ValueError(f"{key} does not balance: {balance}.")
    booked = LedgerTransaction(kind=kind, key=key, order=order, at=at)
    booked.seal_id = booked.id
    try:
        with transaction.atomic():
            booked.save(force_insert=True)
    except IntegrityError:  # another process booked it in between
        return LedgerTransaction.objects.get(key=key)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            transaction=booked,
            account=account,
            amount_minor=amount.amount_minor,
            currency=amount.currency,
        )
        for account, amount in entries.items()
    )
    LedgerSeal.objects.create(id=booked.id)
    for account, amount in sorted(entries.items()):  # one order of locks for everybody
        _add_to_day(booked, account, amount)
    return booked


def balance(account: Account, currency: str) -> Money:
    """What stands on an account of the provider in scope."""
    rows = LedgerDay.objects.filter(account=account, currency=currency)
    return Money(rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0, currency)


def of_order(order: Order) -> dict[Account, Money]:
    """What stands on each account because of an order. Needs the scope."""
    rows = LedgerEntry.objects.filter(transaction__order=order).values("account", "currency")
    return {
        Account(row["account"]): Money(row["sum"], row["currency"])
        for row in rows.annotate(sum=Sum("amount_minor"))
    }


def _add_to_day(booked: LedgerTransaction, account: Account, amount: Money) -> None:
    day = booked.at.astimezone(UTC).date()
    key: dict[str, Any] = {
        "day": day, "kind": booked.kind, "account": account, "currency": amount.currency,
    }  # fmt: skip
    LedgerDay.objects.get_or_create(**key)
    LedgerDay.objects.filter(**key).update(amount_minor=F("amount_minor") + amount.amount_minor)


def totals() -> list[dict[str, Money]]:
    """What the provider in scope has sold, a dictionary for each currency: `sold`, `fee`, `tax`,
    `refunded`, `earned` (what is left for the provider, with the tax it owes)."""
    rows = LedgerDay.objects.values("currency", "kind", "account")
    sums: dict[str, dict[tuple[str, str], int]] = {}
    for row in rows.annotate(sum=Sum("amount_minor")).order_by("currency"):
        sums.setdefault(row["currency"], {})[row["kind"], row["account"]] = row["sum"]
    return [_told(currency, found) for currency, found in sums.items()]


def _told(currency: str, found: Mapping[tuple[str, str], int]) -> dict[str, Money]:
    def on(account: Account) -> int:
        return sum(amount for (_kind, name), amount in found.items() if name == account)

    back = found.get((Kind.REFUND, Account.REFUND), 0)
    back += found.get((Kind.REFUND_FAILED, Account.REFUND), 0)
    amounts = {
        "sold": found.get((Kind.SALE, Account.RECEIVABLE), 0),
        "refunded": -back,
        "fee": -on(Account.FEE),
        "tax": -on(Account.TAX),
        "earned": -on(Account.EARNINGS) - on(Account.TAX),
    }
    return {name: Money(amount, currency) for name, amount in amounts.items()}
