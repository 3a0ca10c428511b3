"""An object store on this machine (moto), and the private storage in it."""

import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from lms.files.models import Blob, PlayableFile, Upload, UploadPart

BUCKET = "fledge-private"


@pytest.fixture(scope="module")
def store():
    """The address of an object store that takes any key."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(settings, store):
    """The private storage in a bucket of its own."""
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": store,
        "region_name": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "file_overwrite": False,
    }
    backend = {"BACKEND": "lms.gateways.store.s3.PrivateBucket", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    found = storages["private"].bucket
    found.create()
    yield found
    found.objects.all().delete()
    found.delete()


@pytest.fixture
def fields(bucket, monkeypatch):
    """Fields hold their storage since the models were loaded."""
    for model in (Blob, PlayableFile, UploadPart):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", storages["private"])
    return Upload
