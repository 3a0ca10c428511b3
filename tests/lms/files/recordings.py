"""Small recordings, each made by ffmpeg once."""

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

PICTURE = "testsrc=s={size}:r=10:d={seconds}"
TONE = "sine=frequency=440:duration={seconds}"


@functools.cache
def film(
    ending: str = "webm", *, size: str = "64x64", seconds: float = 1, sound: bool = True
) -> bytes:
    """A film as browsers' recorders make it: WebM of VP8 and Opus, or MP4 of H.264 and AAC."""
    codecs = {"webm": ("libvpx", "libopus"), "mp4": ("libx264", "aac")}[ending]
    inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size, seconds=seconds)]
    if sound:
        inputs += ["-f", "lavfi", "-i", TONE.format(seconds=seconds)]
    return _made(
        *inputs, "-c:v", codecs[0], "-c:a", codecs[1], "-pix_fmt", "yuv420p", ending=ending
    )


@functools.cache
def sound(ending: str = "webm", *, seconds: float = 1) -> bytes:
    return _made("-f", "lavfi", "-i", TONE.format(seconds=seconds), ending=ending)


def _made(*arguments: str, ending: str) -> bytes:
    more = ["-movflags", "empty_moov+frag_keyframe"] if ending == "mp4" else []
    command = ["ffmpeg", "-v", "error", *arguments, *more, "-f", ending, "pipe:1"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def streams(content: bytes, folder: Path, name: str = "probed.mp4") -> list[dict[str, Any]]:
    """What ffprobe finds in it."""
    path = folder / name
    path.write_bytes(content)
    asked = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    answer = subprocess.run(asked, check=True, capture_output=True)
    return json.loads(answer.stdout)["streams"]
