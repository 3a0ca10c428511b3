"""What the database itself refuses, whoever asks: triggers on tables that can only grow.

    watch(Watch("ledger_not_changed", "payments_ledgerentry", "UPDATE", "the ledger only grows"))

An entry of the audit goes when its day has passed, or when its house is being erased. The database
can see both for itself, so no setting, role or flag opens the way for anybody.
"""

from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction

TODAY = {"sqlite": "date('now')", "postgresql": "current_date"}  # of UTC


@dataclass(frozen=True, slots=True)
class Watch:
    """Refuses `event` on rows of `table` with `says`, where `when` holds: SQL over OLD and NEW that
    both databases read alike, with {today} for today's date; always, without."""

    name: str
    table: str
    event: Literal["INSERT", "UPDATE", "DELETE"]
    says: str
    when: str = ""


_AUDIT = ("tenants_auditentry", "the audit can only grow")
_KEPT = (
    "OLD.keep_until >= {today} AND EXISTS"
    " (SELECT 1 FROM tenants_provider WHERE id = OLD.provider_id AND status <> 'erased')"
)
_watches: dict[str, Watch] = {
    one.name: one
    for one in (
        Watch("audit_not_changed", _AUDIT[0], "UPDATE", _AUDIT[1]),
        Watch("audit_not_deleted", _AUDIT[0], "DELETE", _AUDIT[1], _KEPT),
    )
}


def watch(*watches: Watch) -> None:
    """Have the database watch from the next migration on; in an app's `ready`."""
    _watches.update({one.name: one for one in watches})


def install(connection: Any) -> None:
    """Put the triggers up, to be called as the tables' owner. After every migration: SQLite makes a
    table anew to change it, and forgets its triggers."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for one in _watches.values():
            if one.table in tables:
                cursor.execute(_sql(one, connection.vendor))


def lift(connection: Any) -> None:
    """Take SQLite's down, for migrations and for `flush`, which empties tables row by row there;
    `install` puts them up again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in _watches:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _sql(one: Watch, vendor: str) -> str:
    when = one.when.format(today=TODAY[vendor])
    if vendor == "sqlite":
        return (
            f"CREATE TRIGGER IF NOT EXISTS {one.name} BEFORE {one.event} ON {one.table}"
            f" {f'WHEN {when}' if when else ''} BEGIN SELECT RAISE(ABORT, '{one.says}'); END"
        )
    return f"""
CREATE OR REPLACE FUNCTION fledge_{one.name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {when or "TRUE"} THEN
    RAISE EXCEPTION '{one.says}' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER {one.name} BEFORE {one.event} ON {one.table}
  FOR EACH ROW EXECUTE FUNCTION fledge_{one.name}();
"""
