from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.lms.homework.making import Class, a_class
from tests.lms.privacy.making import with_everything


@pytest.fixture
def files(settings: Any, private_files: Path, monkeypatch: Any, tmp_path: Path) -> Path:
    """Everything that is stored stays with the test, private or not, in this folder."""
    from django.core.files.storage import FileSystemStorage

    from lms.accounts.models import User
    from lms.files.models import private_storage
    from lms.privacy.models import DataExport

    monkeypatch.setattr(DataExport._meta.get_field("file"), "storage", private_storage())
    public = FileSystemStorage(location=str(tmp_path / "public"))
    monkeypatch.setattr(User._meta.get_field("picture"), "storage", public)
    return private_files


@pytest.fixture
def school(db: None, files: Path) -> Class:
    return a_class()


@pytest.fixture
def zebulon(school: Class) -> Any:
    """A student of whom every app holds something."""
    return with_everything(school)


@pytest.fixture
def as_zebulon(client: Client, zebulon: Any) -> Client:
    client.force_login(zebulon)
    return client
