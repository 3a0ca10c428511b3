"""Django's handler400 … handler500: the same shape as every other error."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lms.common.errors import DomainError, Forbidden, NotFound, error_response


class BadRequest(DomainError):
    code: ClassVar[str] = "BAD_REQUEST"
    status: ClassVar[int] = 400
    template = "400.html"
    message = _("That request can't be understood.")


class CsrfFailed(Forbidden):
    code: ClassVar[str] = "CSRF_FAILED"
    template = DomainError.template
    message = _(
        "This form is too old or came from elsewhere. Please reload the page and try again."
    )


class ServerError(DomainError):
    code: ClassVar[str] = "SERVER_ERROR"
    status: ClassVar[int] = 500
    template = "500.html"
    message = _("Something went wrong on our side. We have been told.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, BadRequest())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, Forbidden())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For settings.CSRF_FAILURE_VIEW."""
    return error_response(request, CsrfFailed(reason=reason))


def server_error(request: HttpRequest) -> HttpResponse:
    return error_response(request, ServerError())
