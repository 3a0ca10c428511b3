"""What a catalogue address asks for. Anybody may type one, so what makes no sense is dropped."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from lms.courses.languages import language_choices
from lms.courses.models import Level

MAX_WORDS = 100  # characters

PRICES = {"free": _("Free"), "paid": _("Paid")}
PACES = {"self": _("Self-paced"), "scheduled": _("Scheduled")}
SORTS = {
    "relevance": _("Best match"),
    "popular": _("Most popular"),
    "rated": _("Best rated"),
    "newest": _("Newest"),
    "price": _("Lowest price"),
    "title": _("Title"),
}
_SLUG = re.compile(r"~?[-\w]{1,80}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# What JSON can spell and no database can hold: NUL and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row a page starts after: what it is sorted by, and its id."""

    value: str | int
    pk: int

    def __str__(self) -> str:
        packed = json.dumps([self.value, self.pk], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """None for what is no cursor."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            value, pk = json.loads(raw)
        except (binascii.Error, ValueError, TypeError):
            return None
        whole = type(pk) is int and 0 < pk < 2**63
        known = type(value) is int and abs(value) < 2**63
        known = known or (isinstance(value, str) and not _UNSTORABLE.search(value))
        return cls(value, pk) if whole and known and len(text) <= 2000 else None


@dataclass(frozen=True, slots=True)
class Query:
    """A reader's wishes; empty text means "any". `after` and `before` are cursors.

    `category` is a shared category's slug, or `~` and the slug of a provider's own.
    """

    q: str = ""
    category: str = ""
    level: str = ""
    language: str = ""
    price: str = ""
    pace: str = ""
    sort: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Query":
        """Read an address's parameters; unknown names and values are left out."""
        words = " ".join(_CONTROL.sub(" ", given.get("q", "")).split())[:MAX_WORDS].strip()
        category = given.get("category", "")
        query = cls(
            q=words,
            category=category if _SLUG.fullmatch(category) else "",
            level=_one_of(given.get("level", ""), Level.values),
            language=_one_of(given.get("language", ""), dict(language_choices())),
            price=_one_of(given.get("price", ""), PRICES),
            pace=_one_of(given.get("pace", ""), PACES),
            sort=_one_of(given.get("sort", ""), SORTS),
            after=given.get("after", "") if Cursor.parse(given.get("after", "")) else "",
            before=given.get("before", "") if Cursor.parse(given.get("before", "")) else "",
        )
        usual = "relevance" if words else "popular"
        if query.sort in (usual, "relevance"):  # without words nothing is more relevant
            query = replace(query, sort="")
        return replace(query, before="") if query.after else query

    @property
    def order(self) -> str:
        """The order asked for, or the usual one."""
        return self.sort or ("relevance" if self.q else "popular")

    @property
    def orders(self) -> list[tuple[str, str]]:
        """The orders that make sense here."""
        return [
            (name, str(label)) for name, label in SORTS.items() if self.q or name != "relevance"
        ]

    @property
    def is_plain(self) -> bool:
        """Whether nothing but a category narrows the list."""
        return not (self.q or self.level or self.language or self.price or self.pace)

    @property
    def filters(self) -> dict[str, str]:
        """The filters in force, words included, by name."""
        names = ("q", "category", "level", "language", "price", "pace")
        return {name: value for name in names if (value := getattr(self, name))}

    def only_page(self) -> "Query":
        """Without filters and words, for pages that only turn pages."""
        return Query(after=self.after, before=self.before)

    def url(self, path: str, **changes: str) -> str:
        """The address of this query with `changes`; any change but of page starts at the top."""
        if not {"after", "before"} & set(changes):
            changes = {**changes, "after": "", "before": ""}
        changed = replace(self, **changes)
        given = {field.name: getattr(changed, field.name) for field in fields(changed)}
        text = urlencode({name: value for name, value in given.items() if value})
        return f"{path}?{text}" if text else path


def _one_of(value: str, known: object) -> str:
    return value if value in known else ""  # type: ignore[operator]
