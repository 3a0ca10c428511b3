"""With a scanner, nobody gets an upload before it is scanned, and what it finds is gone."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from lms.common import clock
from lms.files import actions
from lms.files.models import Blob, Document, Image
from lms.files.states import Refusal, State
from lms.tenants.models import AuditEntry, Role
from lms.tenants.scope import provider_scope
from tests.cast import house, member, person
from tests.clamd import EICAR, Clamd, real_clamd
from tests.lms.files.uploading import picture, sent, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def daemon(settings):
    with Clamd() as running:
        settings.GATEWAYS = {**settings.GATEWAYS, "scanner": clamav(running.address)}
        yield running


def clamav(address):
    return {
        "BACKEND": "lms.gateways.scanner.clamav.ClamAv",
        "OPTIONS": {"address": address, "timeout": 5},
    }


@pytest.fixture
def acme():
    return house("acme")


@pytest.fixture
def carol(acme):
    user = person("carol")
    member(user, acme, Role.STUDENT)
    return user


def test_an_upload_waits_until_it_is_found_clean(
    daemon, acme, carol, client, django_capture_on_commit_callbacks
):
    client.force_login(carol)
    with django_capture_on_commit_callbacks() as waiting:
        row = sent(carol, acme, b"homework", "a.txt")
    assert row.state == State.QUARANTINED and client.get(row.url).status_code == 404
    for callback in waiting:
        callback()
    with provider_scope(acme):
        row.refresh_from_db()
    assert row.state == State.READY and daemon.scanned == 1
    assert client.get(row.url).status_code == 200


@pytest.mark.parametrize(("name", "data"), [("a.txt", EICAR), ("a.zip", EICAR)])
def test_what_the_scanner_finds_is_gone_and_stands_in_the_audit(
    daemon, acme, carol, name, data, django_capture_on_commit_callbacks
):
    if name == "a.zip":
        # Ours does not unpack; the real one does.
        data = zipped({"a.txt": b"x"}) + EICAR
    with django_capture_on_commit_callbacks(execute=True):
        row = sent(carol, acme, data, name)
    with provider_scope(acme):
        row.refresh_from_db()
        assert (row.state, row.refusal) == (State.REFUSED, Refusal.INFECTED)
        assert not Blob.objects.exists()
        assert AuditEntry.objects.filter(event="files.infected").exists()


def test_while_the_scanner_is_down_it_waits_and_is_taken_up_again(
    daemon, acme, carol, django_capture_on_commit_callbacks
):
    daemon.answer = b"stream: out of memory ERROR\0"
    with django_capture_on_commit_callbacks(execute=True):
        row = sent(carol, acme, b"homework", "a.txt")
    with provider_scope(acme):
        row.refresh_from_db()
        assert row.state == State.QUARANTINED
        daemon.answer = b""
        with clock.later(hours=1):
            actions.sweep(acme, at=clock.now())
        row.refresh_from_db()
        assert row.state == State.READY


def test_what_is_too_large_to_scan_is_refused(
    daemon, acme, carol, django_capture_on_commit_callbacks
):
    daemon.largest = 10
    with django_capture_on_commit_callbacks(execute=True):
        row = sent(carol, acme, b"more than ten bytes", "a.txt")
    with provider_scope(acme):
        row.refresh_from_db()
        assert row.refusal == Refusal.NOT_SCANNABLE


def test_the_real_daemon_lets_go_of_what_is_clean_and_finds_what_is_not(
    settings, acme, carol, django_capture_on_commit_callbacks
):
    with real_clamd() as address:
        settings.GATEWAYS = {**settings.GATEWAYS, "scanner": clamav(address)}
        with django_capture_on_commit_callbacks(execute=True):
            rows = [
                sent(carol, acme, b"homework", "a.txt"),
                sent(carol, acme, EICAR, "b.txt"),
                sent(carol, acme, b"x" * 2_000_000, "c.txt"),
            ]
    with provider_scope(acme):
        for row in rows:
            row.refresh_from_db()
        found = [(row.state, row.refusal) for row in rows]
    assert found == [
        (State.READY, ""),
        (State.REFUSED, Refusal.INFECTED),
        (State.REFUSED, Refusal.NOT_SCANNABLE),
    ]


def test_authors_files_are_scanned_before_they_are_kept(daemon):
    infected = Document(title="Bad", file=ContentFile(EICAR, name="a.txt"))
    with pytest.raises(ValidationError, match="harmful"):
        infected.clean()
    daemon.answer = b"ERROR\0"
    unknown = Image(title="Who knows", file=ContentFile(picture(), name="a.png"))
    with pytest.raises(ValidationError, match="scanner"):
        unknown.clean()
