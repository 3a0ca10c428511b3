import pytest

from lms.files.models import Blob, UploadPart, private_storage
from tests.lms.homework.making import a_class


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path, monkeypatch):
    """What is written stays with the test."""
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    for model in (Blob, UploadPart):
        # Fields look their storage up once, when the models are loaded.
        monkeypatch.setattr(model._meta.get_field("file"), "storage", private_storage())
    return tmp_path


@pytest.fixture
def night_class(db):
    return a_class()
