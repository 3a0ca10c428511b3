"""A zip from a stranger, read in memory: nothing of it is ever written to a disk."""

import io
import posixpath
import zipfile
from functools import lru_cache
from typing import IO
from urllib.parse import unquote

from django.utils.translation import gettext as _
from PIL import Image

from .package import FormatError

LARGEST = 100 * 1024 * 1024
MOST_FILES = 5000
LARGEST_TEXT = 5 * 1024 * 1024
LARGEST_PICTURE = 10 * 1024 * 1024
LARGEST_UNPACKED = 300 * 1024 * 1024
MOST_PIXELS = 50_000_000
PICTURES = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}


class Archive:
    """Files by their path. Raises FormatError for what is no archive, or only fills memory."""

    def __init__(self, file: bytes | IO[bytes]) -> None:
        if isinstance(file, bytes):
            file = io.BytesIO(file)
        try:
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as problem:
            raise FormatError(
                _("The file is no readable zip archive. Export it again from the other program.")
            ) from problem
        claimed = sum(entry.file_size for entry in entries)
        if len(entries) > MOST_FILES or claimed > LARGEST_UNPACKED:
            raise FormatError(_("The archive holds too much. Export fewer questions at a time."))
        self._entries = {
            posixpath.normpath(entry.filename.replace("\\", "/")): entry
            for entry in entries
            if not entry.is_dir()
        }
        self._left = LARGEST_UNPACKED

    @property
    def paths(self) -> list[str]:
        return list(self._entries)

    def read(self, path: str, most: int = LARGEST_TEXT) -> bytes | None:
        """A file, or None if it is not there, encrypted, broken or larger than `most` bytes."""
        entry = self._entries.get(path)
        if entry is None or entry.flag_bits & 1 or entry.file_size > most:
            return None
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(most + 1)  # what it claims to hold may be a lie
        except Exception:  # zipfile and zlib raise many kinds over crafted archives
            return None
        self._left -= len(data)
        if self._left < 0:
            raise FormatError(_("The archive holds too much. Export fewer questions at a time."))
        return data if len(data) <= most else None


def beside(path: str, address: str) -> str | None:
    """The path of a file that `path` names by a relative address; None for what is elsewhere."""
    address = unquote(address.strip().partition("#")[0].partition("?")[0]).replace("\\", "/")
    if not address or "\0" in address or address.startswith("/") or ":" in address.split("/")[0]:
        return None
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), address))
    return None if joined.startswith("..") else joined


def picture_size(data: bytes) -> tuple[str, int, int] | None:
    """(ending, width, height) of a picture that browsers show and that is no bomb, else None."""
    return _picture_size(bytes(data[:1_000_000]))


@lru_cache(maxsize=64)
def _picture_size(head: bytes) -> tuple[str, int, int] | None:
    try:
        with Image.open(io.BytesIO(head), formats=list(PICTURES)) as picture:
            width, height = picture.size
            ending = PICTURES[picture.format or ""]
    except Exception:  # Pillow raises many kinds over broken pictures
        return None
    if width * height > MOST_PIXELS or not (0 < width <= 20_000 and 0 < height <= 20_000):
        return None
    return ending, width, height
