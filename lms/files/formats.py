"""The formats we know: by a name's ending, what the content has to be."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a file is for the people who use it."""

    PICTURE = "picture"
    DRAWING = "drawing"
    DOCUMENT = "document"
    TEXT = "text"
    ARCHIVE = "archive"
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Format:
    """`content_type` is what a file of it is called; `found` are the names libmagic has for it."""

    kind: Kind
    content_type: str
    found: frozenset[str]
    is_zip: bool = False


def _format(kind: Kind, content_type: str, *more: str, is_zip: bool = False) -> Format:
    return Format(kind, content_type, frozenset({content_type, *more}), is_zip)


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# libmagic tells packages apart by their first entry, which not every program writes first.
_PACKAGE = ("application/zip", "application/octet-stream")
_COMPOUND = ("application/CDFV2", "application/x-ole-storage")
_MP4 = ("video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp")
_EBML = ("video/webm", "audio/webm", "video/x-matroska")
_OGG = ("audio/ogg", "video/ogg", "application/ogg")
_TEXTS = """
    c cc cfg cpp cs css csv gift go h hpp htm html ini ipynb java js json kt log lua md php pl py r
    rb rs rst rtf sh sql srt swift tex toml ts tsv txt vtt xml yaml yml
"""

FORMATS: dict[str, Format] = {
    "png": _format(Kind.PICTURE, "image/png"),
    "jpg": _format(Kind.PICTURE, "image/jpeg"),
    "gif": _format(Kind.PICTURE, "image/gif"),
    "webp": _format(Kind.PICTURE, "image/webp"),
    "avif": _format(Kind.PICTURE, "image/avif"),
    "heic": _format(Kind.PICTURE, "image/heic", "image/heif"),
    "svg": _format(Kind.DRAWING, "image/svg+xml", "text/xml", "application/xml", "text/plain"),
    "pdf": _format(Kind.DOCUMENT, "application/pdf"),
    "doc": _format(Kind.DOCUMENT, "application/msword", *_COMPOUND),
    "xls": _format(Kind.DOCUMENT, "application/vnd.ms-excel", *_COMPOUND),
    "ppt": _format(Kind.DOCUMENT, "application/vnd.ms-powerpoint", *_COMPOUND),
    "docx": _format(Kind.DOCUMENT, f"{_OFFICE}wordprocessingml.document", *_PACKAGE, is_zip=True),
    "xlsx": _format(Kind.DOCUMENT, f"{_OFFICE}spreadsheetml.sheet", *_PACKAGE, is_zip=True),
    "pptx": _format(Kind.DOCUMENT, f"{_OFFICE}presentationml.presentation", *_PACKAGE, is_zip=True),
    "odt": _format(Kind.DOCUMENT, f"{_OPEN}text", *_PACKAGE, is_zip=True),
    "ods": _format(Kind.DOCUMENT, f"{_OPEN}spreadsheet", *_PACKAGE, is_zip=True),
    "odp": _format(Kind.DOCUMENT, f"{_OPEN}presentation", *_PACKAGE, is_zip=True),
    "epub": _format(Kind.DOCUMENT, "application/epub+zip", *_PACKAGE, is_zip=True),
    "zip": _format(Kind.ARCHIVE, "application/zip", is_zip=True),
    "mp3": _format(Kind.AUDIO, "audio/mpeg", "application/octet-stream"),
    "m4a": _format(Kind.AUDIO, "audio/mp4", *_MP4),
    "aac": _format(Kind.AUDIO, "audio/aac", "audio/x-hx-aac-adts"),
    "flac": _format(Kind.AUDIO, "audio/flac", "audio/x-flac"),
    "wav": _format(Kind.AUDIO, "audio/wav", "audio/x-wav"),
    "ogg": _format(Kind.AUDIO, "audio/ogg", *_OGG),
    "opus": _format(Kind.AUDIO, "audio/ogg", *_OGG),
    "mp4": _format(Kind.VIDEO, "video/mp4", *_MP4),
    "m4v": _format(Kind.VIDEO, "video/mp4", *_MP4),
    "mov": _format(Kind.VIDEO, "video/quicktime", *_MP4),
    "webm": _format(Kind.VIDEO, "video/webm", *_EBML),
}
FORMATS["jpeg"], FORMATS["heif"] = FORMATS["jpg"], FORMATS["heic"]
# Whatever a text says, it is never shown as anything but text.
FORMATS |= {ending: _format(Kind.TEXT, "text/plain") for ending in _TEXTS.split()}
FORMATS["csv"] = _format(Kind.TEXT, "text/csv")
FORMATS["vtt"] = _format(Kind.TEXT, "text/vtt")

PICTURES = frozenset({Kind.PICTURE})
RECORDINGS = frozenset({Kind.AUDIO, Kind.VIDEO})
EVERYTHING = frozenset(Kind)


def ending_of(name: str) -> str:
    """What stands behind the name's last dot, in lower case; "" without one."""
    _stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot else ""


def format_of(name: str) -> Format | None:
    """The format a name claims, if we know it."""
    return FORMATS.get(ending_of(name))


def endings(kinds: Iterable[Kind]) -> list[str]:
    """The endings of `kinds`, by alphabet: for people, and for a file field's `accept`."""
    wanted = frozenset(kinds)
    return sorted(ending for ending, each in FORMATS.items() if each.kind in wanted)
