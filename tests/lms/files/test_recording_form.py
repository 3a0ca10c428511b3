"""Authors' recordings come in pieces, and are stored as any other."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from home.actions import open_provider, set_up_marketplace
from lms.common import clock
from lms.events import SYSTEM
from lms.files import actions
from lms.files.models import Blob, Document, Media, Upload
from lms.tenants.limits import reading
from lms.tenants.models import Limit, Tier
from lms.tenants.scope import provider_scope
from tests.cast import person
from tests.lms.files.uploading import TUS, metadata, patch
from tests.lms.learning import WAV

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return person("ada")


@pytest.fixture
def acme(ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        set_up_marketplace(title="Fledge")
        return open_provider(name="Acme", slug="acme", owner=ada, actor=SYSTEM)


def send(client, acme):
    """A recording sent in two pieces; its id."""
    told = metadata(purpose="recording", filename="talk.wav", provider=str(acme.pk))
    begun = client.post(
        "/files/uploads/",
        headers={"Upload-Length": str(len(WAV)), "Upload-Metadata": told},
        **TUS,
    )
    url = begun["Location"]
    patch(client, url, WAV[:50], 0)
    assert patch(client, url, WAV[50:], 50).status_code == 204
    return client.get(url).json()["id"]


def add(client, upload_id, acme):
    return client.post(
        reverse("wagtailmedia:add", args=["audio"]),
        {
            "title": "Talk",
            "duration": 1,
            "collection": acme.collection_id,
            "file-upload": upload_id,
            "tags": "",
        },
    )


def test_a_recording_sent_in_pieces_is_stored_and_counts_once(
    acme, ada, client, django_capture_on_commit_callbacks
):
    client.force_login(ada)
    page = client.get(reverse("wagtailmedia:add", args=["audio"])).content.decode()
    assert "data-resumable" in page and 'type="module"' in page
    assert str(acme.pk) in page
    with django_capture_on_commit_callbacks(execute=True):
        upload_id = send(client, acme)
        assert add(client, upload_id, acme).status_code == 302
    row = Media.objects.get()
    assert (row.file.read(), row.file_size, row.title) == (WAV, len(WAV), "Talk")
    assert row.filename.endswith(".wav")
    with provider_scope(acme):
        assert not Upload.objects.exists() and not Blob.objects.exists()
    assert reading(acme, Limit.STORAGE).used == len(WAV)


def test_what_is_not_ones_own_can_not_be_stored(acme, ada, client):
    client.force_login(ada)
    upload_id = send(client, acme)
    with provider_scope(acme):
        row = Upload.objects.get()
        actions.attach_upload(row, owner=ada, purpose="recording", at=clock.now())
    for given in (upload_id, acme.pk, "none"):
        answer = add(client, given, acme)
        assert answer.status_code == 200 and "send it again" in answer.content.decode()
    assert not Media.objects.exists()


def test_what_has_no_room_is_said_in_the_form(acme, ada, client):
    acme.tier = Tier.objects.create(code="small", name="Small", position=9, storage=len(WAV) - 1)
    acme.save()
    client.force_login(ada)
    for address, name, data in (
        (reverse("wagtailmedia:add", args=["audio"]), "talk.wav", WAV),
        (reverse("wagtaildocs:add"), "a.txt", b"x" * len(WAV)),
        (reverse("wagtaildocs:add_multiple"), "a.txt", b"x" * len(WAV)),
    ):
        field = "files[]" if address.endswith("multiple/add/") else "file"
        sent = {"title": "Talk", "duration": 1, "tags": "", field: SimpleUploadedFile(name, data)}
        answer = client.post(address, sent, headers={"X-Requested-With": "XMLHttpRequest"})
        assert answer.status_code == 200 and "no room left" in answer.content.decode(), address
    assert not Media.objects.exists() and not Document.objects.exists()
