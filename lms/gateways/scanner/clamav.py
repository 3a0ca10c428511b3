"""ClamAV's daemon, spoken to over a socket: `INSTREAM` of the clamd(8) protocol."""

import socket
import struct
from typing import BinaryIO
from urllib.parse import urlsplit

from . import ScannerFailed, TooLargeToScan

PIECE = 128 * 1024  # bytes
LONGEST_ANSWER = 4096  # bytes
LENGTH = struct.Struct("!L")


class ClamAv:
    """`address` is "tcp://host:3310" or "unix:///run/clamav/clamd.ctl". `timeout` is in seconds,
    for each step: the scan itself is the last one.
    """

    finds_viruses = True

    def __init__(self, address: str, timeout: float = 120.0) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("tcp", "unix"):
            raise ValueError(f"{address!r} is no address of clamd.")
        self.parts = parts
        self.timeout = timeout

    def scan(self, stream: BinaryIO) -> str | None:
        try:
            with self._connected() as daemon:
                daemon.sendall(b"zINSTREAM\0")
                try:
                    while piece := stream.read(PIECE):
                        daemon.sendall(LENGTH.pack(len(piece)) + piece)
                    daemon.sendall(LENGTH.pack(0))
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it says why, and then hangs up in the middle of a stream
                answer = self._answer(daemon)
        except OSError as problem:
            raise ScannerFailed(str(problem)) from problem
        return _verdict(answer)

    def _connected(self) -> socket.socket:
        if self.parts.scheme == "unix":
            daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                daemon.settimeout(self.timeout)
                daemon.connect(self.parts.path)
            except OSError:
                daemon.close()
                raise
            return daemon
        where = (self.parts.hostname or "localhost", self.parts.port or 3310)
        return socket.create_connection(where, timeout=self.timeout)

    def _answer(self, daemon: socket.socket) -> str:
        said = b""
        while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
            piece = daemon.recv(LONGEST_ANSWER)
            if not piece:
                break
            said += piece
        return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _verdict(answer: str) -> str | None:
    """Nothing but a plain "OK" means that there is nothing."""
    if answer == "stream: OK":
        return None
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    if "size limit exceeded" in answer:
        raise TooLargeToScan(answer)
    raise ScannerFailed(answer or "no answer")
