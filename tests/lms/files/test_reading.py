"""Who gets an upload, and as what."""

import pytest

from lms.common import clock
from lms.files import purposes
from lms.files.links import signed_url
from lms.files.models import Upload
from lms.files.states import State
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.files.uploading import picture, sent
from tests.lms.learning import WAV

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return house("acme")


@pytest.fixture
def carol(acme):
    user = person("carol")
    member(user, acme, Role.STUDENT)
    return user


def body(answer):
    return b"".join(answer.streaming_content)


def test_the_owner_and_who_the_app_lets_may_read_and_nobody_else(acme, carol, client, monkeypatch):
    alice, dora = person("alice"), person("dora")
    member(alice, acme, Role.INSTRUCTOR)
    member(dora, acme, Role.STUDENT)
    monkeypatch.setattr(purposes, "_readers", {"tests": [lambda user, upload: user == alice]})
    url = sent(carol, acme, b"homework", "a.txt").url
    for user, status in ((carol, 200), (alice, 200), (dora, 404), (person("mallory"), 404)):
        client.force_login(user)
        assert client.get(url).status_code == status
    client.logout()
    assert client.get(url).status_code in (401, 404)


def test_nothing_runs_in_our_origin(acme, carol, client):
    client.force_login(carol)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path/></svg>'
    for name, data, kind, shown in (
        ("a.html", b"<script>alert(1)</script>", "text/plain", False),
        ("a.svg", svg, "image/svg+xml", False),
        ("a.pdf", b"%PDF-1.4\n%%EOF", "application/pdf", False),
        ("a.png", picture(), "image/png", True),
        ("a.wav", WAV, "audio/wav", True),
    ):
        answer = client.get(sent(carol, acme, data, name).url)
        assert body(answer) == data
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"].startswith("inline" if shown else "attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "private, no-cache"
    saved = client.get(sent(carol, acme, WAV, "a.wav").url + "?download")
    assert saved["Content-Disposition"].startswith("attachment")


def test_a_recording_is_sent_in_parts(acme, carol, client):
    client.force_login(carol)
    url = sent(carol, acme, WAV, "a.wav").url
    answer = client.get(url, headers={"Range": "bytes=4-9"})
    assert (answer.status_code, body(answer)) == (206, WAV[4:10])
    assert answer["Content-Range"] == f"bytes 4-9/{len(WAV)}"


def test_a_signed_link_opens_one_file_until_it_ends(acme, carol, client):
    row = sent(carol, acme, WAV, "a.wav")
    url = signed_url(row, at=clock.now())
    answer = client.get(url, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, body(answer)) == (206, b"RIFF")
    key = url.split("/")[3]
    for forged in (key[:-1] + ("A" if key[-1] != "A" else "B"), "none", ""):
        assert client.get(url.replace(key, forged)).status_code == 404
    with clock.later(hours=7):
        assert client.get(url).status_code == 410
    with provider_scope(acme):
        Upload.objects.update(state=State.QUARANTINED)
    assert client.get(url).status_code == 404
    client.force_login(carol)
    assert client.get(row.url).status_code == 404
