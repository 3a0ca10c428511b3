"""What the database refuses of the ledger."""

from typing import Literal

from lms.tenants.append_only import Watch

SAYS = "the ledger can only grow"
_ENTRIES = "payments_ledgerentry WHERE transaction_id = NEW.id"

_DEEDS: dict[str, Literal["UPDATE", "DELETE"]] = {"changed": "UPDATE", "deleted": "DELETE"}

WATCHES = (
    *(
        Watch(f"{table}_not_{deed}", f"payments_{table}", event, SAYS)
        for table in ("ledgerentry", "ledgertransaction", "ledgerseal")
        for deed, event in _DEEDS.items()
    ),
    Watch(
        "ledgerentry_before_seal",
        "payments_ledgerentry",
        "INSERT",
        "this ledger transaction is sealed",
        "EXISTS (SELECT 1 FROM payments_ledgerseal WHERE id = NEW.transaction_id)",
    ),
    Watch(
        "ledgerseal_balances",
        "payments_ledgerseal",
        "INSERT",
        "the ledger does not balance",
        f"NOT EXISTS (SELECT 1 FROM {_ENTRIES}) OR EXISTS (SELECT 1 FROM {_ENTRIES}"  # noqa: S608
        " GROUP BY currency HAVING SUM(amount_minor) <> 0)",
    ),
)
