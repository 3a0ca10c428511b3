"""Sending a private file: whole or in part (RFC 9110, section 14), never as a page of ours."""

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator, Iterator
from hashlib import blake2b
from typing import Any

from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

CHUNK = 256 * 1024  # bytes

# The only types a browser is told of; all else is a stream of bytes to save. Nothing here runs.
PLAYED = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "vtt": "text/vtt; charset=utf-8",
}
# Found by their content, these are shown in place; what else there is, is saved.
SHOWN = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"})
SHOWN |= {"application/vnd.apple.mpegurl"}
SHOWN |= frozenset(kind for kind in PLAYED.values() if not kind.startswith("text/")) | {
    "audio/webm"
}
# Eighteen digits are more than any file has bytes.
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class Unsatisfiable(ValueError):
    """The range starts behind the end of the file."""


def content_type(name: str) -> str:
    """The media type of a file by its name's ending; scripts and markup are bytes."""
    ending = name.rpartition(".")[2].lower()
    if ending in PLAYED:
        return PLAYED[ending]
    guessed, encoding = mimetypes.guess_type(name)
    if encoding is None and guessed in {"application/pdf", "application/zip", "text/csv"}:
        return guessed
    return "application/octet-stream"


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte asked for by a Range header, or None for the whole file.

    Several ranges, other units and nonsense are answered with the whole file, as RFC 9110 allows.
    Raises Unsatisfiable.
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return int(first), min(int(last) if last else size - 1, size - 1)


def serve(
    request: HttpRequest,
    file: FieldFile,
    *,
    name: str = "",
    attachment: bool = False,
    found: str = "",
) -> HttpResponseBase:
    """Answer GET or HEAD with `file`, for one who has been found to be allowed.

    `name` is what it is saved as; `found` is its type, where somebody has looked into it.
    `attachment` has the browser save it; only recordings, captions and pictures looked into are
    ever shown in place. Raises Http404 when the file is not in the storage.
    """
    stored = file.name or ""
    name = name or stored.rpartition("/")[2]
    storage = file.storage
    try:
        size = storage.size(stored)
        modified = storage.get_modified_time(stored).timestamp()
    except (OSError, ValueError) as missing:
        raise Http404 from missing
    version = blake2b(f"{stored}:{size}:{modified}".encode(), digest_size=12)
    etag = f'"{version.hexdigest()}"'
    if _is_known(request, etag):
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        response = _content(request, storage, stored, size, etag, modified)
    kind = found or content_type(name)
    known = found in SHOWN if found else name.rpartition(".")[2].lower() in PLAYED
    inline = known and not attachment
    response["Content-Type"] = kind
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "inline"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Accept-Ranges"] = "bytes"
    # Kept by the reader's own browser, and asked for again each time: access may have ended.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    return "*" in known or etag in (one.removeprefix("W/") for one in known)


def _content(
    request: HttpRequest, storage: Storage, name: str, size: int, etag: str, modified: float
) -> HttpResponseBase:
    wanted = request.headers.get("Range", "")
    if not _still_valid(request.headers.get("If-Range"), etag, modified):
        wanted = ""
    try:
        part = byte_range(wanted, size)
    except Unsatisfiable:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    first, last = part or (0, size - 1)
    length = last - first + 1
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(status=206 if part else 200)
    else:
        answer = StreamingHttpResponse(
            _stream(request, storage, name, first, length), status=206 if part else 200
        )
    answer["Content-Length"] = str(length)
    if part:
        answer["Content-Range"] = f"bytes {first}-{last}/{size}"
    return answer


def _still_valid(condition: str | None, etag: str, modified: float) -> bool:
    """Whether an If-Range condition holds (or there is none): a strong ETag or the exact date."""
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == etag
    return parse_http_date_safe(condition) == int(modified)


def _stream(
    request: HttpRequest, storage: Storage, name: str, first: int, length: int
) -> Iterator[bytes] | AsyncIterator[bytes]:
    # Under ASGI, Django reads a plain iterator to its end before it sends the first byte.
    if hasattr(request, "scope"):
        return _read_async(storage, name, first, length)
    return _read(storage.open(name), first, length)


def _read(file: Any, first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk


async def _read_async(storage: Storage, name: str, first: int, length: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(storage.open, name)
    try:
        await asyncio.to_thread(file.seek, first)
        while length > 0 and (chunk := await asyncio.to_thread(file.read, min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
    finally:
        file.close()
