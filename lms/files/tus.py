"""The tus 1.0 protocol's words (https://tus.io/protocols/resumable-upload), without a request."""

import base64
import binascii
import hashlib
import tempfile
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.http import UnreadablePostError
from django.utils.http import http_date

from lms.common.errors import Invalid, TooLarge

from .errors import ChecksumMismatch

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
ALGORITHMS = ("sha256", "sha1")  # every server with checksums knows sha1
MEDIA_TYPE = "application/offset+octet-stream"
# A request is held by the server before a view sees it, so pieces are small; a cut costs one.
LARGEST_PIECE = 16 * 1024 * 1024  # bytes
IN_MEMORY = 512 * 1024  # bytes
READ = 64 * 1024  # bytes


def metadata(header: str) -> dict[str, str]:
    """{key: text} of an Upload-Metadata header. Raises Invalid."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Invalid(details={"Upload-Metadata": [key]}) from error
        if key in found:
            raise Invalid(details={"Upload-Metadata": [key]})
        found[key] = text
    return found


def number(header: str | None, name: str) -> int:
    """A size or offset in bytes. Raises Invalid where it is missing or no number."""
    if header is None or not (header.isascii() and header.isdigit()) or len(header) > 15:
        raise Invalid(details={name: [header or ""]})
    return int(header)


def expires(moment: datetime) -> str:
    """For Upload-Expires."""
    return http_date(moment.timestamp())


def piece(stream: Any, *, limit: int, checksum: str = "") -> File:
    """The bytes of a request as a file that can be read twice, in little memory.

    Where the connection was cut, those that came, unless a `checksum` ("sha1 <base64>") is over
    all. Raises TooLarge beyond `limit`, ChecksumMismatch, Invalid.
    """
    digest, wanted = _checksum(checksum)
    held = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the caller closes it)
    size = 0
    try:
        while data := _read(stream):
            size += len(data)
            if size > limit:
                raise TooLarge(details={"limit": limit})
            held.write(data)
            if digest:
                digest.update(data)
        if digest and digest.digest() != wanted:
            raise ChecksumMismatch
    except BaseException:
        held.close()
        raise
    held.seek(0)
    file = File(held, name="piece")
    file.size = size
    return file


def _read(stream: Any) -> bytes:
    try:
        data: bytes = stream.read(READ)
    except UnreadablePostError:
        return b""
    return data


def _checksum(header: str) -> tuple[Any, bytes]:
    if not header:
        return None, b""
    algorithm, _space, value = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid(details={"Upload-Checksum": [algorithm]})
    try:
        wanted = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise Invalid(details={"Upload-Checksum": [value]}) from error
    return hashlib.new(algorithm, usedforsecurity=False), wanted
