"""Small pictures for tests."""

import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image as Raster

from lms.files.models import Image


def png(side: int = 64, colour: str = "#123456") -> bytes:
    out = io.BytesIO()
    Raster.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def picture(name: str = "a.png", data: bytes | None = None, **fields: Any) -> Image:
    """An image in the root collection, or where `fields` say."""
    file = ContentFile(png() if data is None else data, name=name)
    return Image.objects.create(title=name, file=file, **fields)
