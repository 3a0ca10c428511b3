"""What ffmpeg is asked for, and what it refuses."""

import pytest

from lms.files import ffmpeg
from lms.files.ffmpeg import Unplayable, heights_for
from lms.files.states import Failure
from tests.lms.files.recordings import film, sound


@pytest.mark.parametrize(
    ("height", "made"),
    [
        (64, [64]), (65, [64]), (359, [358]), (360, [360]), (480, [360, 480]), (700, [360, 700]),
        (720, [360, 720]), (1000, [360, 720]), (1080, [360, 720, 1080]), (2160, [360, 720, 1080]),
    ],
)  # fmt: skip
def test_no_rendition_is_higher_than_its_film(height, made):
    assert heights_for(height) == made


@pytest.fixture
def stored(tmp_path):
    def store(content):
        path = tmp_path / "original"
        path.write_bytes(content)
        return str(path)

    return store


def test_a_film_says_what_is_in_it(stored):
    found = ffmpeg.probe(stored(film()))
    assert (found.kind, found.width, found.height) == ("video", 64, 64)
    assert found.has_sound and not found.plays_anywhere
    assert 0.9 < found.seconds < 1.2
    assert ffmpeg.probe(stored(film("mp4", sound=False))).plays_anywhere


def test_a_recording_that_does_not_say_how_long_it_is_gets_measured(stored, monkeypatch):
    monkeypatch.setattr(ffmpeg, "_seconds", lambda told: 0.0)
    assert 0.9 < ffmpeg.probe(stored(sound())).seconds < 1.2


@pytest.mark.parametrize(
    ("content", "failure"),
    [(b"nothing of a recording", Failure.BROKEN), (film()[:300], Failure.BROKEN)],
)
def test_what_is_broken_is_refused(stored, content, failure):
    with pytest.raises(Unplayable) as refused:
        ffmpeg.probe(stored(content))
    assert refused.value.failure == failure


def test_a_playlist_reads_no_other_file(stored, tmp_path):
    (tmp_path / "secret.mp4").write_bytes(film("mp4"))
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n"
    with pytest.raises(Unplayable):
        ffmpeg.probe(stored(text.encode()))
    concat = f"ffconcat version 1.0\nfile {tmp_path}/secret.mp4\n"
    with pytest.raises(Unplayable):
        ffmpeg.probe(stored(concat.encode()))


def test_what_is_too_long_or_too_large_is_refused(stored, monkeypatch):
    path = stored(film())
    monkeypatch.setattr(ffmpeg, "LONGEST", 0.5)
    with pytest.raises(Unplayable) as long:
        ffmpeg.probe(path)
    monkeypatch.setattr(ffmpeg, "LONGEST", 10)
    monkeypatch.setattr(ffmpeg, "MOST_PIXELS", 64 * 64 - 1)
    with pytest.raises(Unplayable) as large:
        ffmpeg.probe(path)
    assert (long.value.failure, large.value.failure) == (
        Failure.TOO_LONG,
        Failure.TOO_MANY_PIXELS,
    )


def test_what_takes_too_long_is_ended(stored, monkeypatch):
    path = stored(sound())
    found = ffmpeg.probe(path)
    monkeypatch.setattr(ffmpeg, "_patience", lambda seconds: 0.0)
    with pytest.raises(Unplayable) as slow:
        ffmpeg.loudness(path, found, lambda part: None)
    assert slow.value.failure == Failure.TOO_SLOW
