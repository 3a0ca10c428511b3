"""Uploads in pieces: the tus protocol, and how an upload stands. For signed-in people alone."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from lms.common import clock, throttle
from lms.common.errors import (
    DomainError,
    Invalid,
    NotFound,
    ServiceUnavailable,
    SignInRequired,
    error_response,
)
from lms.gateways.store import StoreFailed
from lms.tenants.models import Provider
from lms.tenants.requests import HouseRequest

from . import actions, direct, purposes, tus
from .errors import UnknownProtocol, WrongMediaType
from .models import Upload
from .selectors import own_upload

logger = logging.getLogger(__name__)

BEGUN_A_MINUTE = 60
# Ours, beside the protocol's: said by who can send parts to an object store.
DIRECT = "Upload-Direct"
View = Callable[..., HttpResponse]


def speaks_tus(*methods: str) -> Callable[[View], View]:
    """Guard a view: somebody signed in, a method of `methods`, the protocol's version; and answer
    refusals with the protocol's header. Programs may send a method as X-HTTP-Method-Override.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HouseRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            method = request.method or ""
            if method == "POST":
                method = request.headers.get("X-HTTP-Method-Override", method).upper()
            try:
                if not request.user.is_authenticated:
                    raise SignInRequired
                if method not in methods:
                    answer = HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
                else:
                    if method not in ("OPTIONS", "GET"):
                        _require_version(request)
                    answer = view(request, method, *args, **kwargs)
            except DomainError as refused:
                answer = error_response(request, refused)
                if isinstance(refused, UnknownProtocol):
                    answer["Tus-Version"] = tus.VERSION
            except StoreFailed as failed:
                logger.warning("The object store failed: %s", failed)
                answer = error_response(request, ServiceUnavailable())
            answer["Tus-Resumable"] = tus.VERSION
            answer["Cache-Control"] = "no-store"
            return answer

        return wrapper

    return decorate


def _require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != tus.VERSION:
        raise UnknownProtocol


@speaks_tus("OPTIONS", "POST")
def uploads(request: HouseRequest, method: str) -> HttpResponse:
    """What is spoken here (OPTIONS); begin an upload (POST).

    Who may begin one: those whom its purpose lets. The metadata `purpose` and `filename` are
    needed, and `provider` (its id) on the marketplace, where no host says whose it is to be. One
    who says `Upload-Direct` hears that back where the bytes go to the object store by parts.
    """
    if method == "OPTIONS":
        told = {
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(purposes.largest()),
            "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        }
        return HttpResponse(status=204, headers=told)
    throttle.count("files.begin", str(request.user.pk), limit=BEGUN_A_MINUTE)
    told = tus.metadata(request.headers.get("Upload-Metadata", ""))
    upload = actions.begin_upload(
        owner=request.user,
        provider=_house(request, told.get("provider", "")),
        purpose=told.get("purpose", ""),
        name=told.get("filename", ""),
        size=tus.number(request.headers.get("Upload-Length"), "Upload-Length"),
        declared_type=told.get("filetype", ""),
        at=clock.now(),
    )
    if request.content_type == tus.MEDIA_TYPE:
        _append(request, upload, 0)
    elif DIRECT in request.headers:
        direct.begin_directly(upload)
    answer = _standing(upload, status=201)
    answer["Location"] = reverse("files:upload", args=[upload.pk])
    return answer


@speaks_tus("HEAD", "GET", "PATCH", "DELETE")
def upload(request: HouseRequest, method: str, upload_id: UUID) -> HttpResponse:
    """One upload: where it goes on (HEAD), how it stands as JSON (GET), a piece of it (PATCH), done
    without (DELETE). Who may: the one who sends it.
    """
    row = own_upload(request.user, upload_id)
    if method == "GET":
        return JsonResponse(description(row))
    if method == "HEAD":
        return _standing(row, status=200)
    if method == "DELETE":
        actions.discard_upload(row, actor=request.user)
        return HttpResponse(status=204)
    if request.content_type != tus.MEDIA_TYPE:
        raise WrongMediaType
    _append(request, row, tus.number(request.headers.get("Upload-Offset"), "Upload-Offset"))
    return _standing(row, status=204)


@speaks_tus("POST")
def parts(request: HouseRequest, method: str, upload_id: UUID) -> HttpResponse:
    """Which parts of an upload to the object store are there, and where the next ones go, as JSON:
    {"part": bytes of each, "there": [number], "urls": {number: address to PUT it to}}. Who may: the
    one who sends it."""
    found = direct.standing(own_upload(request.user, upload_id), at=clock.now())
    return JsonResponse({"part": found.part, "there": found.there, "urls": found.urls})


@speaks_tus("POST")
def whole(request: HouseRequest, method: str, upload_id: UUID) -> HttpResponse:
    """All parts are in the object store: examine it. Who may: the one who sends it."""
    row = direct.finish_directly(own_upload(request.user, upload_id), at=clock.now())
    return _standing(row, status=204)


def description(row: Upload) -> dict[str, Any]:
    """How an upload stands, for scripts: `message` says it in words."""
    refused = row.get_refusal_display() if row.refusal else ""
    return {
        "id": str(row.pk),
        "name": row.name,
        "size": row.size,
        "offset": row.offset,
        "state": row.state,
        "used": row.attached_at is not None,
        "message": str(refused or row.get_state_display()),
    }


def _house(request: HouseRequest, asked: str) -> Provider:
    if request.provider is not None:
        return request.provider
    try:
        found = Provider.objects.filter(pk=UUID(asked)).select_related("tier").first()
    except ValueError as error:
        raise Invalid(details={"provider": [asked]}) from error
    if found is None or not found.is_open:
        raise NotFound
    return found


def _append(request: HouseRequest, row: Upload, offset: int) -> None:
    """Add what the request holds, and finish where that was all."""
    checksum = request.headers.get("Upload-Checksum", "")
    limit = tus.LARGEST_PIECE
    with tus.piece(request, limit=limit, checksum=checksum) as chunk:
        actions.append_chunk(row, offset=offset, chunk=chunk, at=clock.now())
    if row.offset == row.size:
        actions.finish_upload(row, at=clock.now())


def _standing(row: Upload, *, status: int) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Upload-Offset"] = str(row.offset)
    answer["Upload-Length"] = str(row.size)
    answer["Upload-Expires"] = tus.expires(row.expires_at)
    if row.parts_id:
        answer[DIRECT] = "1"
    return answer
