"""Which stored files a lesson's body uses, read from its JSON."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from wagtail.blocks import StreamValue
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import CollectionMember
from wagtail.rich_text.rewriters import extract_attrs
from wagtailmedia.models import get_media_model

DOCUMENT_LINK = re.compile(r"<a\b([^>]*\blinktype=[\"']document[\"'][^>]*)>")


@dataclass(slots=True)
class Attachments:
    """Ids of the files of a lesson."""

    documents: set[int] = field(default_factory=set)
    media: set[int] = field(default_factory=set)
    images: set[int] = field(default_factory=set)


def attachments(body: Any) -> Attachments:
    """What the StreamField value `body` uses: files placed as blocks, and documents linked to in
    running text. Text that only looks like a link (program code) counts for nothing.
    """
    found = Attachments()
    _read_stream(body.raw_data, found)
    return found


def stored_files(value: Any) -> list[CollectionMember]:
    """The stored files in a form's value: the file itself, or all that a lesson's body uses."""
    if isinstance(value, CollectionMember):
        return [value]
    if not isinstance(value, StreamValue):
        return []
    used = attachments(value)
    ids = [
        (get_document_model(), used.documents),
        (get_media_model(), used.media),
        (get_image_model(), used.images),
    ]
    return [file for model, keys in ids for file in model.objects.filter(pk__in=keys)]


def _read_stream(children: Iterable[Any], found: Attachments) -> None:
    for child in children:
        if reader := READERS.get(child["type"]):
            reader(child["value"], found)


def _read_text(html: Any, found: Attachments) -> None:
    for match in DOCUMENT_LINK.finditer(html or ""):
        attributes = extract_attrs(match[1])
        if attributes.get("linktype") == "document":
            _add(found.documents, attributes.get("id"))


def _add(ids: set[int], value: Any) -> None:
    if str(value or "").isdecimal():
        ids.add(int(value))


def _read_image(value: dict[str, Any], found: Attachments) -> None:
    _add(found.images, (value.get("image") or {}).get("image"))
    _read_text(value.get("caption"), found)


def _read_recording(value: dict[str, Any], found: Attachments) -> None:
    _add(found.media, value.get("media"))
    _add(found.documents, value.get("captions"))
    _read_text(value.get("transcript"), found)


def _read_download(value: dict[str, Any], found: Attachments) -> None:
    _add(found.documents, value.get("document"))


def _read_quotation(value: dict[str, Any], found: Attachments) -> None:
    _read_text(value.get("quote"), found)


def _read_table(value: dict[str, Any], found: Attachments) -> None:
    for row in (value.get("table") or {}).get("rows", []):
        for cell in row["values"]:
            _read_text(cell, found)


def _read_callout(value: dict[str, Any], found: Attachments) -> None:
    _read_stream(value.get("body") or [], found)


def _read_self_check(value: dict[str, Any], found: Attachments) -> None:
    _read_text(value.get("question"), found)
    _read_text(value.get("explanation"), found)


READERS = {
    "rich_text": _read_text,
    "image": _read_image,
    "video": _read_recording,
    "audio": _read_recording,
    "download": _read_download,
    "quotation": _read_quotation,
    "table": _read_table,
    "callout": _read_callout,
    "self_check": _read_self_check,
}
