"""Pages of the embedded set-up only: the mail that was written to files, and the style gallery.

Never routed in production: its settings leave `FLEDGE_DEVELOPMENT_PAGES` off.
"""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from config import gallery

SHOWN = 100
SEPARATOR = b"-" * 79 + b"\n"  # what Django's file back end writes after each message


def messages_newest_first() -> list[tuple[str, EmailMessage]]:
    """(key, message) of the latest mail written to files."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    found: list[tuple[str, EmailMessage]] = []
    for file in files[:SHOWN]:
        parts = [part for part in file.read_bytes().split(SEPARATOR) if part.strip()]
        for number, part in reversed(list(enumerate(parts))):
            message = email.message_from_bytes(part, policy=email.policy.default)
            found.append((f"{file.stem}-{number}", message))
    return found[:SHOWN]


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """The mail this installation would have sent. Who may see it: anybody on this machine."""
    return render(request, "development/mail.html", {"messages_sent": messages_newest_first()})


@require_safe
def message(request: HttpRequest, key: str) -> HttpResponse:
    """One message's HTML, or its text where it has none."""
    for known, found in messages_newest_first():
        if known == key:
            body = found.get_body(("html", "plain"))
            if body is None:
                break
            kind = body.get_content_type()
            response = HttpResponse(body.get_content(), content_type=f"{kind}; charset=utf-8")
            # A mail has inline styles, as mail must; it runs nothing.
            response["Content-Security-Policy"] = (
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox "
                "allow-popups allow-top-navigation-by-user-activation"
            )
            return response
    raise Http404


urlpatterns = [
    path("_mail/", mail, name="development_mail"),
    path("_mail/<slug:key>/", message, name="development_message"),
    path("_gallery/", gallery.gallery, name="development_gallery"),
]
