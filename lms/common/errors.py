"""Domain errors, and the one shape in which any error leaves the platform.

An action that refuses raises a `DomainError`. `ErrorMiddleware` answers it: JSON for programs (see
`wants_json`), a page for people. The REST API's exception handler uses `error_body` too.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.common import clock

Text = str | Promise

CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


class DomainError(Exception):
    """A refusal with a reason a person can act on.

    Subclasses set `code` (SCREAMING_SNAKE, part of the API's contract), `status` (HTTP) and
    `message`. `details` is JSON-serialisable and public; `reason` is for the log only. `template`
    is the page for people; an error with a message of its own gets the one that shows it.
    """

    code: ClassVar[str] = "REFUSED"
    status: ClassVar[int] = 400
    template: str = "errors/error.html"
    message: Text = _("That is not possible.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        if message is not None:
            self.message = message
            self.template = DomainError.template
        self.details: dict[str, Any] = dict(details or {})
        self.reason = reason
        super().__init__(reason or self.message)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not CODE.fullmatch(cls.code):
            raise TypeError(f"{cls.__name__}.code {cls.code!r} is not SCREAMING_SNAKE.")

    @property
    def headers(self) -> dict[str, str]:
        """Extra response headers."""
        return {}


class Invalid(DomainError):
    """A bad or missing field; `details` is {field: [messages]}."""

    code = "INVALID"
    status = 400
    message = _("Please correct the marked fields.")


class SignInRequired(DomainError):
    code = "SIGN_IN_REQUIRED"
    status = 401
    message = _("Please sign in first.")


class PaymentRequired(DomainError):
    code = "PAYMENT_REQUIRED"
    status = 402
    message = _("This has to be paid for first.")


class Forbidden(DomainError):
    code = "FORBIDDEN"
    status = 403
    template = "403.html"
    message = _("You are not allowed to do that.")


class NotFound(DomainError):
    """Missing, or hidden from this person: the two must look alike."""

    code = "NOT_FOUND"
    status = 404
    template = "404.html"
    message = _("There is nothing here.")


class Gone(DomainError):
    code = "GONE"
    status = 410
    template = "410.html"
    message = _("This has been removed.")


class Conflict(DomainError):
    """A duplicate, a limit reached or a stale version; `details` holds the current state."""

    code = "CONFLICT"
    status = 409
    message = _("Somebody else changed this in the meantime. Please look again.")


class TooLarge(DomainError):
    """`details["limit"]` is the limit in bytes."""

    code = "TOO_LARGE"
    status = 413
    message = _("That is too large.")


class TooManyRequests(DomainError):
    """`retry_after` is in seconds."""

    code = "TOO_MANY_REQUESTS"
    status = 429
    message = _("Too many attempts. Please wait a moment.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        retry_after: int,
        details: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(
            message, details={**(details or {}), "retryAfter": retry_after}, reason=reason
        )
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class PaymentProviderFailed(DomainError):
    code = "PAYMENT_PROVIDER_FAILED"
    status = 502
    message = _("The payment service did not answer as it should. You have not been charged twice.")


class ServiceUnavailable(DomainError):
    code = "SERVICE_UNAVAILABLE"
    status = 503
    message = _("That service is not available right now. Please try again later.")


def wants_json(request: HttpRequest) -> bool:
    """Whether the client is a program: an API path, a JSON body, or an Accept that ranks JSON
    above HTML."""
    if request.path.startswith("/api/") or request.content_type == "application/json":
        return True
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return preferred == "application/json"


def error_body(
    code: str, message: Text, *, request_id: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The error shape: {"error": {code, message, details, timestamp, requestId}}."""
    return {
        "error": {
            "code": code,
            "message": str(message),
            "details": dict(details or {}),
            "timestamp": clock.now().isoformat().replace("+00:00", "Z"),
            "requestId": request_id,
        }
    }


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer `error` in the shape the client wants.

    The page is rendered without the request: what its context processors read may be what failed.
    """
    request_id = getattr(request, "id", "")
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(
            error_body(error.code, error.message, request_id=request_id, details=error.details),
            status=error.status,
        )
    else:
        context = {
            "error": error,
            "request_id": request_id,
            "provider": getattr(request, "provider", None),  # in memory by now, if at all
            "marketplace": settings.FLEDGE_BASE_URL,
        }
        response = HttpResponse(render_to_string(error.template, context), status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response
