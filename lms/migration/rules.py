"""A list of people as schools keep it, read without a database: bytes, headings, cells.

What a file can't be read for is an `Unreadable`; what is wrong with one person is a `Problem` of
their row, and the others go on.
"""

import re
import unicodedata
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from lms.common.formulas import is_formula
from lms.common.tables import PERSON, Unreadable, decode, plain, rows_of

MAX_BYTES = 5 * 1024 * 1024
MAX_PEOPLE = 10_000
MAX_COURSES = 20
LONGEST = {"email": 254, "name": 150}

COLUMNS: dict[str, tuple[str, ...]] = {
    **PERSON,
    "role": ("role", "type", "الدور", "الصفة", "door", "doorka", "kaalin"),
    "language": ("language", "lang", "locale", "اللغة", "luqad", "luqadda"),
    "time_zone": (
        "timezone", "tz", "المنطقةالزمنية", "التوقيت", "aaggawaqtiga", "aagasaacadda", "saacadda",
    ),
    "courses": (
        "courses", "course", "courseslugs", "enrolin", "enrolments", "الدورات", "الدورة",
        "المقررات", "koorsooyin", "koorsooyinka", "koorso",
    ),
}  # fmt: skip
ROLES: dict[str, tuple[str, ...]] = {
    "student": ("student", "learner", "pupil", "طالب", "طالبة", "متعلم", "arday", "ardayad"),
    "assistant": ("assistant", "teachingassistant", "ta", "مساعد", "مساعدة", "kaaliye", "caawiye"),
    "instructor": (
        "instructor", "teacher", "trainer", "lecturer", "مدرس", "مدرسة", "معلم", "معلمة",
        "macallin", "macalin", "barre",
    ),
}  # fmt: skip
LANGUAGES: dict[str, tuple[str, ...]] = {
    "en": ("en", "english", "الإنجليزية", "الانجليزية", "ingiriisi", "ingiriis"),
    "ar": ("ar", "arabic", "العربية", "عربي", "carabi"),
    "so": ("so", "somali", "الصومالية", "soomaali", "afsoomaali"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, and with which of its values."""

    code: str
    value: str = ""


@dataclass(slots=True)
class Person:
    """A row. `number` is the spreadsheet's: the headings are row 1."""

    number: int
    email: str = ""
    name: str = ""
    role: str = "student"
    language: str = ""
    time_zone: str = ""
    courses: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """`guessed`: the bytes did not say their encoding. `unused` are headings nobody knows."""

    encoding: str
    guessed: bool
    separator: str
    unused: list[str]
    people: list[Person]


def read(data: bytes, *, is_email: Callable[[str], bool], max_people: int = MAX_PEOPLE) -> Table:
    """The people of a file. Stops at the first row too many. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", len(data))
    text, encoding, guessed = decode(data)
    text = re.sub(r"\Asep=.\r?\n", "", text)  # what Excel writes for itself
    separator = separator_of(text)
    rows = rows_of(text, separator)
    headings = next(rows, [])
    columns, unused = columns_of(headings)
    if "email" not in columns:
        raise Unreadable("no_email_column")
    people: list[Person] = []
    first: dict[str, int] = {}
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(people) == max_people:
            raise Unreadable("too_many", max_people)
        person = person_of(number, cells, columns, is_email)
        if person.email and (before := first.setdefault(person.email, number)) != number:
            person.problems.append(Problem("twice", str(before)))
        people.append(person)
    if not people:
        raise Unreadable("empty")
    return Table(encoding, guessed, separator, unused, people)


def separator_of(text: str) -> str:
    """The one that finds most headings in the first row."""

    def known(separator: str) -> tuple[int, int]:
        headings = next(rows_of(text, separator), [])
        return len(columns_of(headings)[0]), len(headings)

    return max((",", ";", "\t"), key=known)


def columns_of(headings: list[str]) -> tuple[dict[str, int], list[str]]:
    """({column: its place}, headings of no column). The first of two that mean the same counts."""
    columns: dict[str, int] = {}
    unused = []
    for place, heading in enumerate(headings):
        name = _meaning(heading, COLUMNS)
        if name and name not in columns:
            columns[name] = place
        elif heading.strip():
            unused.append(heading.strip()[:60])
    return columns, unused


def person_of(
    number: int, cells: list[str], columns: dict[str, int], is_email: Callable[[str], bool]
) -> Person:
    """A row's person, with everything that is wrong with them."""
    given = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
    raw = {name: cells[place] for name, place in columns.items() if place < len(cells)}
    person = Person(number)
    problems = person.problems
    email = given.get("email", "").lower()
    if not email:
        problems.append(Problem("no_email"))
    elif len(email) > LONGEST["email"] or not is_email(email):
        problems.append(Problem("bad_email", email[:60]))
    person.email = email[: LONGEST["email"]]

    parts = ("name",) if given.get("name") else ("first_name", "last_name")
    name = " ".join(filter(None, (given.get(part, "") for part in parts)))
    if not name:
        problems.append(Problem("no_name"))
    elif any(is_formula(raw.get(part, "")) for part in parts):
        problems.append(Problem("formula", name[:60]))
    elif len(name) > LONGEST["name"]:
        problems.append(Problem("long_name", str(LONGEST["name"])))
    elif any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        problems.append(Problem("bad_name"))
    person.name = name[: LONGEST["name"]]

    if role := given.get("role", ""):
        person.role = _meaning(role, ROLES)
        if not person.role:
            problems.append(Problem("bad_role", role[:60]))
    if language := given.get("language", ""):
        person.language = _meaning(language, LANGUAGES)
        if not person.language:
            problems.append(Problem("bad_language", language[:60]))
    if zone := given.get("time_zone", ""):
        person.time_zone = _zones().get(zone.casefold().replace(" ", "_"), "")
        if not person.time_zone:
            problems.append(Problem("bad_time_zone", zone[:60]))
    slugs = re.split(r"[\s,;|]+", given.get("courses", "").casefold())
    person.courses = list(dict.fromkeys(filter(None, slugs)))
    if len(person.courses) > MAX_COURSES:
        problems.append(Problem("many_courses", str(MAX_COURSES)))
        del person.courses[MAX_COURSES:]
    person.courses = [slug[:255] for slug in person.courses]
    return person


def _meaning(text: str, words: dict[str, tuple[str, ...]]) -> str:
    """The key of `words` that `text` stands for, however it is written; "" for none."""
    return _keys_of(tuple(words.items())).get(plain(text), "")


@lru_cache(maxsize=8)
def _keys_of(words: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {plain(alias): key for key, aliases in words for alias in (key, *aliases)}


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}
