"""The policies: PostgreSQL shows and takes a private row only for the scope the session was told.

`install` runs after every migration. It changes only what is not yet so, and each table's change
is one of the catalogue alone, however many rows there are.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey, Model

# '{}' (or nothing) for nobody's rows, '{<provider id>,…}' for theirs, '*' for everybody's.
SETTING = "fledge.scope"
POLICY = "provider_scope"
# Changing a policy waits for the table's running queries, and new ones wait for the change.
LONGEST_WAIT = "5s"

# In sub-selects, which PostgreSQL answers once a query and not once a row.
_SAID = f"current_setting('{SETTING}', true)"
_EVERYBODY = f"(SELECT {_SAID} = '*')"
_PROVIDERS = f"(SELECT nullif(nullif({_SAID}, ''), '*')::uuid[])::uuid[]"


@cache
def conditions() -> dict[str, str]:
    """{table: the SQL condition its rows are seen and written under}, for all private rows."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy and (parts := list(_conditions(model))):
            found[meta.db_table] = " AND ".join(parts)
    return found


def mentions_private_rows(sql: str) -> bool:
    """Whether a statement may be about private rows."""
    return any(table in sql for table in conditions())


def missing(connection: Any) -> list[str]:
    """Tables of private rows without their policy, as it is now, in force."""
    with connection.cursor() as cursor:
        # The comment keeps the condition as it was written; PostgreSQL prints it in its own words.
        cursor.execute(
            "SELECT relname, obj_description(pg_policy.oid, 'pg_policy') FROM pg_policy"
            " JOIN pg_class ON pg_class.oid = polrelid WHERE polname = %s"
            " AND relrowsecurity AND relforcerowsecurity AND pg_table_is_visible(pg_class.oid)",
            [POLICY],
        )
        present = dict(cursor.fetchall())
        tables = set(connection.introspection.table_names(cursor))
    return sorted(
        table
        for table, condition in conditions().items()
        if table in tables and present.get(table) != condition
    )


def install(connection: Any) -> None:
    """Put up what is missing, and let the application's role use the tables. To be called as their
    owner. Raises OperationalError where a table stays busy; calling it again goes on from there.
    """
    for table in missing(connection):
        name, condition = connection.ops.quote_name(table), conditions()[table]
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
            cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
            # Owners too; so the wall stands where one role is owner and application in one.
            cursor.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {name}")
            cursor.execute(
                f"CREATE POLICY {POLICY} ON {name} USING ({condition}) WITH CHECK ({condition})"
            )
            cursor.execute(f"COMMENT ON POLICY {POLICY} ON {name} IS %s", [condition])
    if role := connection.settings_dict["OPTIONS"].get("assume_role"):
        _admit(connection, role)


def weaknesses(connection: Any) -> Iterator[str]:
    """What makes the wall useless for the role the application speaks as."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        role, bypasses = cursor.fetchone()
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
            " AND relname = ANY (%s) AND pg_get_userbyid(relowner) = current_user",
            [list(conditions())],
        )
        owned = sorted(row[0] for row in cursor.fetchall())
    if bypasses:
        yield f"The role {role} is a superuser or bypasses row-level security."
    if owned:
        yield f"The role {role} owns {', '.join(owned)}, and so could switch their policies off."
    if bare := missing(connection):
        yield f"There is no policy on {', '.join(bare)}: run migrate as the tables' owner."


def _conditions(model: type[Model]) -> Iterator[str]:
    """One for a row that names its provider; for links and inherited parts, which name none, one
    for each private row they belong to: that row is visible."""
    from lms.tenants.scope.rows import TenantModel

    for field in model._meta.local_fields:
        if not isinstance(field, ForeignKey):
            continue
        column = f'"{model._meta.db_table}"."{field.column}"'
        if field.name == "provider" and issubclass(model, TenantModel):
            yield f"{_EVERYBODY} OR {column} = ANY ({_PROVIDERS})"
        elif model._meta.auto_created or field.remote_field.parent_link:
            target = field.remote_field.model
            if issubclass(target, TenantModel):
                table, key = target._meta.db_table, field.target_field.column
                yield f'EXISTS (SELECT FROM "{table}" WHERE "{table}"."{key}" = {column})'


def _admit(connection: Any, role: str) -> None:
    """Make the role where it is missing, and grant it rows but nothing of the tables' own."""
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            # Roles belong to the whole server; another database may be at the same.
            cursor.execute(
                f"DO $$ BEGIN CREATE ROLE {name} NOLOGIN; EXCEPTION"
                " WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        cursor.execute("SELECT pg_has_role(%s, 'MEMBER')", [role])
        if not cursor.fetchone()[0]:
            cursor.execute(f"GRANT {name} TO CURRENT_USER")
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}"
        )
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
