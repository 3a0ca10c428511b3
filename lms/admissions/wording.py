"""What is wrong with a list of people to invite, in words that say what to do."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.common.tables import Unreadable

from .models import InvitationRow
from .rules import MAX_BYTES, MAX_ROWS

Text = str | Promise

UNREADABLE: dict[str, Text] = {
    "too_large": gettext_lazy(
        "This list has %(mb)s MB; at most %(max_mb)s MB are read. Please split it into several."
    ),
    "too_many": gettext_lazy(
        "This list has more than %(people)s people. Please split it into several."
    ),
    "empty": gettext_lazy("There is nobody in this list."),
    "no_email_column": gettext_lazy(
        "No column of this file holds e-mail addresses. Please call one “email” in the first row."
    ),
    "spreadsheet": gettext_lazy(
        "This is a spreadsheet’s own format. Please save it as CSV (in Excel: “Save as”, “CSV "
        "UTF-8”), and upload that."
    ),
    "binary": gettext_lazy("This is no text file. Please upload a list saved as CSV."),
    "torn": gettext_lazy(
        "This file can’t be read as a table. Often a quotation mark is opened and never closed."
    ),
}

PROBLEMS: dict[str, Text] = {
    "no_email": gettext_lazy("The e-mail address is missing."),
    "bad_email": gettext_lazy("“%(value)s” is no e-mail address."),
    "twice": gettext_lazy("This address stands in row %(value)s already."),
    "formula": gettext_lazy("“%(value)s” is a formula and no name."),
}


def of_file(refused: Unreadable) -> str:
    return str(UNREADABLE[refused.code]) % {
        "mb": -(-refused.value // 1024**2),
        "max_mb": MAX_BYTES // 1024**2,
        "people": MAX_ROWS,
    }


def of_row(row: InvitationRow) -> str:
    return str(PROBLEMS[row.problem]) % {"value": row.value} if row.problem else ""


def of_reading(told: dict[str, Any]) -> list[str]:
    """How a file was read, as far as it may be wrong."""
    found = []
    if told.get("guessed"):
        found.append(
            _(
                "The file does not say how its letters are written. They were read as "
                "%(encoding)s: please look whether names are right."
            )
            % {"encoding": told["encoding"]}
        )
    if unused := told.get("unused"):
        found.append(_("Columns that were not used: %(names)s") % {"names": ", ".join(unused)})
    return found
