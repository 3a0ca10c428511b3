"""Uploads in an object store: the same steps, in pieces, with nothing left over.

Runs where S3_TEST_ENDPOINT names a store (`moto_server`, MinIO) that takes any key.
"""

import os

import pytest
from django.core.files.storage import storages

from lms.common import clock
from lms.files import actions
from lms.files.models import Blob
from lms.files.states import State
from lms.tenants.models import Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.lms.files.uploading import TUS, begin, known, patch

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("S3_TEST_ENDPOINT" not in os.environ, reason="S3_TEST_ENDPOINT is not set"),
]
BUCKET = "fledge-private"


@pytest.fixture
def bucket(settings):
    """The private storage in a bucket of its own."""
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": os.environ["S3_TEST_ENDPOINT"],
        "region_name": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "file_overwrite": False,
    }
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    found = storages["private"].bucket
    found.create()
    yield found
    found.objects.all().delete()
    found.delete()


@pytest.fixture
def fields(bucket, monkeypatch):
    """Fields hold their storage since the models were loaded."""
    from lms.files.models import Upload, UploadPart

    for model in (Blob, UploadPart):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", storages["private"])
    return Upload


def names(bucket):
    return sorted(each.key for each in bucket.objects.all())


def test_pieces_become_one_object_and_are_read_in_parts(
    client, bucket, fields, django_capture_on_commit_callbacks
):
    known()
    acme, carol = house("acme"), person("carol")
    member(carol, acme, Role.STUDENT)
    client.force_login(carol)
    data = os.urandom(300_000).hex().encode()
    url = begin(client, len(data), provider=str(acme.pk))["Location"]
    assert patch(client, url, data[:250_000], 0).status_code == 204
    assert len(names(bucket)) == 1
    assert patch(client, url, data[:9], 0).status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        assert patch(client, url, data[250_000:], 250_000).status_code == 204
    with provider_scope(acme):
        row = fields.objects.select_related("blob").get()
    assert row.state == State.READY
    assert names(bucket) == [row.file.name]
    answer = client.get(row.url, headers={"Range": "bytes=299000-299999"})
    assert b"".join(answer.streaming_content) == data[299_000:300_000]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(url, **TUS).status_code == 204
    assert names(bucket) == []


def test_what_nobody_goes_on_with_leaves_nothing(
    client, bucket, fields, django_capture_on_commit_callbacks
):
    known()
    acme, carol = house("acme"), person("carol")
    member(carol, acme, Role.STUDENT)
    client.force_login(carol)
    url = begin(client, 100, provider=str(acme.pk))["Location"]
    patch(client, url, b"x" * 50, 0)
    with clock.later(hours=25), django_capture_on_commit_callbacks(execute=True):
        assert actions.sweep(acme, at=clock.now()) == 1
    assert names(bucket) == []
