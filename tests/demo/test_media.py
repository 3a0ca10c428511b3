"""The demo's sounds, films and drawings."""

import json
import subprocess

import pytest
from PIL import Image

from demo import media

AUDIO = "kind: audio\nspeech: Good evening, chef.\n"
VIDEO = """
kind: video
seconds: 2
title: Bread
slides: [{heading: Flour, lines: [Weigh it.]}, {heading: Water, lines: [Weigh it too.]}]
speech: Weigh the flour.
captions: [{start: 0.5, end: 61.25, text: Weigh the flour.}]
"""
COLOURS = {"primary": "#0f3d5e", "secondary": "#0e7490", "accent": "#b45309"}


@pytest.fixture
def recipe(tmp_path):
    def write(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def streams(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]


def test_an_audio_recipe_becomes_an_mp3_the_same_each_time(recipe, tmp_path):
    media.render(recipe(AUDIO), tmp_path / "one.mp3")
    media.render(recipe(AUDIO), tmp_path / "two.mp3")
    assert [stream["codec_name"] for stream in streams(tmp_path / "one.mp3")] == ["mp3"]
    assert (tmp_path / "one.mp3").read_bytes() == (tmp_path / "two.mp3").read_bytes()


def test_a_video_recipe_becomes_a_film_browsers_play(recipe, tmp_path):
    media.render(recipe(VIDEO), tmp_path / "clip.mp4")
    video, audio = streams(tmp_path / "clip.mp4")
    assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
    assert audio["codec_name"] == "aac"
    assert float(video["duration"]) == pytest.approx(2, abs=0.1)


def test_a_video_gets_its_captions_beside_it(recipe, tmp_path):
    media.render(recipe(VIDEO), tmp_path / "clip.mp4")
    assert (tmp_path / "clip.vtt").read_text() == (
        "WEBVTT\n\n00:00:00.500 --> 00:01:01.250\nWeigh the flour.\n"
    )


def test_without_ffmpeg_the_error_says_what_to_install(recipe, tmp_path, monkeypatch):
    media._ffmpeg.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(media.MediaError, match="apt-get install ffmpeg"):
        media.render(recipe(AUDIO), tmp_path / "one.mp3")
    assert not (tmp_path / "one.mp3").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: film\nspeech: x", "audio or video"),
        ("kind: audio", "'speech' is missing"),
        ("kind: video\nspeech: x\nseconds: 0", "'seconds'"),
        ("kind: video\nspeech: x\nseconds: 5", "'slides'"),
        ("[", "cannot read"),
    ],
)
def test_a_wrong_recipe_is_refused_with_its_reason(recipe, tmp_path, text, said):
    with pytest.raises(media.MediaError, match=said):
        media.render(recipe(text), tmp_path / "out.mp4")


def test_covers_differ_by_course_and_have_the_size_asked(tmp_path):
    for title in ("Bread from Four Ingredients", "Statistics Without Fear"):
        media.cover(title, COLOURS, 1, tmp_path / f"{title}.png", size=(320, 180))
    one, two = (Image.open(path) for path in sorted(tmp_path.glob("*.png")))
    assert one.size == two.size == (320, 180)
    assert one.tobytes() != two.tobytes()


@pytest.mark.parametrize("name", ["Mara Lindqvist", "ليلى حداد", "Cabdi", "7"])
def test_anyone_gets_a_portrait_and_a_transparent_signature(name, tmp_path):
    media.portrait(name, 1, tmp_path / "portrait.png")
    media.signature(name, tmp_path / "signature.png")
    assert Image.open(tmp_path / "portrait.png").size == (512, 512)
    assert Image.open(tmp_path / "signature.png").getpixel((0, 0))[3] == 0
