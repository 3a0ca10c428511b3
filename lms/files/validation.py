"""What a file must be before it is stored: the one place that looks into files from elsewhere.

`examine` is asked of every file, however it comes in: an upload, an author's form, an import.
"""

import json
import logging
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import magic
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from filetype import guess
from PIL import Image as Pillow
from pillow_heif import register_heif_opener

from lms.gateways import gateway
from lms.gateways.scanner import ScannerFailed, TooLargeToScan

from .formats import RECORDINGS, Format, Kind, ending_of, format_of
from .rules import DEPTH, is_bomb
from .states import Refusal
from .svg import SvgError, sanitised

logger = logging.getLogger(__name__)

LARGEST_DOCUMENT = 100 * 1024 * 1024  # bytes
LARGEST_RECORDING = 2 * 1024 * 1024 * 1024  # bytes
LARGEST_DRAWING = 5 * 1024 * 1024  # bytes
LARGEST_INNER_ARCHIVE = 50 * 1024 * 1024  # bytes
# Decoders that take the whole file into memory, twice: a camera's pictures are far smaller.
READ_WHOLE = frozenset({"image/webp", "image/avif", "image/heic", "image/heif"})
LARGEST_READ_WHOLE = 24 * 1024 * 1024  # bytes
# `zipfile` reads the directory in one go, as long as the archive says it is. Ten thousand entries
# with names of 300 characters fit.
LARGEST_DIRECTORY = 4 * 1024 * 1024  # bytes
# Uncompressed, a picture of this size takes 160 MB; what moves is drawn a frame at a time.
MOST_PIXELS = 40_000_000
MOST_PIXELS_OF_ALL_FRAMES = 128_000_000
# Enough for every signature libmagic and `filetype` know, and for markup to hide in.
HEAD = 64 * 1024  # bytes
PROBE_SECONDS = 30

_MARKUP = re.compile(rb"<(?:script|html|body|iframe|object|embed|!doctype\s+html|\?php)\b", re.I)

register_heif_opener()


class Refused(ValidationError):
    """The file can't be taken in. `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.label, code=refusal.value)
        self.refusal = refusal


def examine(file: File, name: str, *, kinds: Collection[Kind] | None = None) -> str:
    """The content type of `file`, found by its content and not contradicted by its name.

    `kinds` are those that may come; None takes formats we don't know as well, as bytes. The file
    is left at its beginning. Raises Refused.
    """
    if not file.size:
        raise Refused(Refusal.EMPTY)
    claimed = format_of(name)
    if kinds is not None and (claimed is None or claimed.kind not in kinds):
        raise Refused(Refusal.NOT_ALLOWED)
    try:
        if claimed is None:
            return _unknown(file)
        return _EXAMINERS[claimed.kind](file, name, claimed)
    finally:
        file.seek(0)


def validate_document(file: File) -> None:
    """Raises ValidationError when the file is empty, too large, or not what its name says."""
    require_size(file.size, LARGEST_DOCUMENT)
    examine(file, file.name or "")
    _require_scanned(file)


def validate_recording(file: File) -> None:
    """Raises ValidationError when the file is empty, too large, or holds neither sound nor film."""
    require_size(file.size, LARGEST_RECORDING)
    examine(file, file.name or "", kinds=RECORDINGS)
    _require_scanned(file)


def validate_picture(file: File) -> None:
    """Raises ValidationError when the file is no picture or drawing that can be shown."""
    is_drawing = ending_of(file.name or "") == "svg"
    try:
        if is_drawing:
            _read_drawing(file)
        else:
            examine(file, file.name or "")
        _require_scanned(file)
    except ValidationError as refused:
        raise ValidationError({"file": refused}) from refused
    finally:
        file.seek(0)


def scan(file: File) -> None:
    """Have the virus scanner look at `file`, if there is one. Raises Refused, and ScannerFailed
    where it can't say."""
    file.seek(0)
    try:
        found = gateway("scanner").scan(file)
    except TooLargeToScan as refused:
        raise Refused(Refusal.NOT_SCANNABLE) from refused
    finally:
        file.seek(0)
    if found is not None:
        logger.warning("The scanner found %s.", found)
        raise Refused(Refusal.INFECTED)


def _require_scanned(file: File) -> None:
    """For files that come by a form and are used at once: what can't be scanned is not taken in."""
    try:
        scan(file)
    except ScannerFailed as failed:
        raise ValidationError(
            _("The virus scanner can't be reached. Please try again in a few minutes."),
            code="not_scanned",
        ) from failed


def require_size(size: int, limit: int) -> None:
    """Raises ValidationError for an empty file, and for one of more than `limit` bytes."""
    if not size:
        raise Refused(Refusal.EMPTY)
    if size > limit:
        raise ValidationError(
            _("This file is too large (%(size)s); at most %(limit)s are possible."),
            params={"size": filesizeformat(size), "limit": filesizeformat(limit)},
            code="too_large",
        )


# --- By kind --------------------------------------------------------------------------------------


def _unknown(file: File) -> str:
    found = _found(file)
    if found == "application/zip":
        _require_harmless_archive(file, file.size)
    return "application/octet-stream"


def _picture(file: File, name: str, claimed: Format) -> str:
    found = _require_claimed(file, claimed)
    if found in READ_WHOLE and file.size > LARGEST_READ_WHOLE:
        raise Refused(Refusal.TOO_MANY_PIXELS)
    file.seek(0)
    try:
        with Pillow.open(file) as picture:
            width, height = picture.size
            pixels = width * height
            frames = getattr(picture, "n_frames", 1)
            if pixels > MOST_PIXELS or pixels * frames > MOST_PIXELS_OF_ALL_FRAMES:
                raise Refused(Refusal.TOO_MANY_PIXELS)
            picture.verify()
    except Refused:
        raise
    except Pillow.DecompressionBombError as bomb:
        raise Refused(Refusal.TOO_MANY_PIXELS) from bomb
    except Exception as broken:  # whatever a decoder stumbles over
        raise Refused(Refusal.BAD_PICTURE) from broken
    _require_one_thing(file)
    return found


def _drawing(file: File, name: str, claimed: Format) -> str:
    _require_claimed(file, claimed)
    if _read_drawing(file):
        raise Refused(Refusal.ACTIVE_DRAWING)
    return claimed.content_type


def _document(file: File, name: str, claimed: Format) -> str:
    _require_claimed(file, claimed)
    if claimed.is_zip:
        _require_harmless_archive(file, file.size)
    elif _is_zip(file):
        raise Refused(Refusal.TWO_IN_ONE)
    return claimed.content_type


def _text(file: File, name: str, claimed: Format) -> str:
    head = _head(file)
    if claimed.content_type == "text/vtt" and not head.removeprefix(b"\xef\xbb\xbf").startswith(
        b"WEBVTT"
    ):
        raise Refused(Refusal.NOT_WEBVTT)
    # UTF-16 has zeros; nothing else that is text does.
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(Refusal.NOT_WHAT_IT_SAYS)
    return claimed.content_type


def _archive(file: File, name: str, claimed: Format) -> str:
    _require_claimed(file, claimed)
    _require_harmless_archive(file, file.size)
    return claimed.content_type


def _recording(file: File, name: str, claimed: Format) -> str:
    guessed = guess(_head(file))
    of_recordings = guessed is not None and guessed.mime.partition("/")[0] in ("audio", "video")
    if not of_recordings and _found(file) not in claimed.found - {"application/octet-stream"}:
        raise Refused(Refusal.NOT_A_RECORDING)
    streams = _streams(file)
    if streams is not None and not streams:
        raise Refused(Refusal.NOT_A_RECORDING)
    _require_one_thing(file)
    # A recorder in a browser calls sound alone "webm" or "mp4" too.
    if streams == {"audio"} and claimed.kind == Kind.VIDEO:
        return claimed.content_type.replace("video/", "audio/").replace("quicktime", "mp4")
    return claimed.content_type


_EXAMINERS = {
    Kind.PICTURE: _picture,
    Kind.DRAWING: _drawing,
    Kind.DOCUMENT: _document,
    Kind.TEXT: _text,
    Kind.ARCHIVE: _archive,
    Kind.AUDIO: _recording,
    Kind.VIDEO: _recording,
}


# --- Looking --------------------------------------------------------------------------------------


def _require_claimed(file: File, claimed: Format) -> str:
    found = _found(file)
    if found not in claimed.found:
        raise Refused(Refusal.NOT_WHAT_IT_SAYS)
    return claimed.content_type


def _found(file: File) -> str:
    """What libmagic says it is."""
    return str(magic.from_buffer(_head(file), mime=True))


def _head(file: File) -> bytes:
    file.seek(0)
    head: bytes = file.read(HEAD)
    file.seek(0)
    return head


def _tail(file: File) -> bytes:
    file.seek(max(0, file.size - HEAD))
    tail: bytes = file.read(HEAD)
    file.seek(0)
    return tail


def _require_one_thing(file: File) -> None:
    """Raises Refused for a picture or recording that is a page, a script or an archive as well."""
    if _MARKUP.search(_head(file)) or _MARKUP.search(_tail(file)) or _is_zip(file):
        raise Refused(Refusal.TWO_IN_ONE)


class _DirectoryTooLarge(Exception):
    """An archive asks to have more read at once than a directory may be."""


class _InPieces:
    """A file for `zipfile`, of which it gets no more than LARGEST_DIRECTORY bytes at a time."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > LARGEST_DIRECTORY:
            raise _DirectoryTooLarge
        data: bytes = self.file.read(size if size >= 0 else LARGEST_DIRECTORY + 1)
        if len(data) > LARGEST_DIRECTORY:
            raise _DirectoryTooLarge
        return data


def _is_zip(file: File) -> bool:
    """Whether programs that look for an archive find one, wherever in the file it begins."""
    file.seek(0)
    try:
        with zipfile.ZipFile(_InPieces(file)) as archive:
            return bool(archive.infolist())
    except _DirectoryTooLarge:
        return True
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    finally:
        file.seek(0)


def _require_harmless_archive(file: Any, packed: int, depth: int = 1) -> list[int]:
    """The sizes of all that is in it, archives in it unpacked. Raises Refused."""
    file.seek(0)
    try:
        with zipfile.ZipFile(_InPieces(file)) as archive:
            entries = archive.infolist()
            sizes = [entry.file_size for entry in entries]
            if is_bomb(sizes, packed):
                raise Refused(Refusal.ARCHIVE_BOMB)
            for entry in entries:
                claimed = format_of(entry.filename)
                if claimed is None or not claimed.is_zip or entry.flag_bits & 1:  # encrypted
                    continue
                if depth >= DEPTH or entry.file_size > LARGEST_INNER_ARCHIVE:
                    # Deeper down nobody needs to look where there is no archive.
                    if claimed.kind == Kind.ARCHIVE:
                        raise Refused(Refusal.ARCHIVE_BOMB)
                    continue
                with tempfile.SpooledTemporaryFile(max_size=1024 * 1024) as inner:
                    with archive.open(entry) as stream:
                        shutil.copyfileobj(stream, inner)
                    sizes += _require_harmless_archive(inner, entry.file_size, depth + 1)
                if is_bomb(sizes, packed):
                    raise Refused(Refusal.ARCHIVE_BOMB)
            return sizes
    except Refused:
        raise
    except _DirectoryTooLarge as bomb:
        raise Refused(Refusal.ARCHIVE_BOMB) from bomb
    except Exception as broken:  # zipfile raises many kinds over crafted archives
        raise Refused(Refusal.BAD_ARCHIVE) from broken


def _read_drawing(file: File) -> list[str]:
    """What a drawing holds that runs or loads. Raises Refused for what is none."""
    if file.size > LARGEST_DRAWING:
        raise Refused(Refusal.BAD_DRAWING)
    file.seek(0)
    try:
        _harmless, dropped = sanitised(file.read())
    except SvgError as problem:
        raise Refused(Refusal.BAD_DRAWING) from problem
    return dropped


def _streams(file: File) -> set[str] | None:
    """{"audio", "video"} as far as the recording has them; None where ffprobe is not installed."""
    if shutil.which("ffprobe") is None:
        return None
    with _on_disk(file) as path:
        # Only this file: a playlist could name any other file, or another machine.
        asked = [
            "ffprobe", "-v", "error", "-protocol_whitelist", "file", "-show_entries",
            "stream=codec_type:stream_disposition=attached_pic", "-of", "json", f"file:{path}",
        ]  # fmt: skip
        try:
            answer = subprocess.run(asked, capture_output=True, timeout=PROBE_SECONDS, check=True)
            streams = json.loads(answer.stdout).get("streams", [])
        except (subprocess.SubprocessError, ValueError):
            return set()
    played = (each for each in streams if not each.get("disposition", {}).get("attached_pic"))
    return {each.get("codec_type") for each in played} & {"audio", "video"}


@contextmanager
def _on_disk(file: File) -> Iterator[str]:
    """A path of the file's bytes: its own, where it has one."""
    within = getattr(file, "file", None)
    own = getattr(file, "temporary_file_path", getattr(within, "temporary_file_path", None))
    if own is not None:
        yield own()
        return
    with tempfile.NamedTemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield copy.name
