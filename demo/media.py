"""Sounds and films of the demo, made from text recipes with ffmpeg.

A recipe is a YAML file beside the place where the finished file belongs (``intro.mp3.yaml`` for
``intro.mp3``):

- ``{kind: audio, speech, transcript}`` becomes an MP3: ffmpeg's flite voice speaks ``speech``;
- ``{kind: video, seconds, title, slides: [{heading, lines}], speech, colours, captions: [{start,
  end, text}]}`` becomes an H.264/AAC MP4 of drawn slides, and its captions a WebVTT file beside it.

The same recipe gives the same bytes on the same machine.
"""

import contextlib
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import yaml
from PIL import Image, ImageDraw

from demo.art import cover, font, portrait, signature

__all__ = ["MediaError", "cover", "portrait", "render", "signature", "stage"]

SIZE = (1280, 720)
FRAMES_PER_SECOND = 8
FADE_FRAMES = 4
LONGEST_SECONDS = 60
COLOURS = {"primary": "#0f3d5e", "secondary": "#0e7490", "accent": "#b45309"}
BIT_EXACT = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]


class MediaError(Exception):
    """A recipe is wrong, or ffmpeg is missing or failed."""


def render(recipe_path, out_path):
    """Make the audio or video file ``out_path`` from the recipe at ``recipe_path``.

    A video with captions also gets ``out_path`` with the suffix ``.vtt``. Raises ``MediaError``
    when the recipe is wrong, ffmpeg is missing, or ffmpeg fails; ``out_path`` is then untouched.
    """
    recipe_path, out_path = Path(recipe_path), Path(out_path)
    recipe = _read(recipe_path)
    ffmpeg = _ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        speech = Path(folder, "speech.txt")
        speech.write_text(" ".join(recipe["speech"].split()), encoding="utf-8")
        made = Path(folder, "made" + out_path.suffix)
        if recipe["kind"] == "audio":
            _audio(ffmpeg, speech, made)
        else:
            _video(ffmpeg, recipe, speech, made)
        out_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, out_path)
    if recipe.get("captions"):
        out_path.with_suffix(".vtt").write_text(_webvtt(recipe["captions"]), encoding="utf-8")


def stage(course_folder, target, colours=None):
    """Copy a course folder to ``target`` and make its recipes' files and its ``cover.png`` there.

    ``colours`` are the provider's (see ``provider.yaml``). What was made before is kept, so that
    staging again takes no time. Returns ``target``; raises ``MediaError`` as ``render`` does.
    """
    course_folder, target = Path(course_folder), Path(target)
    shutil.copytree(course_folder, target, dirs_exist_ok=True)
    for recipe in sorted(target.glob("**/media/*.yaml")):
        out = recipe.with_suffix("")
        if not out.exists():
            render(recipe, out)
    if not (target / "cover.png").exists():
        course = yaml.safe_load((target / "course.yaml").read_text(encoding="utf-8"))
        cover(course["title"], colours or COLOURS, course_folder.name, target / "cover.png")
    return target


def _read(path):
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MediaError(f"{path.name}: cannot read the recipe: {error}") from error
    if not isinstance(recipe, dict) or recipe.get("kind") not in ("audio", "video"):
        raise MediaError(f"{path.name}: 'kind' must be audio or video")
    if not str(recipe.get("speech") or "").strip():
        raise MediaError(f"{path.name}: 'speech' is missing")
    if recipe["kind"] == "video":
        seconds = recipe.get("seconds")
        if not isinstance(seconds, (int, float)) or not 0 < seconds <= LONGEST_SECONDS:
            raise MediaError(f"{path.name}: 'seconds' must be between 0 and {LONGEST_SECONDS}")
        if not recipe.get("slides"):
            raise MediaError(f"{path.name}: 'slides' is missing")
    return recipe


@lru_cache
def _ffmpeg():
    path = shutil.which("ffmpeg")
    if path is None:
        raise MediaError("ffmpeg is not installed; on Debian: apt-get install ffmpeg")
    filters = subprocess.run([path, "-hide_banner", "-filters"], capture_output=True, text=True)
    if " flite " not in filters.stdout:
        raise MediaError("this ffmpeg has no flite voice; Debian's ffmpeg package has one")
    return path


def _run(command, feed=()):
    """Run ``command`` with the chunks of ``feed`` as its input, one at a time in memory."""
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process:
            with contextlib.suppress(BrokenPipeError):  # the exit code below says why
                for chunk in feed:
                    process.stdin.write(chunk)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if process.returncode:
            log.seek(0)
            said = log.read().decode(errors="replace")[-400:].strip()
            raise MediaError(f"ffmpeg failed: {said}")


def _voice(speech):
    # A file name, not the text: no escaping of quotes and colons in the filter graph.
    return ["-f", "lavfi", "-i", f"flite=textfile={speech}:voice=slt"]


def _audio(ffmpeg, speech, out):
    _run([
        ffmpeg, "-y", "-loglevel", "error", *_voice(speech), "-af", "apad=pad_dur=0.6",
        "-ar", "44100", "-c:a", "libmp3lame", "-b:a", "64k", *BIT_EXACT, str(out),
    ])  # fmt: skip


def _video(ffmpeg, recipe, speech, out):
    width, height = SIZE
    command = [
        ffmpeg, "-y", "-loglevel", "error",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", str(FRAMES_PER_SECOND), "-i", "-",
        *_voice(speech), "-af", "adelay=400:all=1,apad", "-t", str(recipe["seconds"]),
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "stillimage", "-crf", "26",
        "-pix_fmt", "yuv420p", "-threads", "2", "-flags:v", "+bitexact",
        "-c:a", "aac", "-b:a", "96k", "-ar", "44100",
        *BIT_EXACT, "-movflags", "+faststart", str(out),
    ]  # fmt: skip
    _run(command, feed=_frames(recipe))


def _frames(recipe):
    """Raw RGB frames: each slide for its share of the time, faded in, with a progress line."""
    colours = {**COLOURS, **(recipe.get("colours") or {})}
    slides = [_slide(recipe, number, colours) for number in range(len(recipe["slides"]))]
    total = round(recipe["seconds"] * FRAMES_PER_SECOND)
    width, height = SIZE
    before = Image.new("RGB", SIZE, colours["primary"])
    shown = 0
    for frame in range(total):
        number = min(frame * len(slides) // total, len(slides) - 1)
        if number != shown:
            before, shown = slides[shown], number
        age = frame - -(-number * total // len(slides))
        image = slides[number].copy()
        if age < FADE_FRAMES:
            image = Image.blend(before, image, (age + 1) / (FADE_FRAMES + 1))
        line = [0, height - 10, width * (frame + 1) // total, height]
        ImageDraw.Draw(image).rectangle(line, fill=colours["accent"])
        yield image.tobytes()


def _slide(recipe, number, colours):
    slide = recipe["slides"][number]
    width = SIZE[0]
    image = Image.new("RGB", SIZE, "#f8fafc")
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, width, 92], fill=colours["primary"])
    draw.text((64, 28), recipe.get("title", ""), font=font(32, bold=True), fill="white")
    count = f"{number + 1} / {len(recipe['slides'])}"
    draw.text((width - 64, 46), count, font=font(28), fill="#e2e8f0", anchor="rm")
    draw.rectangle([64, 168, 74, 236], fill=colours["accent"])
    draw.text((100, 202), slide["heading"], font=font(54, bold=True), fill="#0f172a", anchor="lm")
    top = 300
    for line in slide.get("lines", []):
        for part_number, part in enumerate(_wrap(draw, line, font(38), width - 240)):
            if part_number == 0:
                draw.ellipse([104, top + 14, 120, top + 30], fill=colours["secondary"])
            draw.text((146, top), part, font=font(38), fill="#1e293b")
            top += 54
        top += 22
    return image


def _wrap(draw, text, face, width):
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, font=face) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def _webvtt(captions):
    cues = [
        f"{_timestamp(cue['start'])} --> {_timestamp(cue['end'])}\n{cue['text']}\n"
        for cue in captions
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def _timestamp(seconds):
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
