"""The port to a virus scanner: what is not certainly clean is not clean."""

import io
import socket

import pytest

from lms.gateways.scanner import ScannerFailed, TooLargeToScan
from lms.gateways.scanner.clamav import ClamAv
from lms.gateways.scanner.embedded import NoScanner
from tests.clamd import CLAMD, EICAR, Clamd, real_clamd
from tests.lms.files.uploading import zipped


@pytest.fixture
def daemon():
    with Clamd() as running:
        yield running


def scan(address, data, **options):
    return ClamAv(address, **options).scan(io.BytesIO(data))


def test_what_is_harmful_has_a_name_and_what_is_not_has_none(daemon):
    assert scan(daemon.address, b"harmless " * 100_000) is None
    assert scan(daemon.address, b"x" * 500_000 + EICAR) == "Eicar-Test-Signature"
    assert scan(daemon.address, b"") is None


def test_no_answer_is_never_a_clean_one(daemon):
    daemon.largest = 1000
    with pytest.raises(TooLargeToScan):
        scan(daemon.address, b"x" * 3_000_000)
    daemon.largest = 10**9
    for answer in (b"stream: Can't allocate memory ERROR\0", b"OK\0", b"stream: OK, perhaps\0"):
        daemon.answer = answer
        with pytest.raises(ScannerFailed):
            scan(daemon.address, b"x")


def test_a_daemon_that_is_down_or_silent_has_failed(tmp_path):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ScannerFailed):
            scan(address, b"x", timeout=0.2)
        mute.listen()
        with pytest.raises(ScannerFailed):
            scan(address, b"x", timeout=0.2)
    with pytest.raises(ScannerFailed):
        scan(f"unix://{tmp_path}/none.ctl", b"x")
    with pytest.raises(ValueError, match="no address"):
        ClamAv("/run/clamd.ctl")


def test_the_embedded_one_does_not_claim_to_look():
    assert NoScanner().scan(io.BytesIO(EICAR)) is None
    assert not NoScanner.finds_viruses


@pytest.fixture(scope="module")
def real():
    """The address of ClamAV's own daemon, where this machine has it."""
    with real_clamd() as address:
        yield address


def test_a_real_daemon_finds_the_test_file(real):
    assert "eicar" in (scan(real, EICAR) or "").lower()
    assert scan(real, b"harmless " * 10_000) is None
    if CLAMD:  # the stand-in unpacks nothing
        inner = zipped({"notes.txt": b"harmless", "eicar.com": EICAR})
        assert "eicar" in (scan(real, zipped({"homework.zip": inner})) or "").lower()
    with pytest.raises(TooLargeToScan):
        scan(real, b"x" * 3_000_000)
