"""Images, recordings and downloads: checked before anything is written."""

import hashlib
import io
import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath

from bs4 import BeautifulSoup
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from PIL import Image as Pillow

from lms.files.svg import SvgError, sanitised
from lms.files.validation import validate_document, validate_recording

from .bundle import Asset, AssetKind, Block, CourseBundle, Lesson
from .report import Report

MB = 1024 * 1024
# Formats that browsers or Wagtail do not show: written anew as PNG.
CONVERTED = {"bmp", "tif", "tiff"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How large files may be, in bytes, and images in pixels."""

    image: int = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
    media: int = 200 * MB
    document: int = 100 * MB
    pixels: int = 60_000_000


class Unusable(ValueError):
    """A file that can't come along: (what is wrong, what to do)."""


def settle(bundle: CourseBundle, report: Report, limits: Limits) -> None:
    """Check every file that lessons show, and take those out that can't come along."""
    for path, asset in list(bundle.assets.items()):
        try:
            _check(asset, report, limits)
        except Unusable as error:
            what, advice = error.args
            report.problem(f"{path}: {what}", advice, asset.used_at, asset.used_line)
            report.file(asset.used_at).leave_out(f"file {path}", what, asset.used_line)
            del bundle.assets[path]
            _forget(bundle, path)


def content(asset: Asset) -> tuple[str, bytes | None]:
    """(file name, bytes) as they are stored; bytes None: the file as it is."""
    name = PurePosixPath(asset.path).name
    extension = PurePosixPath(name).suffix.lower().lstrip(".")
    if extension == "svg":
        return name, sanitised(asset.file.read_bytes())[0]
    if asset.kind == AssetKind.IMAGE and extension in CONVERTED:
        out = io.BytesIO()
        with Pillow.open(asset.file) as image:
            image.convert("RGBA" if "A" in image.getbands() else "RGB").save(out, "PNG")
        return f"{PurePosixPath(name).stem}.png", out.getvalue()
    return name, None


def digest(file: Path) -> str:
    """The SHA-256 of a file, by which it is known again."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(value: object) -> str:
    """The SHA-256 of plain data."""
    plain = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _check(asset: Asset, report: Report, limits: Limits) -> None:
    try:
        size = asset.file.stat().st_size
    except OSError as error:
        raise Unusable("file can't be read", f"{error.strerror}; left out") from error
    if not size:
        raise Unusable("file is empty", "left out; replace the file")
    limit, option = {
        AssetKind.IMAGE: (limits.image, "--max-image"),
        AssetKind.DOCUMENT: (limits.document, "--max-document"),
    }.get(asset.kind, (limits.media, "--max-media"))
    if size > limit:
        raise Unusable(
            f"file is too large ({size / MB:.1f} MB of at most {limit / MB:.0f} MB)",
            f"left out; make it smaller, or allow more with {option}",
        )
    if asset.kind == AssetKind.IMAGE:
        _check_image(asset, report, limits)
        return
    check = validate_document if asset.kind == AssetKind.DOCUMENT else validate_recording
    try:
        with asset.file.open("rb") as stream:
            check(File(stream, name=PurePosixPath(asset.path).name))
    except ValidationError as error:
        raise Unusable(" ".join(error.messages), "left out; replace the file") from error


def _check_image(asset: Asset, report: Report, limits: Limits) -> None:
    if asset.path.lower().endswith(".svg"):
        try:
            _bytes, dropped = sanitised(asset.file.read_bytes())
        except SvgError as error:
            raise Unusable(f"drawing can't be read: {error}", "left out; save it anew") from error
        for what in sorted(set(dropped)):
            report.file(asset.path).leave_out(what, "drawings run and load nothing")
        return
    try:
        with Pillow.open(asset.file) as image:
            width, height = image.size
            if width * height > limits.pixels:
                raise Unusable(
                    f"image has {width} × {height} pixels; {limits.pixels:,} are possible",
                    "left out; make it smaller",
                )
            image.verify()
    except Unusable:
        raise
    # Pillow raises what its many decoders raise.
    except Exception as error:
        why = str(error).replace(str(asset.file), PurePosixPath(asset.path).name)
        raise Unusable(f"image can't be read ({why})", "left out; save it anew") from error
    if PurePosixPath(asset.path).suffix.lower().lstrip(".") in CONVERTED:
        report.file(asset.path).approximate("image format that browsers do not show", "PNG")


# --- Taking a file out of the blocks
def _forget(bundle: CourseBundle, path: str) -> None:
    bundle.cover = "" if bundle.cover == path else bundle.cover
    bundle.trailer = "" if bundle.trailer == path else bundle.trailer
    bundle.description = _without_link(bundle.description, path)
    for lesson in bundle.lessons:
        if isinstance(lesson, Lesson):
            lesson.body = without_asset(lesson.body, path)


def without_asset(blocks: list[Block], path: str) -> list[Block]:
    """The blocks without one file: its description or title stands in its place."""
    kept: list[Block] = []
    for piece in blocks:
        value = piece["value"]
        if not isinstance(value, dict):
            changed = _without_link(value, path) if isinstance(value, str) else value
            kept.append({**piece, "value": changed})
        elif _shows(value, path):
            words = _words(piece)
            if words:
                kept.append({"type": "rich_text", "value": f"<p>{words}</p>"})
        elif piece["type"] == "callout":
            body = without_asset(value["body"], path)
            if body:
                kept.append({**piece, "value": {**value, "body": body}})
        else:
            kept.append({**piece, "value": _map_links(value, path)})
    return kept


def _shows(value: dict, path: str) -> bool:
    image = value.get("image")
    shown = (image.get("image") if isinstance(image, dict) else None, value.get("media"))
    return {"asset": path} in (*shown, value.get("document"))


def _words(piece: Block) -> str:
    value = piece["value"]
    if piece["type"] == "image":
        alt = escape(value["image"]["alt_text"], quote=False)
        return " · ".join(part for part in (alt, value["caption"]) if part)
    return escape(value.get("title", ""), quote=False)


def _map_links(value, path: str):
    if isinstance(value, dict):
        return {key: _map_links(item, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_links(item, path) for item in value]
    return _without_link(value, path) if isinstance(value, str) else value


def _without_link(html: str, path: str) -> str:
    if "data-asset" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for link in soup.find_all("a", attrs={"data-asset": path}):
        link.unwrap()
    return re.sub(r"<br></br>", "<br/>", str(soup))
