"""A person's data as a zip that needs no program of ours: `data.json` for programs, `index.html`
for people, and the files they sent.

data.json (UTF-8): {"format": "fledge-personal-data", "version": 1, "person": its id, "made_at":
ISO 8601, "holdings": [{"key", "name", "columns": {column: what people call it}, "erasure": "" or
why it would stay, "rows": [{column: value}]}]}. Moments are UTC; columns are paths of our tables.
manifest.json says of each part how long it is, with its SHA-256.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from lms.accounts.holdings import Holding, holdings
from lms.common import clock
from lms.common.packing import Packing, to_json

from .selectors import rows_of

FORMAT, VERSION = "fledge-personal-data", 1


def parts_of(person: Any) -> int:
    """How many parts `write` tells of. Needs a scope."""
    found = holdings()
    files = sum(one.of(person).count() for one in found if one.files)
    return 2 * len(found) + files


def write(person: Any, file: IO[bytes], *, packed: Callable[[], None]) -> None:
    """Pack it into `file`, in the person's language and time zone; memory does not grow with what
    there is. `packed` is called after each part. Needs a scope that reaches all schools.
    """
    found = holdings()
    with translation.override(person.language), timezone.override(person.time_zone):
        packing = Packing(file, lambda: None)
        packing.add("data.json", _json(person, found, packed))
        packing.add("index.html", _html(person, found, packed))
        for holding in found:
            if holding.files is None:
                continue
            for row in holding.of(person).iterator(chunk_size=100):
                for name, stored in holding.files(row):
                    packing.add_file(f"files/{name}", stored)
                packed()
        packing.close()


def _json(person: Any, found: list[Holding], packed: Callable[[], None]) -> Iterator[bytes]:
    head = {
        "format": FORMAT,
        "version": VERSION,
        "person": str(person.pk),
        "made_at": clock.now().isoformat(),
    }
    yield (json.dumps(head)[:-1] + ', "holdings": [').encode()
    for number, holding in enumerate(found):
        told = {
            "key": holding.key,
            "name": str(holding.name),
            "columns": {path: str(label) for path, label in holding.columns.items()},
            "erasure": str(holding.stays),
        }
        yield (",\n" if number else "\n").encode()
        yield (json.dumps(told, ensure_ascii=False)[:-1] + ', "rows": [').encode()
        for place, row in enumerate(rows_of(holding, person)):
            yield ((",\n" if place else "\n") + to_json(row)).encode()
        yield b"]}"
        packed()
    yield b"\n]}\n"


def _html(person: Any, found: list[Holding], packed: Callable[[], None]) -> Iterator[bytes]:
    head = {
        "person": person,
        "made_at": clock.now(),
        "platform": settings.WAGTAIL_SITE_NAME,
        "bidi": translation.get_language_bidi(),
        "language": translation.get_language(),
    }
    yield render_to_string("privacy/export_head.html", head).encode()
    for holding in found:
        yield from _table(holding, person)
        packed()
    yield b"</main></body></html>\n"


def _table(holding: Holding, person: Any) -> Iterator[bytes]:
    """Nothing at all of what there is no row of."""
    columns = holding.columns
    choices = {path: holding.choices(path) for path in columns}
    empty = True
    for row in rows_of(holding, person):
        if empty:
            empty = False
            name = escape(holding.name)
            heads = "".join(f'<th scope="col">{escape(label)}</th>' for label in columns.values())
            yield (
                f"<section><h2>{name}</h2>"
                f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
                f"<table><thead><tr>{heads}</tr></thead><tbody>\n"
            ).encode()
        cells = (
            _in_words(choices[path].get(value, value) if choices[path] else value)
            for path, value in row.items()
        )
        yield ("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n").encode()
    if not empty:
        yield b"</tbody></table></div></section>\n"


def _in_words(value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
        case date():
            return formats.date_format(value, "DATE_FORMAT")
        case dict() | list():
            return to_json(value)
    return str(value)
