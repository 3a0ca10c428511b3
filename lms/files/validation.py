"""What an upload must be before it is stored."""

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from filetype import guess

from .svg import SvgError, sanitised

LARGEST_DOCUMENT = 100 * 1024 * 1024  # bytes
LARGEST_RECORDING = 2 * 1024 * 1024 * 1024  # bytes
# Enough for every signature `filetype` knows.
HEAD = 8192  # bytes


def validate_document(file: File) -> None:
    """Raises ValidationError when the file is empty or too large, or captions are not WebVTT."""
    _require_size(file, LARGEST_DOCUMENT)
    if (file.name or "").lower().endswith(".vtt") and not _head(file).lstrip(
        b"\xef\xbb\xbf"
    ).startswith(b"WEBVTT"):
        raise ValidationError(
            _("This is not a WebVTT file: its first line has to be “WEBVTT”."), code="not_webvtt"
        )


def validate_recording(file: File) -> None:
    """Raises ValidationError when the file is empty, too large, or holds neither sound nor film."""
    _require_size(file, LARGEST_RECORDING)
    kind = guess(_head(file))
    if kind is None or kind.mime.partition("/")[0] not in ("audio", "video"):
        raise ValidationError(
            _("This file holds neither sound nor film, whatever its name says."),
            code="not_a_recording",
        )


def validate_drawing(file: File) -> None:
    """Raises ValidationError when the file is no SVG drawing we can read."""
    file.seek(0)
    try:
        sanitised(file.read())
    except SvgError as problem:
        raise ValidationError(
            {"file": _("This is no SVG drawing that can be shown. Please export it anew.")},
            code="bad_drawing",
        ) from problem
    finally:
        file.seek(0)


def _require_size(file: File, limit: int) -> None:
    if not file.size:
        raise ValidationError(_("This file is empty."), code="empty")
    if file.size > limit:
        raise ValidationError(
            _("This file is too large (%(size)s); at most %(limit)s are possible."),
            params={"size": filesizeformat(file.size), "limit": filesizeformat(limit)},
            code="too_large",
        )


def _head(file: File) -> bytes:
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return head
