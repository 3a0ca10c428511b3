"""ClamAV's daemon for tests: the real one where this machine has it, and a stand-in that speaks its
protocol and does what a test tells it. Both know the EICAR test file alone.
"""

import contextlib
import shutil
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Harmless, and what every scanner finds. In two parts: scanners read source code too.
EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR"
    rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server: Any = self.server
        with contextlib.suppress(ConnectionError, struct.error):
            assert self._read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!L", self._read(4))[0]:
                data += self._read(size)
                if len(data) > server.largest:
                    self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            server.scanned += 1
            answer = b"Eicar-Test-Signature FOUND" if EICAR in data else b"OK"
            self.request.sendall(server.answer or b"stream: " + answer + b"\0")

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.request.recv(size - len(data))
            if not piece:
                raise ConnectionError
            data += piece
        return data


class Clamd(socketserver.ThreadingTCPServer):
    """`with Clamd() as daemon: … daemon.address`. `answer` overrides what it says."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.largest = 50 * 1024 * 1024
        self.answer = b""
        self.scanned = 0

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "Clamd":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.shutdown()
        self.server_close()


# Debian has it where ordinary people's shells don't look.
CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
# Files of 1 MB are the largest that it looks at, so that a test needs no more to go beyond.
CONFIGURATION = """
Foreground yes
DatabaseDirectory {folder}
LocalSocket {folder}/clamd.ctl
TemporaryDirectory {folder}
StreamMaxLength 1M
MaxFileSize 1M
MaxScanSize 1M
AlertExceedsMax yes
"""


@contextlib.contextmanager
def real_clamd() -> Iterator[str]:
    """ClamAV's own daemon, with one signature; its address. Where it is not installed, the
    stand-in's, so that what is tested is at least the protocol.
    """
    if CLAMD is None:
        with Clamd() as running:
            running.largest = 1024 * 1024
            yield running.address
        return
    # A socket's path may not be long, and pytest's are.
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, _running(Path(folder)) as address:
        yield address


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[str]:
    # In ClamAV's .ndb format: a name, any type of file, any offset, the bytes.
    (folder / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    configuration = folder / "clamd.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(CLAMD), "-c", configuration], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _answers(folder / "clamd.ctl"):
            said = (folder / "log").read_text()
            assert process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.1)
        yield f"unix://{folder}/clamd.ctl"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as daemon, contextlib.suppress(OSError):
        daemon.connect(str(path))
        daemon.sendall(b"zPING\0")
        return daemon.recv(16) == b"PONG\0"
    return False
