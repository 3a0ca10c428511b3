"""Whatever a file says of itself, looking into it takes little memory."""

import io
import struct

import pytest
from django.core.files.base import File
from PIL import Image

from lms.files import validation
from lms.files.states import Refusal

MOST = 5 * 1024 * 1024  # bytes read at once
LARGE = 200 * 1024 * 1024  # bytes; none of them is on the disk


class Watched(io.FileIO):
    """Remembers the most that was read at once."""

    most = 0

    def read(self, size=-1):
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


def refused(path, name):
    """Why `examine` refuses the file, having read it in pieces."""
    with Watched(path) as stream, pytest.raises(validation.Refused) as found:
        validation.examine(File(stream, name), name)
    assert stream.most <= MOST
    return found.value.refusal


def with_a_directory(path, begin):
    """A file that ends as an archive whose directory is nearly all of it."""
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(LARGE)
        file.seek(LARGE)
        end = (b"PK\5\6", 0, 0, 1, 1, LARGE - 1000, 1000, 0)
        file.write(struct.pack("<4s4H2LH", *end))
    return path


def test_an_archive_with_a_huge_directory_is_refused_unread(tmp_path):
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.txt"
    assert refused(with_a_directory(tmp_path / "a.zip", local), "a.zip") == Refusal.ARCHIVE_BOMB


def test_so_is_a_picture_that_is_such_an_archive_too(tmp_path):
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "PNG")
    found = refused(with_a_directory(tmp_path / "a.png", drawn.getvalue()), "a.png")
    assert found == Refusal.TWO_IN_ONE


@pytest.mark.parametrize("name", ["a.webp", "a.avif", "a.heic"])
def test_a_huge_picture_of_a_kind_that_is_decoded_whole_is_refused_unread(tmp_path, name):
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64)).save(drawn, {"heic": "HEIF"}.get(name[2:], name[2:]))
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(drawn.getvalue())
        file.truncate(LARGE)
    assert refused(path, name) == Refusal.TOO_MANY_PIXELS
