"""ffmpeg and ffprobe, called safely: one file in, files in one folder out, nothing else touched.

Whoever sends a file may have made it to do harm. ffmpeg reads local files alone (a playlist could
name any address), as what the content is, for a limited time, in limited memory and room.
"""

import json
import math
import re
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .states import Failure

LONGEST = 6 * 3600  # seconds of recording
MOST_PIXELS = 4096 * 2304
HEIGHTS = (360, 720, 1080)
# {height: bits a second of the picture, at most}
BITRATES = {360: 800_000, 720: 2_500_000, 1080: 5_000_000}
SOUND = 128_000  # bits a second
SEGMENT = 4  # seconds of film in a piece of a stream
LOUDNESS = "I=-16:TP=-1.5:LRA=11"  # EBU R128, at the level that is usual on the web
SILENCE = -70.0  # LUFS; what is below has no loudness to mend
PEAKS = 240  # of a waveform
RATE = 4000  # samples a second that a waveform is made of

# This file and no other: playlists name files and addresses, so what is read is no playlist.
SAFE = (
    "-protocol_whitelist", "file",
    "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,mp3,flac,aac",
)  # fmt: skip
MEMORY = 4 * 1024**3  # bytes of address space
ROOM = 20 * 1024**3  # bytes of one file
PROBE_SECONDS = 60
THREADS = 2
TELL = 2.0  # seconds between two words about progress

Progress = Callable[[float], None]


class Unplayable(Exception):
    """ffmpeg can't make anything of it; `failure` says why, for people."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a recording. `width` and `height` are None for sound; as it is shown, turned."""

    seconds: float
    width: int | None
    height: int | None
    has_sound: bool
    plays_anywhere: bool  # H.264 and AAC in MP4: no browser needs another

    @property
    def kind(self) -> str:
        return "video" if self.height else "audio"


@dataclass(frozen=True, slots=True)
class Made:
    """A file in the folder that `convert` was given."""

    name: str
    content_type: str


def is_installed() -> bool:
    return shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None


# --- Looking --------------------------------------------------------------------------------------


def probe(path: str) -> Found:
    """What is in the file at `path`. Raises Unplayable for what can't be read, is too long, or has
    too many pixels."""
    asked = [
        "ffprobe", "-v", "error", *SAFE, "-show_format", "-show_streams", "-of", "json",
        f"file:{path}",
    ]  # fmt: skip
    try:
        answer = subprocess.run(asked, capture_output=True, timeout=PROBE_SECONDS, check=True)
        told = json.loads(answer.stdout)
    except (subprocess.SubprocessError, ValueError) as problem:
        raise Unplayable(Failure.BROKEN, str(problem)) from problem
    streams = told.get("streams", [])
    sound = next((one for one in streams if one.get("codec_type") == "audio"), None)
    film = next((one for one in streams if _is_film(one)), None)
    if sound is None and film is None:
        raise Unplayable(Failure.NO_STREAM)
    seconds = _seconds(told.get("format", {})) or _measured(path)
    if seconds > LONGEST:
        raise Unplayable(Failure.TOO_LONG, str(seconds))
    width, height = _size(film) if film else (None, None)
    if film and (not width or not height or width * height > MOST_PIXELS):
        raise Unplayable(Failure.TOO_MANY_PIXELS, f"{width}x{height}")
    container = told.get("format", {}).get("format_name", "")
    plays = (
        "mp4" in container
        and (sound is None or sound.get("codec_name") == "aac")
        and (film is None or (film["codec_name"], film.get("pix_fmt")) == ("h264", "yuv420p"))
    )
    return Found(seconds, width, height, sound is not None, plays)


def _is_film(stream: dict[str, Any]) -> bool:
    """A cover of an album is a stream of pictures, too."""
    still = stream.get("disposition", {}).get("attached_pic")
    return stream.get("codec_type") == "video" and not still


def _seconds(told: dict[str, Any]) -> float:
    try:
        found = float(told.get("duration", 0))
    except ValueError:
        return 0.0
    return found if math.isfinite(found) and found > 0 else 0.0


def _size(stream: dict[str, Any]) -> tuple[int, int]:
    """As it is shown: a telephone held upright notes a turn."""
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    turned = next(
        (
            abs(int(one["rotation"]))
            for one in stream.get("side_data_list", [])
            if "rotation" in one
        ),
        0,
    )
    return (height, width) if turned % 180 == 90 else (width, height)


def _measured(path: str) -> float:
    """The length of a file that does not say it, as browsers' recorders write them."""
    last = 0.0
    for _fraction, at in _run(
        [*_input(path), "-map", "0", "-c", "copy", "-f", "null", "-"], LONGEST
    ):
        last = at
    if not last:
        raise Unplayable(Failure.BROKEN, "no length")
    return last


def loudness(path: str, found: Found, progress: Progress) -> dict[str, str]:
    """What loudnorm measures: {"input_i": LUFS, …}. {} where there is nothing to hear."""
    if not found.has_sound:
        return {}
    lines: list[str] = []
    filters = f"loudnorm={LOUDNESS}:print_format=json"
    command = [*_input(path), "-map", "0:a:0", "-vn", "-af", filters, "-f", "null", "-"]
    for fraction, _at in _run(command, found.seconds, errors=lines):
        progress(fraction)
    match = re.search(r"\{[^{}]*\"input_i\"[^{}]*\}", "".join(lines))
    told: dict[str, str] = json.loads(match[0]) if match else {}
    measured = float(told.get("input_i", "-inf"))
    return told if math.isfinite(measured) and measured > SILENCE else {}


def peaks(path: str, found: Found) -> list[int]:
    """The waveform: PEAKS numbers from 0 to 100, the loudest is 100. [] without sound."""
    if not found.has_sound:
        return []
    command = _command([
        *_input(path), "-map", "0:a:0", "-vn", "-ac", "1", "-ar", str(RATE), "-f", "s16le",
        "pipe:1",
    ])  # fmt: skip
    wide = max(1, int(found.seconds * RATE / PEAKS))
    heights: list[int] = []
    with _limited(command, found.seconds, stderr=subprocess.DEVNULL) as process:
        while piece := process.stdout.read(wide * 2):
            if len(heights) < PEAKS:
                samples = array("h", piece[: len(piece) // 2 * 2])
                heights.append(max(max(samples, default=0), -min(samples, default=0)))
    loudest = max(heights, default=0)
    return [round(100 * height / loudest) for height in heights] if loudest else []


# --- Making ---------------------------------------------------------------------------------------


def convert(
    path: str, folder: Path, found: Found, measured: dict[str, str], progress: Progress
) -> list[Made]:
    """Write what any browser plays into `folder`. Raises Unplayable."""
    if found.kind == "audio":
        return _convert_sound(path, folder, found, measured, progress)
    return _convert_film(path, folder, found, measured, progress)


def heights_for(height: int) -> list[int]:
    """The heights a film is made in: none above its own. One that lies below them all, or well
    above those that are left for it, has its own as well."""
    found = [one for one in HEIGHTS if one <= height]
    if not found or found[-1] < 0.9 * min(height, 720):
        found.append(max(2, height // 2 * 2))
    return found


def _convert_sound(
    path: str, folder: Path, found: Found, measured: dict[str, str], progress: Progress
) -> list[Made]:
    command = [
        *_input(path), "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
        "-af", _levelled(measured), *_sound(), "-movflags", "+faststart",
        str(folder / "sound.m4a"),
    ]  # fmt: skip
    for fraction, _at in _run(command, found.seconds):
        progress(fraction)
    return [Made("sound.m4a", "audio/mp4")]


def _convert_film(
    path: str, folder: Path, found: Found, measured: dict[str, str], progress: Progress
) -> list[Made]:
    """All heights in one go, so that the film is read once; then the streams, by copying."""
    heights = heights_for(found.height or 0)
    graph = [f"[0:v:0]split={len(heights)}" + "".join(f"[s{one}]" for one in heights)]
    graph += [f"[s{one}]scale=-2:{one},format=yuv420p[v{one}]" for one in heights]
    if found.has_sound:
        names = "".join(f"[a{one}]" for one in heights)
        graph.append(f"[0:a:0]{_levelled(measured)},asplit={len(heights)}{names}")
    command = [*_input(path), "-filter_complex", ";".join(graph)]
    for one in heights:
        most = BITRATES[min(BITRATES, key=lambda known: abs(known - one))]
        command += ["-map", f"[v{one}]"]
        if found.has_sound:
            command += ["-map", f"[a{one}]", *_sound()]
        command += [
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "high",
            "-maxrate", str(most), "-bufsize", str(2 * most), "-threads", str(THREADS),
            # Every stream is cut at the same moments, so that a player may change in between.
            "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT})", "-sc_threshold", "0",
            "-fpsmax", "60", "-sn", "-dn", "-map_metadata", "-1", "-movflags", "+faststart",
            str(folder / f"{one}p.mp4"),
        ]  # fmt: skip
    for fraction, _at in _run(command, found.seconds):
        progress(0.9 * fraction)
    made = [Made("master.m3u8", "application/vnd.apple.mpegurl")]
    master = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for one in heights:
        film, stream = folder / f"{one}p.mp4", folder / f"{one}p.m3u8"
        piece = [
            *_input(str(film)), "-map", "0", "-c", "copy", "-f", "hls", "-hls_time", str(SEGMENT),
            "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
            "-hls_flags", "single_file+independent_segments",
            "-hls_segment_filename", f"{one}p.m4s", stream.name,
        ]  # fmt: skip
        for _fraction, _at in _run(piece, found.seconds, folder=folder):
            pass
        master += [_variant(film, found), stream.name]
        made += [
            Made(stream.name, "application/vnd.apple.mpegurl"),
            Made(f"{one}p.m4s", "video/mp4"),
        ]
    (folder / "master.m3u8").write_text("\n".join(master) + "\n")
    if not found.plays_anywhere:
        best = max(one for one in heights if one <= 720 or one == heights[0])
        (folder / f"{best}p.mp4").rename(folder / "film.mp4")
        made.append(Made("film.mp4", "video/mp4"))
    at = min(3.0, found.seconds / 10)
    poster = [
        "-ss", f"{at:.2f}", *_input(path), "-map", "0:v:0", "-frames:v", "1",
        "-vf", "scale='min(1280,iw)':-2", "-q:v", "4", str(folder / "poster.jpg"),
    ]  # fmt: skip
    for _fraction, _at in _run(poster, found.seconds):
        pass
    if (folder / "poster.jpg").exists():
        made.append(Made("poster.jpg", "image/jpeg"))
    progress(1.0)
    return made


def _variant(film: Path, found: Found) -> str:
    """The line of the master playlist that describes one stream."""
    told = _shown(film)
    bandwidth = int(film.stat().st_size * 8 / max(found.seconds, 0.5) * 1.1) + 1
    codecs = f"avc1.64{0:02x}{int(told.get('level', 40)):02x}" + (
        ",mp4a.40.2" if found.has_sound else ""
    )
    size = f"{told.get('width')}x{told.get('height')}"
    return f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},RESOLUTION={size},CODECS="{codecs}"'


def _shown(film: Path) -> dict[str, Any]:
    asked = [
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
        "stream=width,height,level", "-of", "json", f"file:{film}",
    ]  # fmt: skip
    try:
        answer = subprocess.run(asked, capture_output=True, timeout=PROBE_SECONDS, check=True)
        told: dict[str, Any] = json.loads(answer.stdout)["streams"][0]
    except (subprocess.SubprocessError, ValueError, LookupError) as problem:
        raise Unplayable(Failure.BROKEN, str(problem)) from problem
    return told


def _sound() -> list[str]:
    return ["-c:a", "aac", "-b:a", str(SOUND), "-ar", "48000", "-ac", "2"]


def _levelled(measured: dict[str, str]) -> str:
    """The filter that brings sound to LOUDNESS, evenly: what is loud stays louder."""
    if not measured:
        return "anull"
    known = ":".join(
        f"measured_{name}={measured[key]}"
        for name, key in (
            ("I", "input_i"), ("TP", "input_tp"), ("LRA", "input_lra"), ("thresh", "input_thresh"),
        )
    )  # fmt: skip
    return f"loudnorm={LOUDNESS}:{known}:offset={measured['target_offset']}:linear=true"


# --- Running --------------------------------------------------------------------------------------


def _input(path: str) -> list[str]:
    return [*SAFE, "-i", f"file:{path}"]


def _command(arguments: Sequence[str]) -> list[str]:
    return [
        "nice", "-n", "10", "ffmpeg", "-hide_banner", "-nostdin", "-y", "-loglevel", "info",
        "-threads", str(THREADS), "-filter_complex_threads", str(THREADS), *arguments,
    ]  # fmt: skip


@contextmanager
def _limited(command: list[str], seconds: float, **how: Any) -> Iterator[Any]:
    """The running process, for a recording of so many seconds; it does not outlive the block.

    Raises Unplayable where it took too long.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **how)
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watch = threading.Timer(_patience(seconds), end)
    watch.daemon = True
    watch.start()
    try:
        for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, ROOM)):
            with suppress(ProcessLookupError, PermissionError):  # it has ended already
                resource.prlimit(process.pid, limit, (value, value))
        yield process
        process.wait()
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    if late.is_set():
        raise Unplayable(Failure.TOO_SLOW)


def _patience(seconds: float) -> float:
    """How long a run may take, in seconds."""
    return 120 + 8 * seconds


def _run(
    arguments: Sequence[str],
    seconds: float,
    *,
    errors: list[str] | None = None,
    folder: Path | None = None,
) -> Iterator[tuple[float, float]]:
    """Run ffmpeg and say, every TELL seconds, (how far it is from 0 to 1, the second it is at).

    `errors` takes what it says. Raises Unplayable where it fails or takes too long.
    """
    command = _command(["-progress", "pipe:1", "-nostats", *arguments])
    at, told = 0.0, 0.0
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        with _limited(command, seconds, stderr=said, text=True, cwd=folder) as process:
            for line in process.stdout:
                name, _, value = line.partition("=")
                if name == "out_time_us" and value.strip().isdecimal():
                    at = int(value) / 1_000_000
                if time.monotonic() - told >= TELL:
                    told = time.monotonic()
                    yield (min(1.0, at / seconds) if seconds else 0.0), at
        said.seek(0)
        lines = said.readlines()
        if errors is not None:
            errors += lines
        if process.returncode:
            raise Unplayable(Failure.BROKEN, "".join(lines[-5:]))
    yield 1.0, at
