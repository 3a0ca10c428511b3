"""Who gets an upload, and as what."""

import pytest

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


def test_who_sent_it_may_read_it_once_it_is_examined_and_nobody_else(acme, carol, client):
    dora, ada = person("dora"), person("ada")
    member(dora, acme, Role.STUDENT)
    member(ada, acme, Role.ADMIN)
    row = sent(carol, acme, b"homework", "a.txt")
    for user, status in ((carol, 200), (ada, 404), (dora, 404), (person("mallory"), 404)):
        client.force_login(user)
        assert client.get(row.url).status_code == status
    client.logout()
    assert client.get(row.url).status_code in (401, 404)
    with provider_scope(acme):
        Upload.objects.update(state=State.QUARANTINED)
    client.force_login(carol)
    assert client.get(row.url).status_code == 404


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
