"""What a spreadsheet would run instead of showing it (OWASP, CSV injection)."""

from typing import Any

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # in full width too


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may run the cell instead of showing it."""
    return cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA)


def harmless(cell: Any) -> Any:
    """The cell, with an apostrophe before text that a spreadsheet would run."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell
