"""The catalogue's full text: an index the database itself keeps beside the listings.

PostgreSQL: a generated `tsvector` column, each row in its own language's word forms, and a trigram
index for typing errors. SQLite: an FTS5 table with English word forms, kept by triggers.
docs/decisions/0003-the-catalogue-has-its-own-full-text.md says why it is not in Wagtail's index.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from django.db import connection
from django.db.models import FloatField, QuerySet
from django.db.models.expressions import RawSQL

from lms.courses import freshness
from lms.courses.models import CourseListing

# The best so many are ranked, counted and paged through; whoever wants more says more.
LIMIT = 500
# How alike a title must be to be worth a look when nothing matched (0 to 1).
SIMILARITY = 0.25
TITLES_READ = 200

# ISO 639-1 codes of the languages PostgreSQL has word forms for.
CONFIGURATIONS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch",
    "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip

_TABLE = "courses_courselisting"
_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"\w+")


def matching_ids(listings: QuerySet[CourseListing], words: str) -> list[int]:
    """Primary keys of the listings that match what somebody typed, best first, at most `LIMIT`.

    All words must occur, in any form; "…" is a phrase, -word excludes. Of more than `LIMIT`
    matches, the most popular are ranked: titles and names first, then whatever mentions the words.
    """
    if connection.vendor != "postgresql":
        query = fts5_query(words)
        return _fts5(listings, query, LIMIT) if query else []
    query = _websearch(words)
    found = _tsquery(listings, "heading", query, LIMIT) if query else []
    if query and len(found) < LIMIT:
        known = set(found)
        others = _tsquery(listings, "document", query, LIMIT)
        found += [pk for pk in others if pk not in known]
    return found[:LIMIT]


def beginning_ids(listings: QuerySet[CourseListing], words: str, limit: int) -> list[int]:
    """Primary keys of the listings whose titles or names have words that begin as typed."""
    typed = _WORD.findall(words)
    if not typed:
        return []
    if connection.vendor != "postgresql":
        query = " AND ".join(f'"{word}"' for word in typed) + "*"
        return _fts5(listings, f"{{title names}} : ({query})", limit)
    query = " & ".join(f"'{word.lower()}'" for word in typed) + ":*"
    return _tsquery(listings, "heading", query, limit)


def correction(listings: QuerySet[CourseListing], words: str) -> str:
    """`words` with each typing error put right from titles and names like it; "" for no idea."""
    known = {
        word.casefold(): word for text in _alike(listings, words) for word in _WORD.findall(text)
    }
    typed = _WORD.findall(words)
    better = [
        next(iter(get_close_matches(word.casefold(), known, n=1, cutoff=0.65)), word)
        for word in typed
    ]
    if [word.casefold() for word in typed] == better:
        return ""
    return " ".join(better)


def _websearch(words: str) -> str:
    """The words in the forms of every language the catalogue has, as one `tsquery`'s text; "" when
    there is nothing to look for. Languages that agree count once, or the planner's estimate of how
    many rows match would grow with their number.
    """
    used = freshness.kept("search.languages", _languages)
    names = ["simple", *sorted({CONFIGURATIONS[code] for code in used if code in CONFIGURATIONS})]
    columns = ", ".join(["websearch_to_tsquery(%s, %s)::text"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [part for name in names for part in (name, words)])
        forms = dict.fromkeys(form for form in cursor.fetchone() if form)
    return " | ".join(f"({form})" for form in forms)


def _tsquery(listings: QuerySet[CourseListing], column: str, query: str, limit: int) -> list[int]:
    """The `limit` most popular matches, best first. Ranking all would take time with their number;
    PostgreSQL finds the most popular of many by their own index, and of few by the words'.
    """
    vector = f'"{_TABLE}"."{column}"'
    matches = RawSQL(f"{vector} @@ %s::tsquery", [query])  # noqa: S611 - our own names
    rank = RawSQL(  # noqa: S611
        f"ts_rank('{{0.1,0.3,0.5,1}}', {vector}, %s::tsquery)", [query], output_field=FloatField()
    )
    rows = listings.alias(matches=matches).filter(matches=True).annotate(rank=rank)
    popular = rows.order_by("-learners", "-pk").values_list("pk", "rank")[:limit]
    return [pk for pk, _rank in sorted(popular, key=lambda row: -row[1])]


def _languages() -> set[str]:
    codes = CourseListing.objects.order_by().values_list("language", flat=True).distinct()
    return {code.split("-")[0] for code in codes}


def _fts5(listings: QuerySet[CourseListing], query: str, limit: int) -> list[int]:
    rank = RawSQL("bm25(search_text, 10, 5, 3, 1)", [], output_field=FloatField())
    found = listings.extra(  # noqa: S610 - a join to a table that is no model
        tables=["search_text"],
        where=[f"search_text.rowid = {_TABLE}.course_id", "search_text MATCH %s"],
        params=[query],
    ).order_by(rank, "-learners", "-pk")
    return list(found.values_list("pk", flat=True)[:limit])


def fts5_query(words: str) -> str:
    """What somebody typed, in FTS5's language; "" when there is nothing to look for."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in _TERM.findall(words):
        if tokens := _WORD.findall(phrase or word):
            (unwanted if minus else wanted).append('"' + " ".join(tokens) + '"')
    if not wanted:
        return ""
    return " ".join([" AND ".join(wanted), *(f"NOT {term}" for term in unwanted)])


def _alike(listings: QuerySet[CourseListing], words: str) -> Iterable[str]:
    """Titles with names that look somewhat like `words`."""
    if connection.vendor != "postgresql":
        rows = listings.order_by("-learners").values_list("title", "instructor_names")
        return [" ".join(row) for row in rows[: TITLES_READ * 10]]
    names = f'("{_TABLE}"."title" || \' \' || "{_TABLE}"."instructor_names")'
    found: set[str] = set()
    with connection.cursor() as cursor:
        # For the connection: nobody else sets it, so it is always this.
        cursor.execute(
            "SELECT set_config('pg_trgm.word_similarity_threshold', %s, false)", [str(SIMILARITY)]
        )
        for word in _WORD.findall(words)[:8]:
            like = RawSQL(f"%s <%% {names}", [word])  # noqa: S611
            found |= set(
                listings.alias(like=like)
                .filter(like=True)
                .annotate(names=RawSQL(names, []))  # noqa: S611
                .order_by(RawSQL(f"%s <<-> {names}", [word]))  # noqa: S611
                .values_list("names", flat=True)[:TITLES_READ]
            )
    return found


def install(cursor: Any, vendor: str) -> None:
    """Create what the searches above need; repeating it changes nothing."""
    for statement in _POSTGRESQL if vendor == "postgresql" else _SQLITE:
        cursor.execute(statement)


def _configuration_function() -> str:
    cases = " ".join(
        f"WHEN '{code}' THEN '{name}'::regconfig" for code, name in CONFIGURATIONS.items()
    )
    return (
        "CREATE OR REPLACE FUNCTION search_configuration(language text) RETURNS regconfig "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE split_part(language, '-', 1) "
        f"{cases} ELSE 'simple'::regconfig END $$"
    )


def _own(column: str, weight: str) -> str:
    return f"setweight(to_tsvector(search_configuration(language), {column}), '{weight}')"


_HEADING = " || ".join(
    [
        _own("title", "A"),
        "setweight(to_tsvector('simple', title), 'A')",
        "setweight(to_tsvector('simple', instructor_names || ' ' || provider_name), 'B')",
        _own("category_names", "B"),
    ]
)
_DOCUMENT = " || ".join([_HEADING, _own("summary", "C"), _own("description", "D")])
_ADD = f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS"
_POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    _configuration_function(),
    # Long texts stand outside the row, so that walking the rows reads few pages.
    f"ALTER TABLE {_TABLE} SET (toast_tuple_target = 256)",
    f"{_ADD} heading tsvector GENERATED ALWAYS AS ({_HEADING}) STORED",
    f"{_ADD} document tsvector GENERATED ALWAYS AS ({_DOCUMENT}) STORED",
    f"CREATE INDEX IF NOT EXISTS listing_heading ON {_TABLE} USING gin (heading)",
    f"CREATE INDEX IF NOT EXISTS listing_document ON {_TABLE} USING gin (document)",
    f"CREATE INDEX IF NOT EXISTS listing_alike ON {_TABLE} "
    "USING gin ((title || ' ' || instructor_names) gin_trgm_ops)",
]

_INSERT = (
    "INSERT INTO search_text(rowid, title, names, summary, description) VALUES (new.course_id, "
    "new.title, new.instructor_names || ' ' || new.category_names || ' ' || new.provider_name, "
    "new.summary, new.description);"
)
_DELETE = "DELETE FROM search_text WHERE rowid = old.course_id;"
_SQLITE = [
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5(title, names, summary, description, "
    "tokenize = 'porter unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER IF NOT EXISTS search_text_insert AFTER INSERT ON {_TABLE} BEGIN {_INSERT} END",
    "CREATE TRIGGER IF NOT EXISTS search_text_update AFTER UPDATE OF title, instructor_names, "
    f"category_names, provider_name, summary, description ON {_TABLE} "
    f"BEGIN {_DELETE} {_INSERT} END",
    f"CREATE TRIGGER IF NOT EXISTS search_text_delete AFTER DELETE ON {_TABLE} BEGIN {_DELETE} END",
    "DELETE FROM search_text",
    # What was listed before there was an index.
    "INSERT INTO search_text(rowid, title, names, summary, description) "  # noqa: S608
    "SELECT course_id, title, "
    "instructor_names || ' ' || category_names || ' ' || provider_name, summary, description "
    f"FROM {_TABLE}",
]
