"""Pictures of people: checked, cut square, made small, stripped of everything but the pixels."""

import io
import uuid
import warnings
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 8 * 1024 * 1024
# What a phone takes (50 megapixels). A file of a few kilobytes can claim far more and fill the
# memory when it is opened up.
MAX_PIXELS = 52_000_000
SIDE = 512
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def square(file: BinaryIO, size: int) -> ContentFile:
    """A WebP picture of at most SIDE × SIDE pixels from an upload of `size` bytes, named anew.

    The camera's orientation is applied and then dropped with all other metadata (place, device).
    Transparent parts become white. Raises ValidationError for what is no such picture.
    """
    if size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 8 MB. Please choose a smaller one."))
    try:
        with warnings.catch_warnings():
            # Our own limit below is the one that counts.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(_("The picture has too many pixels. Please make it smaller."))
            pixels = _cut(image)
    except Image.DecompressionBombError as bomb:
        raise ValidationError(
            _("The picture has too many pixels. Please make it smaller.")
        ) from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as broken:
        raise ValidationError(
            _("This is not a picture we can read. Please choose a JPEG, PNG, WebP or GIF file.")
        ) from broken
    buffer = io.BytesIO()
    pixels.save(buffer, "WEBP", quality=86, method=4)
    return ContentFile(buffer.getvalue(), name=f"{uuid.uuid4().hex}.webp")


def _cut(image: Image.Image) -> Image.Image:
    # JPEG can be decoded at a fraction of its size: twelve megapixels never come into memory.
    image.draft("RGB", (SIDE * 2, SIDE * 2))
    image = ImageOps.exif_transpose(image).convert("RGBA")
    side = min(SIDE, image.width, image.height)
    image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground
