"""Logos and signatures, copied when a certificate is issued and kept under the hash of their bytes.

The school may replace or delete its files; certificates keep what they were issued with. A logo
that a thousand certificates show is kept once.
"""

import base64
import hashlib
import logging
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image as Raster
from PIL import ImageOps

from lms.files.models import private_storage

from .content import Picture

logger = logging.getLogger(__name__)

# Twice what 600 dpi needs of a signature, and a bound on what a drawing may cost.
LARGEST_SIDE = 1200  # pixels
LARGEST_DRAWING = 256 * 1024  # bytes of SVG
_EXTENSIONS = {"image/png": "png", "image/svg+xml": "svg"}


class PictureLost(OSError):
    """The kept bytes are gone or are not what was kept."""


def keep(image: Any | None) -> Picture | None:
    """Copy a `files.Image`; None for no image and for one that can't be read: a broken logo must
    not keep anybody from their certificate.
    """
    if image is None:
        return None
    try:
        data, media_type = _normalised(image)
    except (OSError, ValueError, Raster.DecompressionBombError):
        logger.warning("image %s can't be shown on certificates", image.pk, exc_info=True)
        return None
    picture = Picture(hashlib.sha256(data).hexdigest(), media_type)
    storage, name = private_storage(), _name(picture)
    if not storage.exists(name):
        # Of two that race here the second gets another name, which nothing ever reads.
        storage.save(name, ContentFile(data))
    return picture


def data_uri(picture: Picture) -> str:
    """The picture as a data: URI. Raises PictureLost."""
    try:
        with private_storage().open(_name(picture)) as file:
            data = file.read()
    except OSError as missing:
        raise PictureLost(_name(picture)) from missing
    if hashlib.sha256(data).hexdigest() != picture.sha256:
        raise PictureLost(_name(picture))
    return f"data:{picture.media_type};base64,{base64.b64encode(data).decode()}"


def _name(picture: Picture) -> str:
    return f"certificates/pictures/{picture.sha256}.{_EXTENSIONS[picture.media_type]}"


def _normalised(image: Any) -> tuple[bytes, str]:
    """SVG as it is; everything else as a PNG that is not larger than paper needs."""
    with image.file.open("rb") as file:
        data = file.read()
    if image.is_svg():
        if len(data) > LARGEST_DRAWING:
            raise ValueError("the drawing is too large")
        return data, "image/svg+xml"
    with Raster.open(BytesIO(data)) as raster:
        upright = ImageOps.exif_transpose(raster).convert("RGBA")
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    out = BytesIO()
    upright.save(out, "PNG", optimize=True)
    return out.getvalue(), "image/png"
