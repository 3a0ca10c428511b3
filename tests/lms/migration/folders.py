"""Small courses written for tests, and ways to look at what became of them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lms.migration.bundle import CourseBundle
from lms.migration.report import FileReport, Report

from lms.migration.reader import read_course  # isort: skip


def png(width: int = 2, height: int = 2, colour: str = "teal") -> bytes:
    """A small picture."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">'
    b'<rect width="4" height="4"/></svg>'
)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content, "utf-8")
    return root


def read(
    root: Path, files: Mapping[str, str | bytes], **options: Any
) -> tuple[CourseBundle, Report]:
    """Write a folder and read it as a course."""
    return read_course(write(root, files), **options)


def one(
    root: Path, text: str, files: Mapping[str, str | bytes] | None = None
) -> tuple[list[dict], FileReport]:
    """The blocks of a lesson called `01-lesson.md`, and its report."""
    bundle, report = read(root, {**(files or {}), "01-lesson.md": text})
    lesson = next(each for each in bundle.lessons if each.path == "01-lesson.md")
    return lesson.body, report.file("01-lesson.md")


def kinds(blocks: list[dict]) -> list[str]:
    """The types of blocks, in order."""
    return [block["type"] for block in blocks]


def every(blocks: list[dict]) -> Iterator[dict]:
    """Blocks, and those inside callouts, in reading order."""
    for block in blocks:
        yield block
        if block["type"] == "callout":
            yield from every(block["value"]["body"])


def noted(notes: list, what: str) -> bool:
    """Whether any note speaks of `what`."""
    return any(what in note.what or what in note.why for note in notes)
