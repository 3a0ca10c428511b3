"""Speaking tus to the site, and files of every sort."""

import base64
import io
import zipfile
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from lms.common import clock
from lms.files import actions, purposes
from lms.files.formats import EVERYTHING
from lms.files.models import Upload
from lms.tenants.permissions import Code, can
from lms.tenants.scope import provider_scope

TUS = {"HTTP_TUS_RESUMABLE": "1.0.0", "HTTP_ACCEPT": "application/json"}
PIECE = "application/offset+octet-stream"


def known() -> purposes.Purpose:
    """A purpose for tests: members send anything of up to 3 GB."""
    return purposes.register(PURPOSE)


PURPOSE = purposes.Purpose(
    "tests",
    kinds=EVERYTHING,
    largest=3 * 1024**3,
    may_begin=lambda user, provider: can(user, Code.LEARN, provider),
)


def metadata(**told: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in told.items())


def begin(
    client: Any, size: int, name: str = "notes.txt", *, direct: bool = False, **more: Any
) -> Any:
    told = metadata(purpose="tests", filename=name, **more)
    headers = {"Upload-Length": str(size), "Upload-Metadata": told}
    if direct:
        headers["Upload-Direct"] = "1"
    return client.post("/files/uploads/", headers=headers, **TUS)


def patch(client: Any, url: str, data: bytes, offset: int, **headers: str) -> Any:
    told = {"Upload-Offset": str(offset), **headers}
    # Said once more, because the test client says nothing of an empty body.
    return client.patch(url, data, PIECE, headers=told, CONTENT_TYPE=PIECE, **TUS)


def sent(owner: Any, provider: Any, data: bytes, name: str) -> Upload:
    """An upload that came at once."""
    known()
    file = ContentFile(data, name=name)
    with provider_scope(provider):
        return actions.receive_whole(
            file, owner=owner, provider=provider, purpose="tests", at=clock.now()
        )


def names(bucket: Any) -> list[str]:
    """What lies in a bucket."""
    return sorted(each.key for each in bucket.objects.all())


def zipped(entries: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            # Of the same time always, or no two are alike.
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def picture(width: int = 8, height: int = 8, form: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("L", (width, height)).save(held, form)
    return held.getvalue()


def moving(frames: int) -> bytes:
    """A GIF of a megapixel a frame; no two frames alike, or they would be saved as one."""
    held = io.BytesIO()
    first, *others = (Image.new("P", (1000, 1000), number) for number in range(frames))
    first.save(held, "GIF", save_all=True, append_images=others)
    return held.getvalue()
