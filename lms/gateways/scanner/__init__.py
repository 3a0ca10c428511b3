"""What a virus scanner says of a file."""

from typing import BinaryIO, Protocol

from lms.gateways import GatewayRefused, GatewayUnavailable


class TooLargeToScan(GatewayRefused):
    """The scanner takes no files of this size: nobody knows what is in it."""


class ScannerFailed(GatewayUnavailable):
    """The scanner can't be reached, or did not answer as it should, or in time."""


class Scanner(Protocol):
    """`finds_viruses` is False for one that doesn't look: nothing has to wait for it."""

    finds_viruses: bool

    def scan(self, stream: BinaryIO) -> str | None:
        """The name of what is harmful in the bytes from where `stream` stands to its end; None
        where there is nothing. Raises TooLargeToScan, ScannerFailed."""
