"""A stand-in for ClamAV's daemon: speaks its protocol, and knows the EICAR test file alone."""

import contextlib
import socketserver
import struct
import threading
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
