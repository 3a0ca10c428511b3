"""The connection: before each statement the session is told the scope it runs in.

It is told only when the scope differs from what the session last heard, so a request costs one
`SET`, and a pooled or persistent connection never carries a scope from one request to the next.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.pq import TransactionStatus

from lms.tenants.postgresql.wall import SETTING, mentions_private_rows

# (role, ids of the providers in reach, None for all). A session is told both, or neither.
Session = tuple[str | None, frozenset[UUID] | None]

_FETCHES = frozenset({"fetchone", "fetchmany", "fetchall"})
_STATEMENTS = frozenset({"copy", "stream"})  # psycopg's own, beside execute and executemany


class _Scoped(CursorWrapper):
    """Statements run in the scope of the code that runs them.

    A server-side cursor in a transaction computes its rows as they are fetched. They are fetched in
    the scope it was opened in, whatever the code has entered since.
    """

    db: "DatabaseWrapper"
    _opened_in: Session | None = None

    def _execute(self, sql: Any, params: Any, *ignored: Any) -> Any:
        self.db.tell_scope(sql)
        self._opened_in = self.db.told
        return super()._execute(sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: Any, param_list: Any, *ignored: Any) -> Any:
        self.db.tell_scope(sql)
        return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        self.db.tell_scope()
        return super().callproc(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name in _STATEMENTS:
            return _after(self.db.tell_scope, found)
        if name in _FETCHES and self._computes_late and self._opened_in:
            return _after(functools.partial(self.db.tell, self._opened_in), found)
        return found

    def __iter__(self) -> Iterator[Any]:
        if not self._computes_late:
            return super().__iter__()
        several = iter(lambda: self.fetchmany(self.cursor.itersize), [])
        return chain.from_iterable(several)

    @property
    def _computes_late(self) -> bool:
        # Only server-side cursors have the attribute; one WITH HOLD has its rows already.
        return getattr(self.cursor, "withhold", None) is False


def _after(first: Callable[..., None], then: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(then)
    def both(*args: Any, **kwargs: Any) -> Any:
        first()
        return then(*args, **kwargs)

    return both


class _Debugged(_Scoped, base.CursorDebugWrapper):
    """The same with its statements logged; `copy` is logged by Django's method, so told in it."""

    def copy(self, statement: Any, *args: Any) -> Any:
        self.db.tell_scope(statement)
        return super().copy(statement, *args)


class DatabaseWrapper(base.DatabaseWrapper):
    """Speaks as the role in OPTIONS' `assume_role`, if any, and always for the scope in force.

    Both are session settings. A rollback takes back what was told since the transaction or the
    savepoint began; so it is forgotten there, and told again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: Session | None = None  # None: not known
        self._owners = 0

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Speak as the role that signed in, which owns the tables where `assume_role` is used."""
        self._owners += 1
        try:
            yield
        finally:
            self._owners -= 1

    def tell_scope(self, sql: Any = "") -> None:
        """Have the session know the scope in force. A lazy scope stays unasked, and reaches
        nothing, for as long as no statement mentions private rows."""
        # Not above: the scope's package has models, which ask for a connection when they are made.
        from lms.tenants.scope.context import in_force

        reach = in_force(find=lambda: mentions_private_rows(str(sql)))
        own = self._owners or self.alias == NO_DB_ALIAS
        self.tell((None if own else self.settings_dict["OPTIONS"].get("assume_role"), reach))

    def tell(self, session: Session) -> None:
        """Have the session speak as this role for these providers."""
        if session == self.told:
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # nothing but a rollback is possible now
        role, reach = session
        ids = "*" if reach is None else "{" + ",".join(sorted(map(str, reach))) + "}"
        become = f"SET ROLE {self.ops.quote_name(role)}" if role else "RESET ROLE"
        # SET and not set_config(): a query would settle the transaction's isolation level.
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(f"{become}; SET {SETTING} = '{ids}'")
        self.told = session

    # --- Where what was told is no longer so -----------------------------------------------------

    def connect(self) -> None:
        self.told = None
        super().connect()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except BaseException:
            self.told = None
            raise

    def _rollback(self) -> None:
        self.told = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]
        finally:
            self.told = None

    # --- Django's hooks --------------------------------------------------------------------------

    def _configure_role(self, connection: Any) -> bool:
        return False  # told with the scope: Django's own would be undone by a rollback

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return _Scoped(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return _Debugged(cursor, self)
