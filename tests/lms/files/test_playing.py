"""Recordings are prepared for every browser: what is made, for whom, and what happens if not."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile

from lms.common import clock
from lms.files import actions, ffmpeg, playing
from lms.files.models import Blob, Media, Playable, PlayableFile
from lms.files.states import Failure, Making
from lms.tenants.limits import reading
from lms.tenants.models import Limit, Membership, Provider, Role
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.files.recordings import film, sound, streams
from tests.lms.homework.making import a_class, give_feedback, hand_in, homework, settled
from tests.lms.learning import body_of, lesson, reader


@pytest.fixture(autouse=True)
def files_stay_here(private_files):
    """None of these tests writes anywhere else."""


@pytest.fixture
def asked(monkeypatch):
    """What the worker was asked for: (task, ids)."""
    found = []
    monkeypatch.setattr(playing, "queue", lambda *told: found.append(told))
    return found


@pytest.fixture
def school(db):
    return a_class()


@pytest.fixture
def carol(school):
    return reader(school.carol)


def text(response):
    return response.content.decode()


def handed_in(school, content, name="film.webm", kind="audio_or_video"):
    """Homework that carol has handed in, and what is to be made of it."""
    row = homework(school, kind=kind)
    hand_in(school, row, file=ContentFile(content, name))
    with provider_scope(school.acme):
        return row, Playable.objects.latest("asked_at")


def prepared(school, made):
    with settled(school):
        row = Playable.objects.get(pk=made.pk)
        playing.prepare(row)
        return Playable.objects.get(pk=made.pk)


def sources(html):
    return re.findall(r'<source src="([^"]+\?as=[^"]+)"', html)


def test_a_film_of_a_browsers_recorder_plays_everywhere(school, carol, asked, tmp_path):
    row, made = handed_in(school, film(size="96x64"))
    assert asked == [("prepare", str(school.acme.pk), str(made.pk))]
    page = f"{school.url}{row.pk}/"
    assert "Waiting to be prepared" in text(carol.get(page)) and not sources(text(carol.get(page)))
    before = reading(school.acme, Limit.STORAGE).used
    made = prepared(school, made)
    assert (made.state, made.kind, made.width, made.height) == (Making.DONE, "video", 96, 64)
    assert made.percent == 100 and len(made.peaks) > 200
    html = text(carol.get(page))
    stream, whole = sources(html)
    assert (stream[-12:], whole[-9:]) == ("=master.m3u8", "=film.mp4")
    assert 'poster="' in html and "poster.jpg" in html
    # One file for every browser.
    there = carol.get(whole)
    assert there.status_code == 302
    answer = carol.get(there["Location"])
    assert answer["Content-Type"] == "video/mp4"
    found = {one["codec_type"]: one for one in streams(body_of(answer), tmp_path)}
    assert (found["video"]["codec_name"], found["audio"]["codec_name"]) == ("h264", "aac")
    assert found["video"]["height"] == 64
    # A stream: one list of all, one of each height, and pieces of one file.
    address = carol.get(stream)["Location"]
    listed = carol.get(address)
    assert listed["Content-Type"] == "application/vnd.apple.mpegurl"
    folder = address.rpartition("/")[0]
    (variant,) = [one for one in body_of(listed).decode().split() if one.endswith(".m3u8")]
    pieces = body_of(carol.get(f"{folder}/{variant}")).decode()
    size, start = re.search(r"BYTERANGE:(\d+)@(\d+)", pieces).groups()
    part = carol.get(
        f"{folder}/64p.m4s", headers={"Range": f"bytes={start}-{int(start) + int(size) - 1}"}
    )
    assert (part.status_code, len(body_of(part))) == (206, int(size))
    # Nobody chose them: they don't count.
    assert reading(school.acme, Limit.STORAGE).used == before


def test_sound_comes_to_one_loudness_and_has_a_waveform(school, carol, tmp_path):
    row, made = handed_in(school, sound(), "talk.webm", "audio")
    made = prepared(school, made)
    assert (made.kind, made.height, made.names) == ("audio", None, ["sound.m4a"])
    assert made.loudness < -20  # LUFS
    html = text(carol.get(f"{school.url}{row.pk}/"))
    assert 'class="waveform"' in html
    (whole,) = sources(html)
    content = body_of(carol.get(carol.get(whole)["Location"]))
    (stream,) = streams(content, tmp_path, "probed.m4a")
    assert stream["codec_name"] == "aac"
    path = str(tmp_path / "probed.m4a")
    now = ffmpeg.loudness(path, ffmpeg.probe(path), lambda part: None)
    assert abs(float(now["input_i"]) + 16) < 1.5


def test_the_original_stays_as_it_was_sent(school, carol):
    row, made = handed_in(school, film())
    prepared(school, made)
    html = text(carol.get(f"{school.url}{row.pk}/"))
    original = re.search(r'<a href="([^"?]+/submissions/[^"?]+)\?download"', html)[1]
    assert body_of(carol.get(original)) == film()


def test_a_film_without_sound_and_one_that_plays_everywhere(school):
    _row, made = handed_in(school, film("mp4", sound=False), "film.mp4")
    made = prepared(school, made)
    assert made.state == Making.DONE
    assert made.names == ["master.m3u8", "64p.m3u8", "64p.m4s", "poster.jpg"]
    assert (made.loudness, made.peaks) == (None, [])


def test_renditions_go_only_to_who_may_hear_the_original(school, carol):
    row, made = handed_in(school, film())
    prepared(school, made)
    (address, *_more) = sources(text(carol.get(f"{school.url}{row.pk}/")))
    assert reader(school.alice).get(address).status_code == 302
    for other in (school.dave, person("stranger")):
        assert reader(other).get(address).status_code in (403, 404)
    assert reader().get(address).status_code in (302, 401)
    assert "/files/made/" not in reader().get(address).get("Location", "")
    for name in ("../../secret", "1080p.m4s", "\0", "x" * 5000):
        assert carol.get(address.replace("master.m3u8", quote(name))).status_code == 404
    # The key alone opens it, for some hours, and nothing else.
    key = carol.get(address)["Location"]
    assert reader().get(key).status_code == 200
    assert reader().get(key.replace("/made/", "/made/x")).status_code == 404
    assert reader().get(key.replace("master.m3u8", "1080p.m4s")).status_code == 404
    with clock.stopped_at(clock.now() + timedelta(hours=7)):
        assert reader().get(key).status_code == 410
    with provider_scope(school.acme):
        Playable.objects.all().delete()
    assert reader().get(key).status_code == 404


def test_a_piece_of_a_film_costs_one_query_of_files(school, carol, django_assert_max_num_queries):
    row, made = handed_in(school, film())
    prepared(school, made)
    (address, *_more) = sources(text(carol.get(f"{school.url}{row.pk}/")))
    key = carol.get(address)["Location"]
    with django_assert_max_num_queries(4):  # session and person, and one of files
        assert carol.get(key).status_code == 200


def test_what_is_broken_is_explained_and_may_be_tried_again(school, carol, asked):
    row, made = handed_in(school, film())
    with provider_scope(school.acme):
        blob = Blob.objects.get()
    whole = film()
    with blob.file.storage.open(blob.file.name, "wb") as file:
        file.write(whole[:200])
    made = prepared(school, made)
    assert (made.state, made.failure) == (Making.FAILED, Failure.BROKEN)
    page = f"{school.url}{row.pk}/"
    html = text(carol.get(page))
    assert "seems to be damaged" in html
    again = re.search(r'action="([^"]+/again/)" data-again', html)[1]
    asked.clear()
    assert reader().post(again).status_code in (302, 401, 403)
    with settled(school):
        answer = carol.post(again, headers={"Referer": f"http://testserver{page}"})
    assert answer["Location"].endswith(page)
    assert asked == [("prepare", str(school.acme.pk), str(made.pk))]
    with blob.file.storage.open(blob.file.name, "wb") as file:
        file.write(whole)
    assert prepared(school, made).state == Making.DONE
    # Of one that is done there is nothing to try.
    asked.clear()
    with settled(school):
        assert "Prepared for every device" in text(
            carol.post(again, headers={"X-Requested-With": "fetch"})
        )
    assert not asked


def test_how_far_it_is_is_told_to_who_waits(school, carol, monkeypatch):
    row, made = handed_in(school, film())
    html = text(carol.get(f"{school.url}{row.pk}/"))
    address = re.search(r'data-making="([^"]+)"', html)[1]
    seen = []
    convert = ffmpeg.convert

    def look(*given):
        given[-1](0.5)
        seen.append(text(carol.get(address)))
        return convert(*given)

    monkeypatch.setattr(ffmpeg, "convert", look)
    prepared(school, made)
    assert "57%" in seen[0]
    assert "Prepared for every device" in text(carol.get(address))


def test_a_worker_that_died_is_taken_up_again_and_given_up_in_the_end(school, asked):
    _row, made = handed_in(school, film())
    now = clock.now()
    with provider_scope(school.acme):
        rows = Playable.objects.filter(pk=made.pk)
        rows.update(state=Making.WORKING, attempts=1, percent=40)
    asked.clear()
    with settled(school):
        playing.sweep(school.acme, at=now)  # it may well be alive
    assert not asked
    with settled(school):
        playing.sweep(school.acme, at=now + timedelta(minutes=6))
    assert asked == [("prepare", str(school.acme.pk), str(made.pk))]
    assert prepared(school, made).state == Making.DONE
    with provider_scope(school.acme):
        rows.update(state=Making.WORKING, attempts=3)
    with settled(school):
        playing.sweep(school.acme, at=clock.now() + timedelta(minutes=6))
        made = rows.get()
    assert (made.state, made.failure) == (Making.FAILED, Failure.CRASHED)


def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(school, monkeypatch, tmp_path):
    _row, made = handed_in(school, film())
    convert = ffmpeg.convert

    def slow(*given):
        found = convert(*given)
        Playable.objects.filter(pk=made.pk).update(attempts=2)  # somebody else has begun
        return found

    monkeypatch.setattr(ffmpeg, "convert", slow)
    assert prepared(school, made).state == Making.WORKING
    with provider_scope(school.acme):
        assert not PlayableFile.objects.exists()
    assert not list(tmp_path.glob("playable/*/*"))


def test_done_twice_is_done_once(school, asked):
    _row, made = handed_in(school, sound(), "talk.webm")
    first = prepared(school, made)
    assert prepared(school, made).touched_at == first.touched_at
    asked.clear()
    handed_in(school, sound(), "same.webm")
    assert not asked
    with provider_scope(school.acme):
        assert Playable.objects.count() == 1


def test_what_was_made_goes_with_the_last_that_has_its_content(school, tmp_path):
    row, made = handed_in(school, sound(), "talk.webm")
    one = hand_in(school, row, "dave", file=ContentFile(sound(), "same.webm"))
    prepared(school, made)
    with settled(school):
        upload = one.upload
        one.work.__class__.objects.filter(pk=one.work_id).update(latest=None)
        one.delete()
        actions.remove_upload(upload)
    assert len(list(tmp_path.glob("playable/*/*"))) == 1
    with settled(school):
        (left,) = row.works.get(enrolment=school.seats["carol"]).submissions.all()
        upload = left.upload
        left.delete()
        actions.remove_upload(upload)
        assert not Playable.objects.exists()
    assert not list(tmp_path.glob("playable/*/*"))


def test_spoken_feedback_is_prepared_too(school, carol, asked):
    row = homework(school)
    one = hand_in(school, row)
    give_feedback(school, one, voice=ContentFile(sound(), "talk.webm"))
    with provider_scope(school.acme):
        made = Playable.objects.get()
    prepared(school, made)
    assert len(sources(text(carol.get(f"{school.url}{row.pk}/")))) == 1


def test_recordings_of_before_and_lost_tasks_are_asked_for_by_the_sweep(school, asked):
    _row, made = handed_in(school, sound(), "talk.webm")
    later = clock.now() + timedelta(hours=2)
    asked.clear()
    with settled(school):
        playing.sweep(school.acme, at=later)
    assert [told[2] for told in asked] == [str(made.pk)]
    with settled(school):
        Playable.objects.all().delete()
        playing.sweep(school.acme, at=later)
        assert Playable.objects.count() == 1


def test_a_house_is_exported_with_originals_alone_and_erased_with_all(school, tmp_path):
    from home.erasing import erase
    from lms.tenants.states import State
    from tests.lms.homework.test_actions import exported

    _row, made = handed_in(school, sound(), "talk.webm")
    prepared(school, made)
    assert len(list(tmp_path.glob("playable/*/*"))) == 1
    packed = exported(school.acme)
    assert sound() in packed.values()
    assert not [name for name in packed if name.endswith(".m4a")]
    Provider.objects.filter(pk=school.acme.pk).update(status=State.ERASED)
    school.acme.refresh_from_db()
    with settled(school):
        assert erase(school.acme)
    assert not list(tmp_path.glob("playable/*/*"))


# --- Lessons --------------------------------------------------------------------------------------


@pytest.fixture
def talk(school, asked):
    """A film of the school's, with its captions, in a lesson carol may read."""
    from tests.lms.learning import document

    with settled(school):
        media = Media.objects.create(
            title="Harbour", type="video", file=ContentFile(film(), "harbour.webm"),
            collection=school.acme.collection,
        )  # fmt: skip
    captions = document(
        b"WEBVTT\n\nNOTE nobody hears this\n\n1\n00:00.250 --> 00:00.900 align:start\n"
        b"<v Mara>Ropes &amp; <i>knots</i>\n\n00:00:00.900 --> 01:00:01.000\n<b>And gulls</b>\n",
        "film.vtt",
    )
    body = [("video", {"media": media.pk, "captions": captions.pk, "transcript": ""})]
    page = lesson(school.course, "Harbour", body=body)
    return media, f"/learn/{school.course.pk}/{page.pk}/"


def test_a_lessons_film_is_prepared_and_played_by_its_readers(school, carol, talk, asked):
    media, page = talk
    assert asked == [("read_media", str(school.acme.pk), str(media.pk))]
    assert not sources(text(carol.get(page)))  # and the page is remembered
    with settled(school):
        playing.read_media(media, at=clock.now())
        made = Playable.objects.get()
    prepared(school, made)
    media.refresh_from_db()
    assert 0.9 < media.duration < 1.2 and (media.width, media.height) == (64, 64)
    html = text(carol.get(page))
    _stream, whole = sources(html)
    assert "poster.jpg" in html
    address = carol.get(whole)["Location"]
    assert carol.get(address)["Content-Type"] == "video/mp4"
    assert reader(person("stranger")).get(whole).status_code in (403, 404)
    # Another file in its place begins anew.
    with settled(school):
        media.refresh_from_db()
        media.file = ContentFile(sound(), "other.webm")
        media.save()
    assert not sources(text(carol.get(page)))
    with settled(school):
        media.delete()


def test_captions_are_the_transcript_where_nobody_wrote_one(school, carol, talk):
    _media, page = talk
    html = text(carol.get(page))
    cues = re.findall(r'data-seek="([\d.]+)">([^<]+)</button>', html)
    assert cues == [("0.250", "Ropes &amp; knots"), ("0.900", "And gulls")]


def test_an_author_sees_how_far_a_recording_is(school, talk):
    from django.urls import reverse

    media, _page = talk
    with provider_scope(school.acme):
        admin = reader(Membership.objects.get(provider=school.acme, role=Role.ADMIN).user)
    edit = reverse("wagtailmedia:edit", args=[media.pk])
    assert "Waiting to be prepared" in text(admin.get(edit))
    with settled(school):
        playing.read_media(media, at=clock.now())
        Playable.objects.update(state=Making.FAILED, failure=Failure.TOO_LONG)
    html = text(admin.get(edit))
    assert "longer than six hours" in html and "data-again" in html
    played = reverse("recording_file", args=[media.pk, media.filename])
    assert admin.get(f"{played}?as=film.mp4").status_code == 404
