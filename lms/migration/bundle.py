"""A course between its folder and its pages: plain data, no database.

Blocks are `{"type": …, "value": …}` as `lms.courses.blocks` stores them, with two things still
open: `{"asset": path}` stands where an image, document or media id will stand, and links in rich
text read `<a data-lesson="path" data-fragment="…">` and `<a data-asset="path">`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Block = dict


class AssetKind(StrEnum):
    """What a local file becomes."""

    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"


EXTENSIONS = {
    AssetKind.IMAGE: {"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp", "tif", "tiff"},
    AssetKind.AUDIO: {"mp3", "m4a", "ogg", "oga", "wav", "flac", "aac", "opus"},
    AssetKind.VIDEO: {"mp4", "m4v", "webm", "mov", "ogv"},
}


def asset_kind(path: str) -> AssetKind:
    """By the file's extension; anything unknown is a document."""
    extension = path.rsplit(".", 1)[-1].lower() if "." in path else ""
    for kind, extensions in EXTENSIONS.items():
        if extension in extensions:
            return kind
    return AssetKind.DOCUMENT


@dataclass(slots=True)
class Asset:
    """A local file that lessons show or offer."""

    path: str
    file: Path
    kind: AssetKind
    title: str = ""
    # Where it was first used, for messages.
    used_at: str = ""
    used_line: int = 0


@dataclass
class Lesson:
    """One page of the course."""

    path: str
    title: str
    slug: str = ""
    summary: str = ""
    minutes: int | None = None
    free_preview: bool = False
    required: bool = True
    body: list[Block] = field(default_factory=list)
    # Normalised fragment → text of the heading it leads to ("" = the page's start).
    anchors: dict[str, str] = field(default_factory=dict)


@dataclass
class Module:
    """A group of lessons; `path` is its folder."""

    path: str
    title: str
    slug: str = ""
    summary: str = ""
    lessons: list[Lesson] = field(default_factory=list)


@dataclass
class Schedule:
    """When a course takes place; empty for self-paced."""

    starts_on: str = ""
    weeks: int | None = None
    frequency: str = ""
    days: list[str] = field(default_factory=list)
    session_minutes: int | None = None
    note: str = ""


@dataclass
class CourseBundle:
    """A course as it was found in a folder, converted and in order."""

    key: str
    title: str
    # Whether the key is no more than the folder's name.
    key_is_guess: bool = True
    slug: str = ""
    summary: str = ""
    description: str = ""
    categories: list[str] = field(default_factory=list)
    level: str = "all"
    language: str = "en"
    price: str = "0"
    currency: str = ""
    instructors: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    schedule: Schedule | None = None
    enrolment_limit: int | None = None
    downloadable: bool | None = None
    visibility: str = "marketplace"
    certificate_enabled: bool | None = None
    certificate_minimum_grade: str = ""
    cover: str = ""
    trailer: str = ""
    source_title: str = ""
    source_url: str = ""
    source_authors: str = ""
    licence_name: str = ""
    licence_url: str = ""
    # In reading order; a Lesson stands directly in the course.
    children: list[Module | Lesson] = field(default_factory=list)
    assets: dict[str, Asset] = field(default_factory=dict)

    @property
    def lessons(self) -> list[Lesson]:
        """Every lesson in reading order."""
        return [
            lesson
            for child in self.children
            for lesson in (child.lessons if isinstance(child, Module) else [child])
        ]
