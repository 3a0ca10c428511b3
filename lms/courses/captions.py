"""Captions (WebVTT) as text to read, for films whose transcript nobody has written."""

import html
import logging
import re
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)

LARGEST = 2 * 1024 * 1024  # bytes
TIMES = re.compile(r"(?:(\d{1,4}):)?(\d{2}):(\d{2})\.(\d{3})[ \t]+-->", re.ASCII)
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that is said from `second` on."""

    second: float
    text: str


def cues(document: Any) -> list[Cue]:
    """What a caption file says, in its order; none where it can't be read."""
    if document is None:
        return []
    try:
        with document.file.open("rb") as file:
            text = file.read(LARGEST).decode("utf-8-sig", errors="replace")
    except OSError as lost:
        logger.warning("Captions %s can't be read: %s", document.pk, lost)
        return []
    return read_cues(text)


def read_cues(text: str) -> list[Cue]:
    """The cues of a WebVTT file without their marks; what is said twice in a row, as captions that
    roll do, once."""
    found: list[Cue] = []
    for block in re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.split("\n")
        for place, line in enumerate(lines[:2]):
            if times := TIMES.match(line.strip()):
                hours, minutes, seconds, thousandths = (int(part or 0) for part in times.groups())
                said = " ".join(html.unescape(TAG.sub("", one)) for one in lines[place + 1 :])
                said = " ".join(said.split())
                if said and not (found and found[-1].text == said):
                    second = hours * 3600 + minutes * 60 + seconds + thousandths / 1000
                    found.append(Cue(second, said))
                break
    return found
