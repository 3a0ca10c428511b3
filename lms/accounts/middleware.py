"""Sessions that stay where they were made, and the signed-in person's language and time zone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.middleware import SessionMiddleware
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from lms.accounts import actions, consents
from lms.common.hosts import host_name

if TYPE_CHECKING:
    from lms.accounts.models import User


# In the session: the host name somebody signed in at.
SIGNED_IN_AT = "signed_in_at"


class HostSessionMiddleware(SessionMiddleware):
    """Django's, for sessions that count on one host name. Browsers keep a host's cookie to
    themselves; one that is carried to another host by hand signs nobody in there.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            signed_in_at = request.session.get(SIGNED_IN_AT)
            # A preview's own request goes to the page's host with the cookies of the admin's.
            is_preview = getattr(request, "is_dummy", False)
            if signed_in_at and signed_in_at != host_name(request) and not is_preview:
                request.session = self.SessionStore()


@receiver(user_logged_in)
def bind_session(request: HttpRequest, **kwargs: Any) -> None:
    """Remember where somebody signs in. A session no browser asked for (commands, tests) belongs
    to no host."""
    if "SERVER_NAME" in request.META:
        request.session[SIGNED_IN_AT] = host_name(request)


class PersonalSettingsMiddleware:
    """Activates what the account says. A visitor keeps what LocaleMiddleware found, and UTC.

    Whoever brings no session cookie is a visitor: their session is not even looked at, for a look
    makes the answer vary by cookie, and visitors' pages are cached.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not (known and request.user.is_authenticated):
            return self.get_response(request)
        user = cast("User", request.user)
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(user.time_zone):
            response = self.get_response(request)
        _remember_language(user, response)
        return response


# Where the question leads, and what is no page to read.
_UNASKED = (
    "/account/", "/api/", "/brand", "/documents/", "/files/", "/healthz", "/internal/",
    "/jsi18n/", "/language/", "/media/", "/privacy/", "/static/", "/terms/",
)  # fmt: skip
# In the session: the versions its person is known to have agreed to.
AGREED = "agreed_versions"


class DocumentsMiddleware:
    """Leads somebody who has not agreed to the current terms to the question, when they open a page
    and at no other time: whatever is sent, saved or asked for by a script goes through. What the
    session remembers, and the keys of the versions that count, spare a query on other pages.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _opens_a_page(request) and request.user.is_authenticated:
            required = consents.required_ids()
            if required and request.session.get(AGREED) != required:
                if consents.asked_of(cast("User", request.user)):
                    query = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
                    return HttpResponseRedirect(f"{reverse('accounts:documents_asked')}?{query}")
                request.session[AGREED] = required
        return self.get_response(request)


def _opens_a_page(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and not request.path.startswith(_UNASKED)
        and "HX-Request" not in request.headers
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
        and "text/html" in request.headers.get("Accept", "")
    )


def _remember_language(user: "User", response: HttpResponseBase) -> None:
    """Choosing a language at the foot of a page sets a cookie; a person's choice is for good."""
    chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen and chosen.value != user.language and chosen.value in dict(settings.LANGUAGES):
        actions.update_profile(user, actor=user, language=chosen.value)
