"""Wagtail's own ways to files lead to their authors only."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import path
from wagtail import hooks

from .models import Document
from .permissions import may_handle
from .serving import serve
from .views import recording


@hooks.register("before_serve_document")
def serve_to_authors(document: Document, request: HttpRequest) -> HttpResponseBase:
    """`/documents/<id>/…` exists for those who may handle the document, and for nobody else.

    Wagtail would send the file inline and whole; ours is sent the way students get it.
    """
    if not may_handle(request.user, document):
        raise Http404
    return serve(request, document.file, name=document.filename)


@hooks.register("register_admin_urls")
def recording_url() -> list[Any]:
    return [path("recordings/<int:pk>/<str:name>", recording, name="recording_file")]
