"""Pure decisions: lists of people to invite, codes, and what an answer is called."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lms.common.formulas import is_formula
from lms.common.tables import PERSON, Unreadable, decode, plain, rows_of

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
LONGEST_EMAIL, LONGEST_NAME = 254, 150

# Nothing that is mistaken for something else on paper: no 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
LONGEST_CODE = 64

_NAMED = re.compile(r"^(?P<name>.*?)<(?P<email>[^<>]+)>\s*$")


@dataclass(slots=True)
class Entry:
    """A row. `number` is the spreadsheet's, or the line's; `problem` is (code, value) or None."""

    number: int
    email: str = ""
    name: str = ""
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class List:
    """`guessed`: the bytes did not say their encoding. `unused` are headings nobody knows."""

    entries: list[Entry]
    encoding: str = ""
    guessed: bool = False
    unused: list[str] = field(default_factory=list)


def read_file(data: bytes, *, is_email: Callable[[str], bool], most: int = MAX_ROWS) -> List:
    """The people of a CSV file, with headings or without. Stops at the first row too many.

    Raises Unreadable.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", len(data))
    text, encoding, guessed = decode(data)
    text = re.sub(r"\Asep=.\r?\n", "", text)  # what Excel writes for itself
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = rows_of(text, separator)
    first = next(rows, [])
    columns, unused = _columns(first)
    if "email" in columns:
        people = _people(enumerate(rows, start=2), columns)
    else:
        place = next((place for place, cell in enumerate(first) if "@" in cell), None)
        if place is None:
            raise Unreadable("no_email_column")
        bare = {"email": place} | ({"name": 1 - place} if len(first) == 2 else {})
        unused = []
        people = _people(_with_first(first, rows), bare)
    return List(_checked(people, is_email, most), encoding, guessed, unused)


def read_pasted(text: str, *, is_email: Callable[[str], bool], most: int = MAX_ROWS) -> List:
    """Addresses as people paste them: "Ada <ada@example.org>", parted by lines, commas,
    semicolons or spaces. Raises Unreadable."""
    if len(text) > MAX_BYTES:
        raise Unreadable("too_large", len(text))
    return List(_checked(_pasted(text), is_email, most))


def new_code() -> str:
    """Short enough to be read out; 31 ** 8 of them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def normalise_code(typed: str) -> str:
    """A code as it is stored, however it was typed; "" for what can't be one. Secrets of links
    stand as they are."""
    text = typed.strip()
    short = plain(text).upper()
    if len(short) == CODE_LENGTH and set(short) <= set(ALPHABET):
        return short
    return text if len(text) <= LONGEST_CODE and re.fullmatch(r"[A-Za-z0-9_-]+", text) else ""


def shown_code(code: str) -> str:
    """ABCD-2345."""
    return f"{code[:4]}-{code[4:]}" if len(code) == CODE_LENGTH else code


def _with_first(first: list[str], rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    yield 1, first
    yield from enumerate(rows, start=2)


def _columns(headings: list[str]) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    unused = []
    meanings = {plain(word): key for key, words in PERSON.items() for word in (key, *words)}
    for place, heading in enumerate(headings):
        name = meanings.get(plain(heading), "")
        if name and name not in columns:
            columns[name] = place
        elif heading.strip():
            unused.append(heading.strip()[:60])
    return columns, unused


def _people(
    rows: Iterable[tuple[int, list[str]]], columns: dict[str, int]
) -> Iterator[tuple[int, str, str]]:
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        given = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        parts = ("name",) if given.get("name", "").strip() else ("first_name", "last_name")
        name = " ".join(filter(None, (given.get(part, "").strip() for part in parts)))
        yield number, given.get("email", ""), name


def _pasted(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        for chunk in re.split(r"[,;]", line):
            if named := _NAMED.match(chunk.strip()):
                yield number, named["email"], named["name"].strip(" \"'")
            else:
                for word in chunk.split():
                    yield number, word, ""


def _checked(
    people: Iterable[tuple[int, str, str]], is_email: Callable[[str], bool], most: int
) -> list[Entry]:
    entries: list[Entry] = []
    first: dict[str, int] = {}
    for number, address, name in people:
        if len(entries) == most:
            raise Unreadable("too_many", most)
        email = address.strip().lower()
        problem = None
        if not email:
            problem = ("no_email", "")
        elif len(email) > LONGEST_EMAIL or not is_email(email):
            problem = ("bad_email", email[:60])
        elif is_formula(address) or is_formula(name):
            problem = ("formula", (name or address)[:60])
        elif email in first:
            problem = ("twice", str(first[email]))
        first.setdefault(email, number)
        entries.append(Entry(number, email[:LONGEST_EMAIL], name[:LONGEST_NAME], problem))
    if not entries:
        raise Unreadable("empty")
    return entries
