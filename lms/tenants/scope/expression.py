"""The scope as SQL, decided when a query compiles: a queryset carries no tenant of its own."""

from typing import Any

from django.db.models import BooleanField, Expression, F
from django.db.models.expressions import Col

from lms.tenants.scope.context import current


class InScope(Expression):
    """True for rows whose provider column is in the scope.

    `column` is the model's provider column. Compiling raises NoScope when nobody entered a scope.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, column: F | Col | str = "provider_id") -> None:
        super().__init__()
        self.column: Any = F(column) if isinstance(column, str) else column

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.column,) = exprs

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        ids = current().provider_ids
        # Spelled out: Django would take EmptyResultSet in a join for an empty query, which an outer
        # join is not, and below a negation for its opposite.
        if ids is None:
            return "1 = 1", ()
        if not ids:
            return "1 = 0", ()
        column, params = compiler.compile(self.column)
        target = self.column.target.target_field
        # Sorted, so that equal scopes give equal SQL to the database's statement cache.
        values = [target.get_db_prep_value(value, connection) for value in sorted(ids)]
        if len(values) == 1:
            return f"{column} = %s", (*params, *values)
        return f"{column} IN ({', '.join(['%s'] * len(values))})", (*params, *values)
