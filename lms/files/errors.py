"""Why an upload can't go on, or a recording's address no longer opens it."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from lms.common.errors import Conflict, DomainError, Gone


class WrongOffset(Conflict):
    """`details`: {"offset": where the next byte belongs}."""

    code = "WRONG_OFFSET"
    message = _("The upload goes on from somewhere else. Please ask where.")


class NotUsable(Conflict):
    """`details`: {"state": …}. The upload is not there yet, was refused, or is used elsewhere."""

    code = "UPLOAD_NOT_USABLE"
    message = _("This file can't be used. Please send it again.")


class ChecksumMismatch(DomainError):
    code: ClassVar[str] = "CHECKSUM_MISMATCH"
    status: ClassVar[int] = 460  # tus 1.0, checksum
    message = _("The piece was damaged on its way. Please send it again.")


class UnknownProtocol(DomainError):
    code: ClassVar[str] = "UNKNOWN_TUS_VERSION"
    status: ClassVar[int] = 412
    message = _("Uploads are spoken of in tus 1.0.0 here.")


class WrongMediaType(DomainError):
    code: ClassVar[str] = "WRONG_MEDIA_TYPE"
    status: ClassVar[int] = 415
    message = _("Pieces of an upload are sent as application/offset+octet-stream.")


class LinkEnded(Gone):
    code = "LINK_ENDED"
    template = "errors/error.html"
    message = _("This link has ended. Please open the page it stood on again.")
