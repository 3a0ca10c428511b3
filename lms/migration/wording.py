"""What is wrong with a list of people, in words that say what to do."""

from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .rules import MAX_BYTES, MAX_PEOPLE, Unreadable

Text = str | Promise

UNREADABLE: dict[str, Text] = {
    "too_large": gettext_lazy(
        "This file has %(mb)s MB; at most %(max_mb)s MB are read, which is ample for %(people)s "
        "people. Please split it into several lists."
    ),
    "too_many": gettext_lazy(
        "This list has more than %(people)s people. Please split it into several lists."
    ),
    "empty": gettext_lazy("There is nobody in this list: below the headings there are no rows."),
    "no_email_column": gettext_lazy(
        "No column of this file is called “email”. The first row must hold the headings: email, "
        "name, and if you like role, language, time zone, courses."
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
    "no_name": gettext_lazy("The name is missing."),
    "formula": gettext_lazy("“%(value)s” is a formula and no name."),
    "long_name": gettext_lazy("The name is longer than %(value)s characters."),
    "bad_name": gettext_lazy("The name holds characters that can’t be shown."),
    "bad_role": gettext_lazy(
        "There is no role “%(value)s” to give by list: student, assistant or instructor."
    ),
    "bad_language": gettext_lazy("“%(value)s” is none of the languages: en, ar, so."),
    "bad_time_zone": gettext_lazy("“%(value)s” is no time zone, such as Africa/Nairobi."),
    "many_courses": gettext_lazy("At most %(value)s courses a person."),
    "no_course": gettext_lazy("No published course of yours has the address “%(value)s”."),
    "full": gettext_lazy("Not enrolled: “%(value)s” is full."),
    "withdrawn": gettext_lazy(
        "Not enrolled: you ended this person’s enrolment in “%(value)s”. Restore it there."
    ),
    "expired": gettext_lazy(
        "Not enrolled: this person’s time in “%(value)s” is up. Extend the access there."
    ),
}


def of_file(refused: Unreadable) -> str:
    return str(UNREADABLE[refused.code]) % {
        "mb": -(-refused.value // 1024**2),
        "max_mb": MAX_BYTES // 1024**2,
        "people": MAX_PEOPLE,
    }


def of_row(problems: Iterable[Sequence[str]]) -> str:
    """One sentence a problem, as rows keep them: [code, value]."""
    return " ".join(str(PROBLEMS[code]) % {"value": value} for code, value in problems)


def of_reading(told: dict) -> list[str]:
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
