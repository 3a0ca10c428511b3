"""Feedback by voice: kept with the draft, released with the words, heard by the student alone."""

import json
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from lms.common import clock
from lms.files import actions as files
from lms.files.models import Upload
from lms.homework import actions
from lms.homework.models import Feedback, Marking
from lms.tenants.scope import provider_scope
from tests.lms.homework.making import give_feedback, hand_in, homework, sent, settled
from tests.lms.homework.test_actions import exported
from tests.lms.learning import WAV, body_of, reader

HTMX = {"HX-Request": "true"}


@pytest.fixture
def alice(night_class):
    return reader(night_class.alice)


@pytest.fixture
def carol(night_class):
    return reader(night_class.carol)


def text(response):
    return response.content.decode()


def spoken(tail=b""):
    return SimpleUploadedFile("well done.wav", WAV + tail)


def review(school, row):
    return f"{school.desk}{row.pk}/students/{school.seats['carol'].pk}/"


def mark(school, browser, row, version=0, deed="save", **data):
    with provider_scope(school.acme):
        one = row.works.get(enrolment=school.seats["carol"]).submissions.get()
    url = f"{review(school, row)}{one.pk}/mark/"
    with settled(school):
        return browser.post(url, {"version": version, "deed": deed, **data})


def heard(html):
    """The sources of the spoken feedback on a page."""
    return re.findall(r'class="voice">.*?<source src="([^"]+)"', html, re.DOTALL)


def test_a_recording_is_kept_with_the_draft_and_heard_once_it_is_released(
    night_class, alice, carol, mailoutbox
):
    row = homework(night_class)
    hand_in(night_class, row)
    mailoutbox.clear()
    page = f"{night_class.url}{row.pk}/"
    assert mark(night_class, alice, row, voice=spoken()).status_code == 302
    assert not heard(text(carol.get(page))) and not mailoutbox
    (draft,) = heard(text(alice.get(review(night_class, row))))
    assert body_of(alice.get(draft)) == WAV
    assert carol.get(draft).status_code == 404
    mark(night_class, alice, row, version=1, deed="release")
    (told,) = heard(text(carol.get(page)))
    assert "recording to listen to" in mailoutbox[0].body
    for browser in (carol, alice, reader(night_class.bob)):
        part = browser.get(told, headers={"Range": "bytes=4-7"})
        assert (part.status_code, body_of(part)) == (206, WAV[4:8])
        assert part["Content-Type"] == "audio/wav"
    assert reader(night_class.dave).get(told).status_code == 404


def test_a_script_sends_the_recording_with_what_is_typed_and_is_told_how_it_stands(
    night_class, alice
):
    from lms.homework.uploads import SPOKEN

    row = homework(night_class)
    hand_in(night_class, row)
    upload = sent(night_class, night_class.alice, SPOKEN, spoken())
    data = {"voice-upload": str(upload.pk), "text": "Listen"}
    answer = json.loads(mark(night_class, alice, row, deed="autosave", **data).content)
    assert answer["version"] == 1
    assert len(heard(answer["spoken"])) == 1
    # Once more, with more typed: the recording is the draft's already.
    data["text"] = "Listen to this"
    answer = json.loads(mark(night_class, alice, row, version=1, deed="autosave", **data).content)
    assert answer["version"] == 2
    # What is typed without it leaves it as it is.
    answer = mark(night_class, alice, row, version=2, deed="autosave", text="Listen!")
    assert json.loads(answer.content) == {"version": 3}
    with provider_scope(night_class.acme):
        marking = Marking.objects.get()
        assert (marking.text, marking.upload_id) == ("Listen!", upload.pk)


def test_another_recording_takes_the_place_of_a_draft_but_not_of_what_was_told(
    night_class, alice, carol, private_files
):
    row = homework(night_class)
    one = hand_in(night_class, row)
    give_feedback(night_class, one, voice=spoken(b"first"), release=False)
    give_feedback(night_class, one, voice=spoken(b"second"))
    give_feedback(night_class, one, voice=spoken(b"third"), text="Better")
    with provider_scope(night_class.acme):
        assert Upload.objects.count() == 2
        before, now = Feedback.objects.order_by("pk")
        told = [body_of(carol.get(f"{night_class.url}{row.pk}/feedback/{each.pk}/a.wav"))
                for each in (before, now)]  # fmt: skip
    assert told == [WAV + b"second", WAV + b"third"]
    assert len(list(private_files.glob("uploads/*"))) == 2


def test_a_recording_is_taken_out_of_the_draft_and_the_student_keeps_theirs(
    night_class, alice, carol
):
    row = homework(night_class)
    one = hand_in(night_class, row)
    give_feedback(night_class, one, voice=spoken(), text="Good")
    url = f"{review(night_class, row)}{one.pk}/mark/"
    with settled(night_class):
        answer = text(alice.post(url, {"deed": "drop_voice"}, headers=HTMX))
    assert not heard(answer)
    assert 'name="version" value="2" id="id_version" hx-swap-oob="true"' in answer
    assert len(heard(text(carol.get(f"{night_class.url}{row.pk}/")))) == 1
    mark(night_class, alice, row, version=2, deed="release", text="Good")
    assert not heard(text(carol.get(f"{night_class.url}{row.pk}/")))
    with provider_scope(night_class.acme):
        # Nobody else's draft held it, and the first feedback still does.
        assert Upload.objects.count() == 1
        # Once more: what is gone is gone.
        actions.drop_spoken(one, actor=night_class.alice, at=clock.now())
        assert Marking.objects.get().version == 3


def test_two_markers_who_record_do_not_overwrite_each_other(night_class, alice):
    row = homework(night_class)
    hand_in(night_class, row)
    bob = reader(night_class.bob)
    mark(night_class, alice, row, voice=spoken(b"alice"))
    refused = mark(night_class, bob, row, voice=spoken(b"bob"))
    html = text(refused)
    assert "saved feedback here in the meantime" in html
    with provider_scope(night_class.acme):
        assert Marking.objects.get().upload.owner == night_class.alice
        theirs = Upload.objects.get(owner=night_class.bob)
        assert theirs.attached_at is None
    # His is not lost: the form has it, and saving once more is meant.
    assert f'name="voice-upload" value="{theirs.pk}" form="marking"' in html
    mark(night_class, bob, row, version=1, **{"voice-upload": str(theirs.pk)})
    with provider_scope(night_class.acme):
        assert Marking.objects.get().upload == theirs
        assert Upload.objects.get() == theirs


@pytest.mark.parametrize("deed", ["autosave", "save"])
def test_what_is_no_recording_is_refused_with_the_reason(night_class, alice, deed):
    row = homework(night_class)
    hand_in(night_class, row)
    bad = SimpleUploadedFile("talk.wav", b"RIFF but no sound")
    answer = mark(night_class, alice, row, deed=deed, voice=bad, text="Typed")
    assert "holds neither sound nor film" in json.dumps(text(answer))
    if deed == "autosave":
        assert answer.status_code == 422
    else:
        assert "Typed" in text(answer)
    with provider_scope(night_class.acme):
        assert not Marking.objects.exists()


@pytest.mark.parametrize("bad", ["x", "0" * 5000, "00000000-0000-0000-0000-000000000000"])
def test_an_upload_of_nobodys_is_refused(night_class, alice, bad):
    row = homework(night_class)
    hand_in(night_class, row)
    assert (
        mark(night_class, alice, row, deed="autosave", **{"voice-upload": bad}).status_code == 422
    )


@pytest.mark.parametrize("released", [True, False])
def test_a_recording_that_is_refused_later_is_told_its_marker_and_never_a_broken_player(
    night_class, alice, carol, released, monkeypatch, mailoutbox
):
    row = homework(night_class)
    one = hand_in(night_class, row)
    monkeypatch.setattr(files, "AT_ONCE", 0)  # the worker looks into it
    monkeypatch.setattr(files, "async_task", lambda *args: None)
    bad = ContentFile(b"no sound", "talk.wav")
    give_feedback(night_class, one, voice=bad, text="Hear me", release=released)
    page = f"{night_class.url}{row.pk}/"
    assert ("Being checked" in text(carol.get(page))) == released
    mailoutbox.clear()
    with settled(night_class):
        files.check_upload(Upload.objects.get())
    (told,) = mailoutbox
    assert told.to == [night_class.alice.email]
    assert "holds neither sound nor film" in told.body and review(night_class, row) in told.body
    assert "Your recording can’t be taken" in text(alice.get(review(night_class, row)))
    if not released:
        mark(night_class, alice, row, version=1, deed="release", text="Hear me")
        with provider_scope(night_class.acme):
            assert Feedback.objects.get().upload is None
    html = text(carol.get(page))
    assert "Hear me" in html and not heard(html)
    assert ("Your teacher knows" in html) == released


def test_a_refused_recording_alone_is_nothing_to_release(night_class, alice, monkeypatch):
    row = homework(night_class)
    one = hand_in(night_class, row)
    monkeypatch.setattr(files, "AT_ONCE", 0)
    monkeypatch.setattr(files, "async_task", lambda *args: None)
    give_feedback(night_class, one, voice=ContentFile(b"no", "talk.wav"), release=False)
    with settled(night_class):
        files.check_upload(Upload.objects.get())
        assert actions.release_all(row, actor=night_class.alice, at=clock.now()) == 0


def test_recordings_are_released_with_all_others(night_class, alice, carol):
    row = homework(night_class)
    give_feedback(night_class, hand_in(night_class, row), voice=spoken(), release=False)
    give_feedback(night_class, hand_in(night_class, row, "dave"), text="Good", release=False)
    with settled(night_class):
        alice.post(f"{night_class.desk}{row.pk}/bulk/", {"deed": "release_all"})
    assert len(heard(text(carol.get(f"{night_class.url}{row.pk}/")))) == 1


def test_the_review_may_open_the_microphone(night_class, alice):
    row = homework(night_class)
    hand_in(night_class, row)
    page = alice.get(review(night_class, row))
    assert "microphone=(self)" in page["Permissions-Policy"]
    html = text(page)
    assert 'data-recorder="audio" data-field="id_voice"' in html
    assert 0 < html.find("js/recorder") < html.find("js/uploads") < html.find("js/review")


def test_spoken_feedback_costs_no_more_queries(night_class, alice, django_assert_max_num_queries):
    row = homework(night_class)
    give_feedback(night_class, hand_in(night_class, row), voice=spoken())
    alice.get(review(night_class, row))
    with django_assert_max_num_queries(10):
        alice.get(review(night_class, row), headers=HTMX)


def test_a_house_is_exported_and_erased_with_what_was_spoken(night_class, private_files):
    from home.erasing import erase
    from lms.tenants.states import State

    row = homework(night_class)
    one = hand_in(night_class, row)
    give_feedback(night_class, one, voice=spoken(b"told"))
    give_feedback(night_class, one, voice=spoken(b"draft"), release=False)
    assert {WAV + b"told", WAV + b"draft"} <= set(exported(night_class.acme).values())
    acme = night_class.acme
    type(acme).objects.filter(pk=acme.pk).update(status=State.ERASED)
    acme.refresh_from_db()
    with settled(night_class):
        assert erase(acme)
    assert list(private_files.glob("uploads/*")) == []
