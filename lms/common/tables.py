"""Tables as spreadsheets save them, read without a database: bytes to text, text to cells."""

import csv
import io
import unicodedata
from collections.abc import Iterator

# What people call the columns that say who somebody is, in the platform's languages.
PERSON: dict[str, tuple[str, ...]] = {
    "email": (
        "email", "mail", "emailaddress", "address", "login", "البريد", "البريدالإلكتروني",
        "البريدالالكتروني", "الإيميل", "الايميل", "iimayl", "iimeyl", "emayl", "ciwaankaemailka",
    ),
    "name": (
        "name", "fullname", "displayname", "person", "student", "learner", "الاسم", "الاسمالكامل",
        "اسمالطالب", "magac", "magaca", "magacabuuxa", "magacadhan",
    ),
    "first_name": ("firstname", "givenname", "forename", "الاسمالأول", "الاسمالاول", "magacahore"),
    "last_name": (
        "lastname", "surname", "familyname", "اسمالعائلة", "العائلة", "magacadambe", "magacaaabaha",
    ),
}  # fmt: skip


class Unreadable(ValueError):
    """`code` says why the whole file is refused; `value` is what there is too much of, if any."""

    def __init__(self, code: str, value: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.value = value


def decode(data: bytes) -> tuple[str, str, bool]:
    """Text, encoding, and whether that is a guess: Windows-1252 reads anything, rightly or not.

    Raises Unreadable for what is no text.
    """
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise Unreadable("spreadsheet")
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return _decoded(data[2:], encoding), "UTF-16", False
    # Text of any script has its commas, digits and line ends as two bytes, one of them zero.
    head = data[:4096]
    if head[1::2].count(0) > len(head) // 8 > head[0::2].count(0):
        return _decoded(data, "utf-16-le"), "UTF-16", True
    if head[0::2].count(0) > len(head) // 8 > head[1::2].count(0):
        return _decoded(data, "utf-16-be"), "UTF-16", True
    if b"\0" in data:
        raise Unreadable("binary")
    try:
        return data.decode("utf-8-sig"), "UTF-8", False
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Windows-1252", True
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1", True


def plain(text: str) -> str:
    """Letters and digits alone, in one case: "E-mail address" → "emailaddress"."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("binary") from None


def rows_of(text: str, separator: str) -> Iterator[list[str]]:
    """The cells of each row. Raises Unreadable for what is no table."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:  # a cell without end
        raise Unreadable("torn") from None
