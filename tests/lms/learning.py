"""Courses to learn from: modules, lessons with every block, files, readers with a browser."""

import io
import json
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from django.test import Client
from wagtail.models import Collection

from lms.courses.models import CoursePage, LessonPage, ModulePage
from lms.files.models import Document, Media

# Four milliseconds of silence: one channel, 8,000 samples a second of two bytes.
WAV = (
    b"RIFF\x64\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00"
    b"\x02\x00\x10\x00data\x40\x00\x00\x00"
) + bytes(64)


def module(course: CoursePage, title: str = "Part", *, live: bool = True) -> ModulePage:
    return _add(course, ModulePage(title=title), live)


def lesson(parent: Any, title: str = "Lesson", *, live: bool = True, **fields: Any) -> LessonPage:
    """A lesson below a course or module; `body` is a list of (block name, stored value)."""
    body = [{"type": name, "value": value} for name, value in fields.pop("body", [])]
    return _add(parent, LessonPage(title=title, body=json.dumps(body), **fields), live)


def _add(parent: Any, page: Any, live: bool) -> Any:
    parent.add_child(instance=page)
    revision = page.save_revision()
    if live:
        revision.publish()
    else:
        page.live = False
        page.save(update_fields=["live"])
    return type(page).objects.get(pk=page.pk)


def keep(course: CoursePage, pages: Iterable[int]) -> None:
    """Make drafts of all of the course's modules and lessons but these; cheaper than laying out
    another course.
    """
    course.get_descendants().exclude(pk__in=pages).update(live=False)


def document(content: bytes = b"content", name: str = "notes.pdf") -> Document:
    file = ContentFile(content, name)
    return Document.objects.create(
        title=name, file=file, file_size=len(content), collection=Collection.get_first_root_node()
    )


def recording(content: bytes = WAV, name: str = "talk.wav", kind: str = "audio") -> Media:
    return Media.objects.create(
        title=name,
        type=kind,
        file=ContentFile(content, name),
        duration=60,
        collection=Collection.get_first_root_node(),
    )


def reader(user: Any = None) -> Client:
    """A browser, signed in as `user` if given."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def body_of(response: Any) -> bytes:
    """All bytes of a response, streamed or not."""
    if response.streaming:
        return b"".join(response.streaming_content)
    return response.content


def picture(width: int = 1600, height: int = 900) -> Any:
    """An image, as authors upload it."""
    from PIL import Image as Pillow

    from lms.files.models import Image

    buffer = io.BytesIO()
    Pillow.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return Image.objects.create(
        title="teal.png",
        description="A teal field",
        file=ContentFile(buffer.getvalue(), "teal.png"),
        width=width,
        height=height,
    )


def everything() -> list[tuple[str, Any]]:
    """A body with every block an author can place, files and all."""
    paper, talk, film, captions = (
        document(),
        recording(),
        recording(b"\x00\x00\x00\x18ftypmp42" + bytes(64), "film.mp4", "video"),
        document(b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n", "film.vtt"),
    )
    cell = "<p>Cell</p>"
    return [
        ("heading", {"text": "One", "level": "h2"}),
        ("rich_text", rf'<p>Let \(x^2\) be. <a linktype="document" id="{paper.pk}">Paper</a></p>'),
        ("heading", {"text": "One", "level": "h3"}),
        (
            "image",
            {
                "image": {"image": picture().pk, "alt_text": "Teal", "decorative": False},
                "caption": "<p>Just teal</p>",
            },
        ),
        (
            "video",
            {
                "media": film.pk,
                "url": "",
                "title": "A film",
                "captions": captions.pk,
                "transcript": "<p>Spoken words</p>",
            },
        ),
        (
            "video",
            {
                "media": None,
                "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
                "title": "Elsewhere",
                "captions": None,
                "transcript": "",
            },
        ),
        ("audio", {"media": talk.pk, "title": "A talk", "transcript": ""}),
        ("download", {"document": paper.pk, "title": "The paper", "description": "To print"}),
        ("code", {"language": "python", "filename": "a.py", "code": "print('<b>')"}),
        ("quotation", {"quote": "<p>So it goes</p>", "attribution": "K. V.", "source_url": ""}),
        (
            "callout",
            {
                "kind": "solution",
                "title": "",
                "collapsed": True,
                "body": [
                    {"type": "rich_text", "value": "<p>Hidden at first</p>"},
                    {
                        "type": "code",
                        "value": {"language": "nonsense", "filename": "", "code": "x"},
                    },
                ],
            },
        ),
        (
            "table",
            {
                "caption": "Numbers",
                "table": {
                    "columns": [{"type": "text", "heading": "A"}, {"type": "text", "heading": "B"}],
                    "rows": [{"values": [cell, cell]}],
                    "caption": "",
                },
            },
        ),
        ("mathematics", {"latex": r"\frac{1}{2}", "label": "1"}),
        ("embed", {"url": "https://example.org/thing", "title": "A thing", "caption": "Look"}),
        (
            "self_check",
            {
                "question": "<p>Two and two?</p>",
                "explanation": "<p>Count.</p>",
                "options": [
                    {"text": "Four", "correct": True, "feedback": "Yes"},
                    {"text": "Five", "correct": False, "feedback": "No"},
                ],
            },
        ),
        ("divider", None),
        ("heading", {"text": "السلام", "level": "h2"}),
    ]
