"""The named cast and what every test stands on.

acme and globex are providers. At acme, ada manages, alice teaches and bob assists; carol studies
there. mallory manages globex. olga operates the platform. Nobody reaches the network.
"""

import gc
import os
import shutil
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

# {table: (its columns, its rows)}
ROWS_OF_MIGRATIONS = pytest.StashKey[dict[str, tuple[list[str], list[tuple[Any, ...]]]]]()

settings.register_profile(
    "local", max_examples=15, deadline=None, suppress_health_check=list(HealthCheck)
)
# For a second database: that it agrees with what the first has shown.
settings.register_profile(
    "few", max_examples=6, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "ci", max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
_profile = "ci" if os.environ.get("CI") else "local"
settings.load_profile(os.environ.get("FLEDGE_EXAMPLES", _profile))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for rubbish again and again cost a tenth of
    the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files made for a test differ from run to run, and every worker has to find the same tests."""
    return argname if isinstance(val, bytes) and len(val) > 100 else None


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> None:
    """pytest-django's, and what migrations wrote, to be written again after real transactions.

    As plain rows: Django's own serialized_rollback saves objects, and the signal handlers of search
    and reference index write content types before their rows come.
    """
    from django.db import connection

    from lms.tenants.management.installation import whole_installation

    found = {}
    with (
        django_db_blocker.unblock(),
        whole_installation("default", "what migrations wrote"),
        connection.cursor() as cursor,
    ):
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = ([column[0] for column in cursor.description], rows)
    request.config.stash[ROWS_OF_MIGRATIONS] = found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """A test with real transactions leaves an empty database; the next one finds what migrations
    wrote.
    """
    yield
    marker = item.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction") or nextitem is None:
        return  # after the last test the database itself is gone
    from django.core.management import call_command
    from django.db import connection, transaction

    from lms.tenants.management.installation import whole_installation

    with item.config.stash[blocking_manager_key].unblock():
        # Without post_migrate, which would write some of the rows again under other keys; and
        # sequences go on, for the rows come back under theirs.
        call_command(
            "flush",
            verbosity=0,
            interactive=False,
            reset_sequences=False,
            inhibit_post_migrate=True,
        )
        with (
            whole_installation("default", "what migrations wrote"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            for table, (columns, rows) in item.config.stash[ROWS_OF_MIGRATIONS].items():
                names = ", ".join(map(connection.ops.quote_name, columns))
                places = ", ".join(["%s"] * len(columns))
                name = connection.ops.quote_name(table)
                cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({places})", rows)


def pytest_unconfigure() -> None:
    """Remove the run's folder, by the process that made it (see config.settings.test)."""
    if os.environ.get("FLEDGE_TEST_ROOT_OWNER") == str(os.getpid()):
        shutil.rmtree(os.environ["FLEDGE_TEST_ROOT"], ignore_errors=True)


@pytest.fixture(autouse=True)
def recordings_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """No recording is prepared by the way: tests that want one have it done."""
    monkeypatch.setattr("lms.files.playing.queue", lambda *told: None)


@pytest.fixture(autouse=True)
def network_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine answers."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]  # type: ignore[index]
            if host not in ("127.0.0.1", "::1", "localhost"):
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def private_files(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is written to the private storage stays with the test, in this folder."""
    from lms.certificates.models import Certificate
    from lms.files.models import Blob, PlayableFile, UploadPart, private_storage

    private = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    fields = [(Certificate, "pdf"), (Blob, "file"), (PlayableFile, "file"), (UploadPart, "file")]
    for model, name in fields:
        # Fields look their storage up once, when the models are loaded.
        monkeypatch.setattr(model._meta.get_field(name), "storage", private_storage())
    return tmp_path


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    """No test sees what another one cached."""
    from tests.cast import forget_cached

    forget_cached()
