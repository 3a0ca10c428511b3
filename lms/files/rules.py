"""Names, and what an archive may unpack to: decided without opening anything."""

import re
import unicodedata
from collections.abc import Iterable

# An archive may unpack to this much whatever its own size, and beyond to so many times its size.
UNPACKED_FREELY = 100 * 1024 * 1024  # bytes
UNPACKED_AT_MOST = 2 * 1024**3  # bytes
RATIO = 100
ENTRIES = 10_000
# Archives in archives: a zip may hold zips, and those no more.
DEPTH = 2

# S3 takes at most 10,000 parts, and none below this size but the last.
SMALLEST_PART = 5 * 1024 * 1024  # bytes
PARTS = 1000

LONGEST_NAME = 200  # characters
# Control and format characters (a right-to-left override shows "fdp.exe" as "exe.pdf"), and what
# file systems and headers give a meaning to.
_UNSAFE = re.compile(r'[/\\:*?"<>|]')


def clean_name(name: str) -> str:
    """A file's name as people see it: no path, nothing invisible, not too long; its ending stays.

    "" where nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if char.isspace() else char for char in last)
    kept = "".join(char for char in seen if unicodedata.category(char)[0] != "C")
    kept = " ".join(_UNSAFE.sub(" ", kept).split()).strip(". ")
    if len(kept) <= LONGEST_NAME:
        return kept
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 10:
        return kept[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def part_size(size: int) -> int:
    """How many bytes each part of a file of `size` has, the last one aside: a whole number of MiB,
    small where it can be, since a cut costs one part."""
    mebibyte = 1024 * 1024
    return max(SMALLEST_PART, -(-size // (PARTS * mebibyte)) * mebibyte)


def is_bomb(unpacked: Iterable[int], packed: int) -> bool:
    """Whether entries of these sizes (bytes) are more than an archive of `packed` bytes may be."""
    total = 0
    for number, size in enumerate(unpacked, 1):
        total += size
        if number > ENTRIES or total > UNPACKED_AT_MOST:
            return True
    return total > UNPACKED_FREELY and total > RATIO * packed
