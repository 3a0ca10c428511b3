"""Uploads in pieces: what comes in is exactly what was sent, or nothing."""

import base64
import hashlib
import subprocess

import pytest
from django import forms
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from home.erasing import erase
from lms.common import clock
from lms.common.errors import Invalid
from lms.files import actions
from lms.files.errors import NotUsable
from lms.files.forms import UploadField
from lms.files.models import Blob, Upload, UploadPart
from lms.files.states import Refusal, State
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from lms.tenants.states import State as HouseState
from tests.cast import house, member, person
from tests.lms.files.uploading import (
    PIECE,
    PURPOSE,
    TUS,
    begin,
    known,
    metadata,
    moving,
    patch,
    picture,
    sent,
    zipped,
)
from tests.lms.learning import WAV

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    known()
    return house("acme")


@pytest.fixture
def carol(acme):
    user = person("carol")
    member(user, acme, Role.STUDENT)
    return user


@pytest.fixture
def sender(client, carol):
    client.force_login(carol)
    return client


def files_in(folder):
    try:
        return storages["private"].listdir(folder)[1]
    except FileNotFoundError:
        return []


def test_a_file_in_pieces_is_put_together(sender, acme, django_capture_on_commit_callbacks):
    answer = begin(sender, 10, provider=str(acme.pk))
    assert answer.status_code == 201
    url = answer["Location"]
    assert sender.head(url, **TUS)["Upload-Offset"] == "0"
    assert patch(sender, url, b"01234", 0)["Upload-Offset"] == "5"
    assert sender.head(url, **TUS)["Upload-Offset"] == "5"
    with django_capture_on_commit_callbacks(execute=True):
        assert patch(sender, url, b"56789", 5).status_code == 204
    told = sender.get(url).json()
    assert (told["state"], told["offset"]) == ("ready", 10)
    with provider_scope(acme):
        row = Upload.objects.get()
        assert row.file.read() == b"0123456789"
        assert row.blob.sha256 == hashlib.sha256(b"0123456789").hexdigest()
        assert row.content_type == "text/plain"
        assert not UploadPart.objects.exists()
    assert files_in(row.folder) == []


def test_a_piece_at_a_wrong_place_is_refused_and_leaves_nothing(sender, acme):
    url = begin(sender, 10, provider=str(acme.pk))["Location"]
    assert patch(sender, url, b"0123", 0).status_code == 204
    for offset in (0, 3, 5):
        answer = patch(sender, url, b"xx", offset)
        assert answer.status_code == 409
        assert answer.json()["error"]["details"] == {"offset": 4}
        assert answer["Tus-Resumable"] == "1.0.0"
    assert patch(sender, url, b"4567890", 4).status_code == 413
    assert sender.head(url, **TUS)["Upload-Offset"] == "4"
    with provider_scope(acme):
        assert len(files_in(Upload.objects.get().folder)) == 1


@pytest.mark.parametrize(
    ("size", "told", "status"),
    [
        ("5", {"purpose": "unknown", "filename": "a.txt"}, 404),
        (None, {"purpose": "tests", "filename": "a.txt"}, 400),
        ("0", {"purpose": "tests", "filename": "a.txt"}, 400),
        ("-1", {"purpose": "tests", "filename": "a.txt"}, 400),
        ("5", {"purpose": "tests", "filename": "a.exe"}, 400),
        ("5", {"purpose": "tests", "filename": "/.txt/.."}, 400),
        ("9" * 14, {"purpose": "tests", "filename": "a.txt"}, 413),
    ],
)
def test_what_can_not_begin_is_refused(sender, acme, size, told, status):
    headers = {"Upload-Metadata": metadata(provider=str(acme.pk), **told)}
    if size is not None:
        headers["Upload-Length"] = size
    assert sender.post("/files/uploads/", headers=headers, **TUS).status_code == status
    broken = {"Upload-Metadata": "purpose ***", "Upload-Length": "5"}
    assert sender.post("/files/uploads/", headers=broken, **TUS).status_code == 400
    with provider_scope(acme):
        assert not Upload.objects.exists()


def test_only_the_sender_knows_of_an_upload_and_only_members_may_begin(sender, acme, client):
    url = begin(sender, 10, provider=str(acme.pk))["Location"]
    client.force_login(person("mallory"))
    assert client.head(url, **TUS).status_code == 404
    assert patch(client, url, b"x", 0).status_code == 404
    assert client.delete(url, **TUS).status_code == 404
    assert begin(client, 10, provider=str(acme.pk)).status_code == 403
    client.logout()
    assert begin(client, 10, provider=str(acme.pk)).status_code == 401


def test_the_protocol_is_tus(sender, acme):
    told = sender.options("/files/uploads/")
    assert told.status_code == 204
    assert told["Tus-Version"] == "1.0.0"
    assert "termination" in told["Tus-Extension"]
    url = begin(sender, 10, provider=str(acme.pk))["Location"]
    old = sender.patch(url, b"x", content_type=PIECE, headers={"Upload-Offset": "0"})
    assert (old.status_code, old["Tus-Version"]) == (412, "1.0.0")
    plain = sender.patch(
        url, b"x", content_type="text/plain", headers={"Upload-Offset": "0"}, **TUS
    )
    assert plain.status_code == 415
    wrong = f"sha1 {base64.b64encode(b'x' * 20).decode()}"
    assert patch(sender, url, b"01234", 0, **{"Upload-Checksum": wrong}).status_code == 460
    right = f"sha1 {base64.b64encode(hashlib.sha1(b'01234').digest()).decode()}"
    assert patch(sender, url, b"01234", 0, **{"Upload-Checksum": right}).status_code == 204
    assert "Upload-Expires" in sender.head(url, **TUS)
    over = sender.post(url, headers={"X-HTTP-Method-Override": "DELETE"}, **TUS)
    assert over.status_code == 204
    assert sender.head(url, **TUS).status_code == 404


def test_a_cut_connection_leaves_what_came(acme, carol, monkeypatch):
    """Whatever the number of bytes that came before the cut."""
    from django.http import UnreadablePostError

    from lms.files import tus

    class Cut:
        def __init__(self, data):
            self.data = data

        def read(self, size):
            if not self.data:
                raise UnreadablePostError
            piece, self.data = self.data[:size], self.data[size:]
            return piece

    for came in (0, 1, tus.READ - 1, tus.READ, tus.READ + 1, tus.IN_MEMORY + 1):
        with tus.piece(Cut(b"x" * came), limit=10**7) as piece:
            assert piece.size == came == len(piece.read())


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">%s</svg>'
EMPTY_FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x08free"


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.png", b"GIF89a but not a picture", Refusal.NOT_WHAT_IT_SAYS),
        ("a.png", picture(form="JPEG"), Refusal.NOT_WHAT_IT_SAYS),
        ("a.pdf", b"MZ\x90\x00" + b"\0" * 100, Refusal.NOT_WHAT_IT_SAYS),
        ("a.txt", b"MZ\x90\x00" + b"\0" * 100, Refusal.NOT_WHAT_IT_SAYS),
        ("a.png", picture()[:40], Refusal.BAD_PICTURE),
        ("a.png", picture() + b"<script>alert(1)</script>", Refusal.TWO_IN_ONE),
        ("a.png", picture() + zipped({"a.html": b"hidden"}), Refusal.TWO_IN_ONE),
        ("a.pdf", b"%PDF-1.4\n" + zipped({"a.html": b"hidden"}), Refusal.TWO_IN_ONE),
        ("a.svg", SVG % b"<script>alert(1)</script>", Refusal.ACTIVE_DRAWING),
        ("a.svg", SVG % b'<g onload="alert(1)"/>', Refusal.ACTIVE_DRAWING),
        ("a.svg", b"<svg", Refusal.BAD_DRAWING),
        ("a.zip", zipped({"a": b"a"})[:-9], Refusal.BAD_ARCHIVE),
        ("a.zip", zipped({"zeros": bytes(150 * 1024**2)}), Refusal.ARCHIVE_BOMB),
        ("a.docx", zipped({"zeros": bytes(150 * 1024**2)}), Refusal.ARCHIVE_BOMB),
        ("a.zip", zipped({str(n): b"" for n in range(10_001)}), Refusal.ARCHIVE_BOMB),
        (
            "a.zip",
            zipped({"b.zip": zipped({"c.zip": zipped({"d.txt": b"deep"})})}),
            Refusal.ARCHIVE_BOMB,
        ),
        (
            "a.zip",
            zipped({f"{n}.zip": zipped({"zeros": bytes(20 * 1024**2)}) for n in range(6)}),
            Refusal.ARCHIVE_BOMB,
        ),
        ("a.mp4", b"<html>no film</html>", Refusal.NOT_A_RECORDING),
        ("a.vtt", b"00:01 --> 00:02", Refusal.NOT_WEBVTT),
    ],
)
def test_bad_files_are_refused_and_leave_nothing(
    acme, carol, name, data, refusal, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row = sent(carol, acme, data, name)
    with provider_scope(acme):
        row.refresh_from_db()
        assert (row.state, row.refusal, row.file) == (State.REFUSED, refusal, None)
        assert not Blob.objects.exists()
    assert files_in(row.folder) == []


def test_a_film_without_a_stream_is_refused(acme, carol):
    assert sent(carol, acme, EMPTY_FILM, "a.mp4").refusal == Refusal.NOT_A_RECORDING


def test_a_picture_of_50_megapixels_is_refused(acme, carol):
    row = sent(carol, acme, picture(10_000, 5_000), "a.png")
    assert row.refusal == Refusal.TOO_MANY_PIXELS


def test_a_moving_picture_may_have_more_in_all_its_frames(acme, carol):
    assert sent(carol, acme, moving(60), "a.gif").is_ready
    assert sent(carol, acme, moving(140), "b.gif").refusal == Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("a.png", picture(), "image/png"),
        ("a.JPG", picture(form="JPEG"), "image/jpeg"),
        ("a.pdf", b"%PDF-1.4\n%%EOF", "application/pdf"),
        ("a.svg", SVG % b"<path/>", "image/svg+xml"),
        ("a.zip", zipped({"a.txt": b"a", "b.zip": zipped({"c.txt": b"c"})}), "application/zip"),
        ("a.wav", WAV, "audio/wav"),
        ("a.html", b"<script>alert(1)</script>", "text/plain"),
        ("a.csv", "naïve;ع\n".encode(), "text/csv"),
    ],
)
def test_good_files_are_kept_byte_for_byte(acme, carol, name, data, content_type):
    row = sent(carol, acme, data, name)
    assert (row.state, row.refusal, row.content_type) == (State.READY, "", content_type)
    assert row.file.read() == data


def test_sound_alone_is_told_from_film(acme, carol, tmp_path):
    path = tmp_path / "a.webm"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2", "-c:a", "libopus", path],
        check=True,
    )
    assert sent(carol, acme, path.read_bytes(), "a.webm").content_type == "audio/webm"


def test_the_same_content_is_stored_once_and_goes_with_the_last(
    acme, carol, django_capture_on_commit_callbacks
):
    first, second = (sent(carol, acme, b"the same", f"{n}.txt") for n in "ab")
    with provider_scope(acme):
        assert first.blob == second.blob
        storage, name = first.file.storage, first.file.name
        with django_capture_on_commit_callbacks(execute=True):
            actions.discard_upload(first, actor=carol)
        assert storage.exists(name)
        with django_capture_on_commit_callbacks(execute=True):
            actions.discard_upload(second, actor=carol)
        assert not storage.exists(name) and not Blob.objects.exists()


def test_what_is_used_is_kept_and_what_is_not_goes(acme, carol, django_capture_on_commit_callbacks):
    used, unused = sent(carol, acme, b"used", "a.txt"), sent(carol, acme, b"unused", "b.txt")
    with provider_scope(acme):
        actions.attach_upload(used, owner=carol, purpose="tests", at=clock.now())
        with pytest.raises(NotUsable):
            actions.attach_upload(used, owner=carol, purpose="tests", at=clock.now())
        with pytest.raises(NotUsable):
            actions.discard_upload(used, actor=carol)
        unfinished = actions.begin_upload(
            owner=carol, provider=acme, purpose="tests", name="c.txt", size=9, at=clock.now()
        )
    storage = unused.file.storage
    assert actions.sweep(acme, at=clock.now()) == 0
    with clock.later(hours=25), django_capture_on_commit_callbacks(execute=True):
        assert actions.sweep(acme, at=clock.now()) == 2
    with provider_scope(acme):
        assert list(Upload.objects.all()) == [used]
    assert storage.exists(used.file.name) and not storage.exists(unused.file.name)
    assert files_in(unfinished.folder) == []


def test_with_an_account_go_its_uploads(acme, carol, sender, django_capture_on_commit_callbacks):
    url = begin(sender, 9, provider=str(acme.pk))["Location"]
    patch(sender, url, b"half", 0)
    whole = sent(carol, acme, b"whole", "a.txt")
    storage, name = whole.file.storage, whole.file.name
    with provider_scope(acme):
        folder = Upload.objects.get(state=State.RECEIVING).folder
        assert len(files_in(folder)) == 1
        with django_capture_on_commit_callbacks(execute=True):
            carol.delete()
        assert files_in(folder) == []
    with clock.later(hours=25), django_capture_on_commit_callbacks(execute=True):
        actions.sweep(acme, at=clock.now())
    assert not storage.exists(name)


def test_with_a_house_go_its_uploads(acme, carol, sender, django_capture_on_commit_callbacks):
    url = begin(sender, 9, provider=str(acme.pk))["Location"]
    patch(sender, url, b"half", 0)
    whole = sent(carol, acme, b"whole", "a.txt")
    storage, name = whole.file.storage, whole.file.name
    with provider_scope(acme):
        actions.attach_upload(whole, owner=carol, purpose="tests", at=clock.now())
        folder = Upload.objects.get(state=State.RECEIVING).folder
    acme.status = HouseState.ERASED
    acme.save()
    with django_capture_on_commit_callbacks(execute=True):
        assert erase(acme)
    assert not storage.exists(name) and files_in(folder) == []
    with provider_scope(acme):
        assert not Upload.objects.exists() and not Blob.objects.exists()


# --- The form field -------------------------------------------------------------------------------


class Form(forms.Form):
    files = UploadField(PURPOSE, most=2)


def submitted(carol, acme, *files, ids=()):
    data, held = QueryDict(mutable=True), MultiValueDict()
    data.setlist("files-upload", [str(one) for one in ids])
    held.setlist("files", [SimpleUploadedFile(*each) for each in files])
    form = Form(data, held)
    form.fields["files"].belongs(owner=carol, provider=acme)
    return form


def taken(form, carol, acme):
    return actions.take_in(
        form.cleaned_data["files"], owner=carol, provider=acme, purpose="tests", at=clock.now()
    )


def test_a_form_brings_whole_files_and_ids_of_uploads_alike(acme, carol):
    before = sent(carol, acme, b"in pieces", "a.txt")
    form = submitted(carol, acme, ("b.txt", b"whole"), ids=[before.pk])
    assert form.is_valid()
    rows = taken(form, carol, acme)
    assert [row.name for row in rows] == ["a.txt", "b.txt"]
    assert [row.file.read() for row in rows] == [b"in pieces", b"whole"]
    html = str(form["files"])
    assert f'name="files-upload" value="{before.pk}"' in html
    assert f"{acme.pk}" in html and "multiple" in html


def test_a_form_refuses_what_it_can_not_use(acme, carol):
    assert "required" in submitted(carol, acme).errors.as_json()
    three = [(f"{n}.txt", b"x") for n in range(3)]
    assert "too_many" in submitted(carol, acme, *three).errors.as_json()
    assert "invalid" in submitted(carol, acme, ids=["x"]).errors.as_json()
    dora = person("dora")
    member(dora, acme, Role.STUDENT)
    form = submitted(dora, acme, ids=[sent(carol, acme, b"carol's", "a.txt").pk])
    assert form.is_valid()
    with pytest.raises(NotUsable):
        taken(form, dora, acme)
    form = submitted(carol, acme, ("a.png", b"no picture"))
    assert form.is_valid()
    with pytest.raises(Invalid, match=r"a\.png: "):
        taken(form, carol, acme)
