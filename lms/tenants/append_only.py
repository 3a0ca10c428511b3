"""The audit can only grow: triggers in the database refuse everything else, whoever asks.

An entry goes when its day has passed, or when its house is being erased. The database can see both
for itself, so no setting, role or flag opens the way for anybody.
"""

from typing import Any

from django.db import transaction

TABLE = "tenants_auditentry"
_KEPT = (
    "OLD.keep_until >= {today} AND EXISTS"
    " (SELECT 1 FROM tenants_provider WHERE id = OLD.provider_id AND status <> 'erased')"
)

_TODAY = "date('now')"  # of UTC
_SQLITE = {
    "audit_not_changed": f"BEFORE UPDATE ON {TABLE}",
    "audit_not_deleted": f"BEFORE DELETE ON {TABLE} WHEN {_KEPT.format(today=_TODAY)}",
}

_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION fledge_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR ({_KEPT.format(today="current_date")}) THEN
    RAISE EXCEPTION 'the audit can only grow' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION fledge_append_only();
"""


def install(connection: Any) -> None:
    """Put the triggers up, to be called as the table's owner. After every migration: SQLite makes a
    table anew to change it, and forgets its triggers."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
            return
        for name, when in _SQLITE.items():
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {name} {when}"
                " BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END"
            )


def lift(connection: Any) -> None:
    """Take SQLite's down, for migrations and for `flush`, which empties tables row by row there;
    `install` puts them up again."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
