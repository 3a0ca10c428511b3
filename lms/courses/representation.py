"""Lesson bodies as JSON, for front ends of a school's own (docs/developers/headless.md).

The shape is a contract: tests/lms/api/test_blocks.py holds it to the letter. A block without an
entry in `BLOCKS` can't be sent.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wagtail.images.models import SourceImageIOError

from lms.files.serving import content_type

from .embeds import frame_url
from .mathematics import MathematicsError, to_mathml
from .models import CoursePage, LessonPage
from .rendering import Names, file_url, running_text

WIDTHS = (320, 640, 960, 1360)  # pixels; a rendition for each that is narrower than the picture
RENDITIONS = [f"width-{width}" for width in WIDTHS]
# A link or picture with an address on this site, inside a tag.
OWN_ADDRESS = re.compile(r'(<[a-z][^<>]*?\s(?:href|src)=")(?=/(?!/))')


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a body is shown: `base` is the site's address without the slash at the end."""

    base: str
    course: CoursePage
    lesson: LessonPage
    draft: bool = False
    names: Names = field(default_factory=Names)

    def html(self, value: Any) -> str:
        """Rich text as safe HTML whose links are absolute."""
        found = running_text(getattr(value, "source", value), self.context)
        return absolute_links(found, self.base)

    def file_url(self, file: Any) -> str:
        return absolute(file_url(file, self.context), self.base)

    @property
    def context(self) -> dict[str, Any]:
        return {"course": self.course, "lesson": self.lesson, "draft": self.draft}


def represent(body: Any, setting: Setting) -> list[dict[str, Any]]:
    """The blocks of a StreamField's value: {"id", "type", "value"} each, in order."""
    return [
        {
            "id": block.id,
            "type": block.block_type,
            "value": BLOCKS[block.block_type](block.value, setting),
        }
        for block in body
    ]


def absolute(url: str, base: str) -> str:
    return f"{base}{url}" if url.startswith("/") and not url.startswith("//") else url


def absolute_links(html: str, base: str) -> str:
    return OWN_ADDRESS.sub(lambda found: found[1] + base, html)


def picture(image: Any, base: str, *, alt: str | None = None) -> dict[str, Any] | None:
    """A picture with its renditions, the narrowest first; None where its file is lost.

    Drawings and animations have one, the original: scaling would spoil or stop them.
    """
    try:
        if image.is_svg() or image.file.name.lower().endswith(".gif"):
            found = [image.get_rendition("original")]
        else:
            narrower = [one for one in WIDTHS if one < image.width] or [image.width]
            made = image.get_renditions(*[f"width-{width}" for width in narrower])
            found = sorted(made.values(), key=lambda one: one.width)
    except (SourceImageIOError, OSError):
        return None
    return {
        "id": image.pk,
        "title": image.title,
        "alt": image.default_alt_text if alt is None else alt,
        "renditions": [
            {"width": one.width, "height": one.height, "url": absolute(one.url, base)}
            for one in found
        ],
    }


def _heading(value: Any, setting: Setting) -> dict[str, Any]:
    anchor = setting.names.heading(value["level"], value["text"])
    return {"text": value["text"], "level": int(value["level"][1]), "anchor": anchor}


def _image(value: Any, setting: Setting) -> dict[str, Any]:
    image, found = value["image"], None
    if image:
        alt = "" if image.decorative else image.contextual_alt_text
        found = picture(image, setting.base, alt=alt or "")
    return {"image": found, "caption_html": setting.html(value["caption"])}


def _media(media: Any, setting: Setting) -> dict[str, Any] | None:
    if not media:
        return None
    return {
        "id": media.pk,
        "title": media.title,
        "url": setting.file_url(media),
        "content_type": content_type(media.filename),
        "seconds": media.duration,
        "poster_url": absolute(media.thumbnail.url, setting.base) if media.thumbnail else None,
    }


def _document(document: Any, setting: Setting) -> dict[str, Any] | None:
    if not document:
        return None
    return {
        "id": document.pk,
        "title": document.title,
        "filename": document.filename,
        "bytes": document.get_file_size(),
        "url": setting.file_url(document),
    }


def _video(value: Any, setting: Setting) -> dict[str, Any]:
    captions = value["captions"]
    return {
        "title": value["title"],
        "media": _media(value["media"], setting),
        "embed": _elsewhere(value["url"]) if value["url"] else None,
        "captions": captions
        and {"url": setting.file_url(captions), "language": setting.course.language},
        "transcript_html": setting.html(value["transcript"]),
    }


def _elsewhere(url: str) -> dict[str, Any]:
    return {"url": url, "player_url": frame_url(url)}


def _audio(value: Any, setting: Setting) -> dict[str, Any]:
    return {
        "title": value["title"],
        "media": _media(value["media"], setting),
        "transcript_html": setting.html(value["transcript"]),
    }


def _download(value: Any, setting: Setting) -> dict[str, Any]:
    return {
        "title": value["title"],
        "description": value["description"],
        "document": _document(value["document"], setting),
    }


def _mathematics(value: Any, setting: Setting) -> dict[str, Any]:
    try:
        mathml = str(to_mathml(value["latex"], display=True))
    except MathematicsError:
        mathml = None
    return {"latex": value["latex"], "mathml": mathml, "label": value["label"]}


def _table(value: Any, setting: Setting) -> dict[str, Any]:
    table = value["table"]
    return {
        "caption": value["caption"] or table.caption or "",
        "columns": [column["heading"] for column in table.columns],
        "rows_html": [[setting.html(cell.value) for cell in row] for row in table.rows],
    }


def _self_check(value: Any, setting: Setting) -> dict[str, Any]:
    return {
        "question_html": setting.html(value["question"]),
        "options": [
            {name: option[name] for name in ("text", "correct", "feedback")}
            for option in value["options"]
        ],
        "explanation_html": setting.html(value["explanation"]),
    }


BLOCKS: dict[str, Callable[[Any, Setting], dict[str, Any]]] = {
    "rich_text": lambda value, setting: {"html": setting.html(value)},
    "heading": _heading,
    "quotation": lambda value, setting: {
        "html": setting.html(value["quote"]),
        "attribution": value["attribution"],
        "source_url": value["source_url"],
    },
    "callout": lambda value, setting: {
        "kind": value["kind"],
        "title": value["title"],
        "collapsed": value["collapsed"],
        "body": represent(value["body"], setting),
    },
    "table": _table,
    "code": lambda value, setting: {name: value[name] for name in ("language", "filename", "code")},
    "mathematics": _mathematics,
    "image": _image,
    "video": _video,
    "audio": _audio,
    "embed": lambda value, setting: {
        **_elsewhere(value["url"]),
        "title": value["title"],
        "caption": value["caption"],
    },
    "download": _download,
    "self_check": _self_check,
    "divider": lambda value, setting: {},
}
